#include "foldmesh/scaling/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "foldmesh/base/rng.h"

namespace foldmesh::scaling {
namespace {

std::vector<WorkUnit> random_chunks(uint64_t seed) {
  base::Rng rng(seed);
  std::vector<WorkUnit> chunks;
  for (size_t database = 0; database < 3; ++database) {
    for (size_t i = 0; i < 1 + rng.below(300); ++i) {
      chunks.push_back({database, rng.uniform(), 1 + static_cast<int64_t>(rng.below(1 << 18))});
    }
  }
  return chunks;
}

TEST(Schedule, EveryChunkIsInOneUnit) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<WorkUnit> chunks = random_chunks(seed);
    for (const int times : {1, 7}) {
      std::map<size_t, int64_t> residues;
      double seconds = 0;
      for (const WorkUnit& unit : scheduled_units(chunks, times, 100, 1 + static_cast<int>(seed))) {
        residues[unit.database] += unit.n_residues;
        seconds += unit.seconds;
      }
      for (const WorkUnit& chunk : chunks) {
        residues[chunk.database] -= times * chunk.n_residues;
        seconds -= times * chunk.seconds;
      }
      for (const auto& [database, difference] : residues) EXPECT_EQ(difference, 0) << database;
      EXPECT_NEAR(seconds, 0, 1e-6);
    }
  }
}

TEST(Schedule, MoreWorkersGetSmallerUnits) {
  const std::vector<WorkUnit> chunks(4096, {0, 1e-3, 1 << 18});
  size_t before = 0;
  for (const int n : {1, 8, 64, 512}) {
    const std::vector<WorkUnit> units = scheduled_units(chunks, 1, 400, n);
    EXPECT_GE(units.size(), before);
    EXPECT_GE(units.size(), static_cast<size_t>(n));
    EXPECT_TRUE(std::is_sorted(units.begin(), units.end(), [](const WorkUnit& a, const WorkUnit& b) {
      return a.n_residues > b.n_residues;
    }));
    before = units.size();
  }
}

TEST(Schedule, LargestDatabaseFirst) {
  const std::vector<WorkUnit> chunks = {{0, 1, 100}, {1, 2, 300}, {2, 3, 200}};
  const std::vector<WorkUnit> units = scheduled_units(chunks, 1, 100, 4);
  ASSERT_EQ(units.size(), 3u);
  EXPECT_EQ(units[0].database, 1u);
  EXPECT_EQ(units[1].database, 2u);
  EXPECT_EQ(units[2].database, 0u);
}

}  // namespace
}  // namespace foldmesh::scaling
