// `foldmesh bench scaling` on two small databases.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

std::string random_fasta(int n, int length, uint64_t seed) {
  base::Rng rng(seed);
  std::string text;
  for (int i = 0; i < n; ++i) {
    text += fmt::format(">s{}\n", i);
    for (int j = 0; j < length; ++j) text += "ACDEFGHIKLMNPQRSTVWY"[rng.below(20)];
    text += '\n';
  }
  return text;
}

class BenchScaling : public testing::Test {
 protected:
  std::string file(const char* name, const std::string& text) const {
    base::write_file_atomically(folder_.path() / name, text);
    return (folder_.path() / name).string();
  }
  const base::TempFolder folder_{"bench_test"};
  const std::string query_ = file("q.fasta", random_fasta(1, 50, 1));
  const std::string a_ = "a=" + file("a.fasta", random_fasta(40, 200, 2)),
                    b_ = "b=" + file("b.fasta", random_fasta(20, 300, 3));
};

TEST_F(BenchScaling, PrintsTheTableAndWritesPlotAndJson) {
  const std::string plot = (folder_.path() / "p.svg").string(), json = (folder_.path() / "t.json").string();
  const RunResult result =
      run_program({"bench", "scaling",      query_,  "--db",      a_,  "--db",     b_,  "--lengths",
                   "20,50", "--processors", "1,2,8", "--measure", "2", "--rounds", "1", "--chunk-residues",
                   "1000",  "--plot",       plot,    "--json",    json});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("Measured here"), std::string::npos);
  const auto table = nlohmann::json::parse(base::read_file(json));
  EXPECT_EQ(table["databases"][1]["n_residues"], 6000);
  EXPECT_EQ(table["databases"][0]["longest"], 200);
  ASSERT_EQ(table["lengths"].size(), 2u);
  EXPECT_EQ(table["lengths"][1]["query_length"], 50);
  EXPECT_GE(table["lengths"][1]["n_chunks"], 8);
  EXPECT_EQ(table["lengths"][1]["predicted"].size(), 3u);
  EXPECT_EQ(table["lengths"][1]["measured"].size(), 2u);
  EXPECT_NE(base::read_file(plot).find("</svg>"), std::string::npos);
}

TEST_F(BenchScaling, AQueryThatIsTooShortIsRefused) {
  const RunResult result = run_program({"bench", "scaling", query_, "--db", a_, "--lengths", "51"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("has 50 residues (expected at least 51"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace foldmesh::tests
