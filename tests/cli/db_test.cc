// `foldmesh db` from FASTA to database and back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/seqio/fasta.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

class DbCommand : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  RunResult run(std::vector<std::string> arguments, const RunOptions& options = {}) const {
    RunResult result = run_program(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }
  fs::path folder_ = fs::temp_directory_path() / fmt::format("db_command_{}", ::getpid());
};

TEST_F(DbCommand, RealSequencesComeBackUnchanged) {
  // All target files of the search goldens: real, biased, degenerate, stops, lower case, 1 to 35,000
  // residues.
  std::vector<std::string> build = {"--quiet", "db", "build"};
  std::vector<fs::path> inputs;
  for (const auto& entry : fs::directory_iterator(FOLDMESH_TESTS_DIR "/golden/hmmer/targets"))
    inputs.push_back(entry);
  std::sort(inputs.begin(), inputs.end());
  ASSERT_FALSE(inputs.empty());
  std::string expected;
  int64_t n_sequences = 0, n_residues = 0;
  for (const fs::path& input : inputs) {
    build.push_back(input.string());
    seqio::FastaReader reader(input);
    bio::Sequence record;
    while (reader.next(record)) {
      for (char& c : record.residues) c = static_cast<char>(std::toupper(c));
      seqio::append_fasta(expected, record);
      ++n_sequences;
      n_residues += std::ssize(record.residues);
    }
  }
  build.insert(build.end(), {"-o", path("t.fmdb")});
  EXPECT_EQ(run(build).err, "");
  const auto facts = nlohmann::json::parse(run({"db", "info", "--json", path("t.fmdb")}).out);
  EXPECT_EQ(facts["n_sequences"], n_sequences);
  EXPECT_EQ(facts["n_residues"], n_residues);
  EXPECT_EQ(facts["file_bytes"], fs::file_size(path("t.fmdb")));
  EXPECT_TRUE(run({"db", "extract", path("t.fmdb"), "--all"}).out == expected);
  run({"db", "extract", path("t.fmdb"), "--all", "-o", path("t.fasta")});
  EXPECT_TRUE(base::read_file(path("t.fasta")) == expected);
  EXPECT_EQ(run({"db", "verify", path("t.fmdb")}).out,
            fmt::format("{}: sound, {} sequences in {} blocks\n", path("t.fmdb"), n_sequences,
                        facts["n_blocks"].get<int64_t>()));
}

TEST_F(DbCommand, InputsJoinInOrderAndStandardInputIsOne) {
  std::ofstream(path("a.fasta")) << ">a1 one\nmkv\n>a2\nMKV";
  std::ofstream(path("c.fasta")) << ">c\nACD\n";
  run({"db", "build", path("a.fasta"), "-", path("c.fasta"), "-o", path("t.fmdb")}, {">b \nEFG\n", "", 0});
  EXPECT_EQ(run({"db", "extract", path("t.fmdb"), "--all"}).out,
            ">a1 one\nMKV\n>a2\nMKV\n>b\nEFG\n>c\nACD\n");
  EXPECT_EQ(run({"db", "extract", path("t.fmdb"), "--range", "2-3", "--range", "1", "--width", "2"}).out,
            ">a2\nMK\nV\n>b\nEF\nG\n>a1 one\nMK\nV\n");
  EXPECT_EQ(run({"db", "extract", path("t.fmdb"), "--name", "c", "--name", "a1"}).out,
            ">a1 one\nMKV\n>c\nACD\n");
}

}  // namespace
}  // namespace foldmesh::tests
