// The commands of docs/guide that are marked for it (```sh run) are run, one file's after the other in one
// folder, as a reader would type them.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> marked_blocks(const fs::path& path) {
  const std::string text = base::read_file(path), begin = "\n```sh run\n", end = "\n```\n";
  std::vector<std::string> blocks;
  for (size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    const size_t stop = text.find(end, at);
    if (stop == std::string::npos) throw std::runtime_error(path.string() + ": a block does not end");
    blocks.push_back(text.substr(at, stop - at));
    at = stop;
  }
  return blocks;
}

class Guide : public testing::TestWithParam<const char*> {};

TEST_P(Guide, CommandsWork) {
  const base::TempFolder temporary("guide_test");
  const fs::path folder = temporary.path();
  const auto file = [&](const std::string& name, const std::string& text) {
    base::write_file_atomically(folder / name, text);
  };
  file("query.fasta", ">query a query\nMKTAYIAKQRQISFVKSHFSRQLE\n");
  file("uniref90.fasta", ">a\nMATAYIAKQRQISFVKSHFSRQLE\n>b\nMKTAYIAKQRQISAVKSHFSRQLE\n");
  fs::create_directories(folder / "params");
  ASSERT_EQ(run_program({"params", "generate", "--model", "model_3", "-o",
                         (folder / "params/params_model_3.npz").string(), "--quiet"})
                .exit_code,
            0);
  const std::vector<std::string> blocks =
      marked_blocks(fs::path(FOLDMESH_TESTS_DIR "/../docs/guide") / GetParam());
  ASSERT_GE(blocks.size(), 2u);
  for (const std::string& block : blocks) {
    file("block.sh", "set -euo pipefail\ncd " + folder.string() + "\nPATH=" +
                         fs::path(FOLDMESH_PROGRAM).parent_path().string() + ":$PATH\n" + block + "\n");
    const int status = std::system(
        ("bash " + (folder / "block.sh").string() + " > " + (folder / "said").string() + " 2>&1").c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << block << "\n"
                                                               << base::read_file(folder / "said");
  }
}

INSTANTIATE_TEST_SUITE_P(Docs, Guide, testing::Values("inputs.md", "results.md"), [](const auto& info) {
  return std::string(info.param).substr(0, std::string(info.param).find('.'));
});

}  // namespace
}  // namespace foldmesh::tests
