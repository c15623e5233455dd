// The search commands as AlphaFold and their users call them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/search/output_lines.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
using search::same_lines;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class SearchCommands : public testing::Test {
 protected:
  SearchCommands() : folder_(fs::temp_directory_path() / fmt::format("cli_search_{}", ::getpid())) {
    fs::create_directories(folder_);
    std::string targets;
    for (int i = 1; i <= 13; ++i)
      targets += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
    base::write_file_atomically(path("all.fasta"), targets);
  }
  ~SearchCommands() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

// Word for word what AlphaFold's wrapper runs; it calls the program by the path it was given, so a symbolic
// link named jackhmmer must do.
TEST_F(SearchCommands, JackhmmerAsAlphaFoldCallsIt) {
  fs::create_symlink(FOLDMESH_PROGRAM, path("jackhmmer"));
  const std::string command =
      path("jackhmmer") + " -o /dev/null -A " + path("x.sto") +
      " --noali --F1 0.0005 --F2 5e-05 --F3 5e-07 --incE 0.0001 -E 0.0001 --cpu 8 -N 1 "
      "--tblout " +
      path("x.tblout") + " " + kGolden + "qf/s05.fasta " + path("all.fasta") + " 2> /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(same_lines(path("x.sto"), kGolden + "cli/s05.sto"));
  EXPECT_TRUE(same_lines(path("x.tblout"), kGolden + "cli/s05.tblout"));
  struct stat null {};
  ASSERT_EQ(::stat("/dev/null", &null), 0);
  EXPECT_TRUE(S_ISCHR(null.st_mode)) << "-o /dev/null must not replace the device";

  // With the optional -Z, --domE and --incdomE of the same wrapper.
  const RunResult more = run_program({"jackhmmer",
                                      "-o",
                                      "/dev/null",
                                      "-A",
                                      path("y.sto"),
                                      "--noali",
                                      "--F1",
                                      "0.0005",
                                      "--F2",
                                      "5e-05",
                                      "--F3",
                                      "5e-07",
                                      "--incE",
                                      "0.0001",
                                      "-E",
                                      "0.0001",
                                      "--cpu",
                                      "8",
                                      "-N",
                                      "1",
                                      "--tblout",
                                      path("y.tblout"),
                                      "-Z",
                                      "150000000",
                                      "--domE",
                                      "0.1",
                                      "--incdomE",
                                      "0.01",
                                      kGolden + "qf/s05.fasta",
                                      path("all.fasta")});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_NE(base::read_file(path("y.tblout")).find("s05_self"), std::string::npos);
}

TEST_F(SearchCommands, TemplateSearchAsAlphaFoldCallsIt) {
  const RunResult build =
      run_program({"hmmbuild", "--hand", "--amino", path("x.hmm"), kGolden + "iter/s05.chk-1.sto"});
  ASSERT_EQ(build.exit_code, 0) << build.err;
  EXPECT_NE(build.out.find("s05-i1"), std::string::npos);
  EXPECT_TRUE(same_lines(path("x.hmm"), kGolden + "iter/s05.chk-2.hmm"));

  const RunResult found = run_program({"hmmsearch",
                                       "--noali",
                                       "--cpu",
                                       "8",
                                       "--F1",
                                       "0.1",
                                       "--F2",
                                       "0.1",
                                       "--F3",
                                       "0.1",
                                       "--incE",
                                       "100",
                                       "-E",
                                       "100",
                                       "--domE",
                                       "100",
                                       "--incdomE",
                                       "100",
                                       "-A",
                                       path("x.sto"),
                                       kGolden + "msa/fn3.hmm",
                                       kGolden + "msa/targets.fasta"});
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_TRUE(same_lines(path("x.sto"), kGolden + "msa/cli/fn3.template.sto"));
}

TEST_F(SearchCommands, ReportsGoToStandardOutputByDefault) {
  const RunResult result =
      run_program({"phmmer", "--quiet", kGolden + "qf/s05.fasta", kGolden + "targets/s05.fasta"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  base::write_file_atomically(path("x.out"), result.out);
  std::vector<std::string> ours = search::lines_of(path("x.out"));
  std::vector<std::string> expected = search::lines_of(kGolden + "cli/s05.phmmer.default.out");
  std::erase_if(expected, [](const std::string& line) { return line.starts_with("# Alignment of"); });
  EXPECT_EQ(ours, expected);
}

TEST_F(SearchCommands, SearchWritesAFolderPerQuery) {
  base::write_file_atomically(path("queries.fasta"), base::read_file(kGolden + "qf/s04.fasta") +
                                                         base::read_file(kGolden + "qf/s05.fasta"));
  ASSERT_EQ(run_program({"db", "build", path("all.fasta"), "-o", path("all.fmdb")}).exit_code, 0);
  const RunResult result = run_program({"search", path("queries.fasta"), "--db", "all=" + path("all.fmdb"),
                                        "--db", "small=" + kGolden + "targets/s05.fasta", "--output-dir",
                                        path("msas"), "--tblout", "--a3m", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto facts = nlohmann::json::parse(result.out);
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_EQ(facts[0]["query"], "s04");
  EXPECT_EQ(facts[3]["database"], "small");
  for (const std::string id : {"s04", "s05"}) {
    EXPECT_TRUE(same_lines(path("msas/" + id + "/all_hits.sto"), kGolden + "cli/" + id + ".sto"));
    EXPECT_TRUE(same_lines(path("msas/" + id + "/all.tblout"), kGolden + "cli/" + id + ".tblout"));
    EXPECT_TRUE(base::read_file(path("msas/" + id + "/small_hits.a3m")).starts_with(">" + id));
  }
}

TEST_F(SearchCommands, WrongUsageIsRefused) {
  const std::string query = kGolden + "qf/s05.fasta", targets = kGolden + "targets/s05.fasta";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"jackhmmer", query},
           {"jackhmmer", "--mx", "PAM30", query, targets},
           {"jackhmmer", "-E", "0", query, targets},
           {"jackhmmer", "-E", "1", "-T", "5", query, targets},
           {"jackhmmer", "-N", "0", query, targets},
           {"jackhmmer", "--seed", "-1", query, targets},
           {"phmmer", "--textw", "80", query, targets},
           {"phmmer", "--qformat", "genbank", query, targets},
           {"phmmer", "--popen", "0.6", query, targets},
           {"hmmsearch", "--cut_ga", "--cut_tc", kGolden + "msa/fn3.hmm", targets},
           {"hmmbuild", "--hand", "--fast", path("x.hmm"), kGolden + "msa/fn3.sto"},
           {"hmmbuild", "--informat", "clustal", path("x.hmm"), kGolden + "msa/fn3.sto"},
           {"search", query, "--db", targets, "--output-dir", path("x")}}) {
    const RunResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments[0] << " " << arguments[1] << " " << arguments[2];
    EXPECT_FALSE(result.err.empty());
  }
  EXPECT_FALSE(fs::exists(path("x.hmm")));
}

}  // namespace
}  // namespace foldmesh::tests
