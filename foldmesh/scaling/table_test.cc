#include "foldmesh/scaling/table.h"

#include <gtest/gtest.h>

namespace foldmesh::scaling {
namespace {

ScalingTable three_databases(int times_as_large = 1) {
  // 100, 60 and 40 chunks of 10 ms, the smallest that a search hands out; 50 ms outside of them.
  std::vector<LengthTimes> lengths;
  for (const size_t length : {1024, 4096}) {
    LengthTimes times;
    times.query_length = length;
    times.outside_units = 0.05;
    const int n_units[] = {100, 60, 40};
    for (size_t d = 0; d < 3; ++d) {
      for (int i = 0; i < n_units[d]; ++i)
        times.chunks.push_back({d, 0.01 * static_cast<double>(length) / 1024, 1 << 17});
    }
    times.chunked = {{1, 2.1}, {2, 1.1}};
    times.database_per_process = {{1, 2.1}, {2, 1.1}};
    lengths.push_back(times);
  }
  TableOptions options;
  options.processors = {1, 2, 3, 64};
  options.times_as_large = times_as_large;
  options.grant_seconds = options.latency_seconds = 0;
  return make_table({{"a", 100, 5000, 80}, {"b", 60, 3000, 80}, {"c", 40, 2000, 80}}, lengths, options);
}

TEST(ScalingTable, OneProcessPerDatabaseStopsAtTheLargest) {
  const ScalingTable table = three_databases();
  ASSERT_EQ(table.rows.size(), 2u);
  const std::vector<TableCell>& cells = table.rows[0].cells;
  EXPECT_NEAR(cells[0].chunked, 2.05, 1e-9);
  EXPECT_NEAR(cells[0].database_per_process, 2.05, 1e-9);
  EXPECT_NEAR(cells[1].database_per_process, 1.05, 1e-9);
  EXPECT_NEAR(cells[2].database_per_process, 1.05, 1e-9);
  EXPECT_NEAR(cells[3].database_per_process, 1.05, 1e-9);
  // Ours ends within a chunk of an even division.
  for (size_t i = 1; i < cells.size(); ++i) {
    const double even = 2.0 / cells[i].n_processors + 0.05;
    EXPECT_GE(cells[i].chunked, even - 1e-9);
    EXPECT_LE(cells[i].chunked, even + 0.01 + 1e-9);
    EXPECT_NEAR(cells[i].efficiency, 2.05 / (cells[i].n_processors * cells[i].chunked), 1e-9);
  }
}

TEST(ScalingTable, LargerDatabasesKeepMoreProcessorsBusy) {
  EXPECT_GT(three_databases(100).rows[0].cells[3].efficiency, 0.95);
  EXPECT_EQ(to_text(three_databases(100)).find("Measured here"), std::string::npos);
}

TEST(ScalingTable, TextJsonAndPlotHoldEveryRow) {
  const ScalingTable table = three_databases();
  const std::string text = to_text(table);
  EXPECT_NE(text.find("  4096         64       4.05 s"), std::string::npos) << text;
  EXPECT_NE(text.find("Measured here"), std::string::npos);
  const nlohmann::ordered_json json = to_json(table);
  EXPECT_EQ(json["lengths"].size(), 2u);
  EXPECT_EQ(json["lengths"][0]["predicted"].size(), 4u);
  EXPECT_EQ(json["lengths"][0]["measured"].size(), 2u);
  const std::string svg = to_svg(table);
  EXPECT_EQ(svg.compare(0, 5, "<svg "), 0);
  EXPECT_NE(svg.find("4096 residues"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace foldmesh::scaling
