// The program in the place of HMMER's programs, started through links named like them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "foldmesh/base/file.h"
#include "foldmesh/search/output_lines.h"
#include "tests/cli/run_program.h"
#include "tests/cli/wrapper_calls.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class DropIn : public testing::Test {
 protected:
  DropIn() : folder_(fs::temp_directory_path() / fmt::format("drop_in_{}", ::getpid())) {
    fs::create_directories(folder_);
    std::string targets;
    for (int i = 1; i <= 13; ++i)
      targets += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
    base::write_file_atomically(path("all.fasta"), targets);
    EXPECT_EQ(run_program({"install-links", path("bin")}).exit_code, 0);
  }
  ~DropIn() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  RunResult run(const std::string& program, const Words& words) const {
    RunOptions options;
    options.program = path("bin/" + program);
    return run_program(words, options);
  }
  Words targets_of(const std::string& sto) const {
    Words names;
    for (const std::string& line : search::lines_of(sto)) {
      if (line.empty() || line[0] == '#' || line == "//") continue;
      const std::string name = line.substr(0, line.find('/'));
      if (name.find(' ') == std::string::npos && (names.empty() || names.back() != name))
        names.push_back(name);
    }
    return names;
  }

  fs::path folder_;
};

TEST_F(DropIn, LinksAreMadeOnceAndReplaceNothing) {
  for (const char* name : {"jackhmmer", "phmmer", "hmmsearch", "hmmbuild"}) {
    EXPECT_TRUE(fs::is_symlink(folder_ / "bin" / name)) << name;
  }
  EXPECT_EQ(run_program({"install-links", path("bin")}).exit_code, 0);
  fs::create_directories(path("other"));
  base::write_file_atomically(path("other/phmmer"), "somebody's");
  EXPECT_EQ(run_program({"install-links", path("other")}).exit_code, 2);
  EXPECT_EQ(base::read_file(path("other/phmmer")), "somebody's");
  EXPECT_EQ(run_program({"install-links", "--force", path("other")}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(path("other/phmmer")));
}

// As AlphaFold 3's wrapper finds out whether it may give --seq_limit.
TEST_F(DropIn, HelpTellsWhetherThereIsAnOption) {
  const RunResult help = run("jackhmmer", {"-h", "--seq_limit", "1"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(help.out.starts_with("# jackhmmer :: ")) << help.out;
  EXPECT_NE(help.out.find("\n# HMMER 3.4"), std::string::npos);
  EXPECT_EQ(run("jackhmmer", {"-h", "--no_such_option"}).exit_code, 1);
  EXPECT_EQ(run("hmmbuild", {"-h"}).exit_code, 0);
}

TEST_F(DropIn, ErrorsEndWithOneLikeHmmers) {
  for (const Words& words : std::vector<Words>{{},
                                               {"a"},
                                               {"--no_such_option", "a", "b"},
                                               {path("missing"), path("all.fasta")},
                                               {path("all.fasta"), path("missing")},
                                               {"-E", "0", path("all.fasta"), path("all.fasta")},
                                               {"--dom", "1", path("all.fasta"), path("all.fasta")}}) {
    const RunResult result = run("jackhmmer", words);
    EXPECT_EQ(result.exit_code, 1) << fmt::format("{}", fmt::join(words, " "));
    EXPECT_TRUE(result.err.starts_with("foldmesh: ")) << result.err;
  }
}

TEST_F(DropIn, LongOptionsMayBeAbbreviated) {
  const RunResult shortened =
      run("phmmer", {"--notext", "--noal", "--incE=1e-3", kGolden + "qf/s05.fasta", path("all.fasta")});
  const RunResult full =
      run("phmmer", {"--notextw", "--noali", "--incE", "1e-3", kGolden + "qf/s05.fasta", path("all.fasta")});
  EXPECT_EQ(shortened.exit_code, 0) << shortened.err;
  EXPECT_EQ(shortened.err, "");
  EXPECT_EQ(shortened.out, full.out);
}

TEST_F(DropIn, WrappersRunUnchanged) {
  for (const JackhmmerCall& call : jackhmmer_calls(path("x.sto"), path("x.tblout"))) {
    fs::remove(path("x.tblout"));
    // AlphaFold 3 makes the files beforehand.
    base::write_file_atomically(path("x.sto"), "");
    const RunResult result =
        run("jackhmmer", joined(call.words, {kGolden + "qf/s05.fasta", path("all.fasta")}));
    EXPECT_EQ(result.exit_code, 0) << call.caller << ": " << result.err;
    EXPECT_EQ(result.err, "") << call.caller;
    EXPECT_GT(targets_of(path("x.sto")).size(), 2u) << call.caller;
    EXPECT_EQ(fs::exists(path("x.tblout")), call.has_table) << call.caller;
    if (std::string(call.caller) == "AlphaFold 2") {
      EXPECT_TRUE(search::same_lines(path("x.sto"), kGolden + "cli/s05.sto"));
    }
  }
  struct stat null {};
  ASSERT_EQ(::stat("/dev/null", &null), 0);
  EXPECT_TRUE(S_ISCHR(null.st_mode)) << "-o /dev/null must not replace the device";
}

TEST_F(DropIn, TemplateSearchesRunUnchanged) {
  base::write_file_atomically(path("x.afa"),
                              ">a\nMKVLITGAAGF-IGSHL\n>b\nMRVLVTGASGFKIGSHL\n>c\nMKILVTGGAGFRIGSAL\n");
  for (const ModelCall& call : hmmbuild_calls()) {
    const bool from_sto = std::string(call.format) == "sto";
    const RunResult result =
        run("hmmbuild",
            joined(call.words, {path("x.hmm"), from_sto ? kGolden + "iter/s05.chk-1.sto" : path("x.afa")}));
    EXPECT_EQ(result.exit_code, 0) << call.caller << ": " << result.err;
    EXPECT_TRUE(base::read_file(path("x.hmm")).ends_with("//\n")) << call.caller;
  }
  for (const ModelCall& call : hmmsearch_calls(path("x.sto"))) {
    const RunResult result =
        run("hmmsearch", joined(call.words, {kGolden + "msa/fn3.hmm", kGolden + "msa/targets.fasta"}));
    EXPECT_EQ(result.exit_code, 0) << call.caller << ": " << result.err;
    EXPECT_GT(targets_of(path("x.sto")).size(), 2u) << call.caller;
  }
}

// The best targets in the order of the whole list, with the E-values of the whole list.
TEST_F(DropIn, SeqLimitKeepsTheBestTargets) {
  const auto search = [&](const std::string& stem, const Words& limit) {
    const RunResult result =
        run("jackhmmer",
            joined(joined({"-N", "1", "-o", path(stem + ".out"), "-A", path(stem + ".sto"), "--tblout",
                           path(stem + ".tblout"), "--domtblout", path(stem + ".domtblout")},
                          limit),
                   {kGolden + "qf/s05.fasta", path("all.fasta")}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  };
  search("whole", {});
  search("cut", {"--seq_limit", "3"});
  const auto rows = [&](const std::string& table) {
    Words lines;
    for (const std::string& line : search::lines_of(path(table)))
      if (!line.starts_with('#')) lines.push_back(line);
    return lines;
  };
  const Words whole = rows("whole.tblout"), cut = rows("cut.tblout");
  ASSERT_GT(whole.size(), 3u);
  EXPECT_EQ(cut, Words(whole.begin(), whole.begin() + 3));
  const Words aligned = targets_of(path("whole.sto")), aligned_cut = targets_of(path("cut.sto"));
  ASSERT_GT(aligned.size(), aligned_cut.size());
  EXPECT_EQ(aligned_cut,
            Words(aligned.begin(), aligned.begin() + static_cast<std::ptrdiff_t>(aligned_cut.size())));
  const std::string report = base::read_file(path("cut.out"));
  EXPECT_NE(report.find(fmt::format("{}  [number of targets reported over threshold]", whole.size())),
            std::string::npos)
      << "domZ must stay that of the whole list";
  search("enough", {"--seq_limit", "100000"});
  for (const char* kind : {".sto", ".tblout", ".domtblout", ".out"}) {
    EXPECT_TRUE(search::same_lines(path("enough") + kind, path("whole") + kind));
  }
  search("none", {"--seq_limit", "0"});
  EXPECT_TRUE(rows("none.tblout").empty());
}

TEST_F(DropIn, SeedZeroIsAnArbitraryOne) {
  const Words paths = {kGolden + "qf/s05.fasta", path("all.fasta")};
  EXPECT_EQ(run("jackhmmer", joined({"--seed", "0", "-N", "1"}, paths)).exit_code, 0);
  EXPECT_EQ(run("jackhmmer", joined({"--seed", "-1"}, paths)).exit_code, 1);
}

}  // namespace
}  // namespace foldmesh::tests
