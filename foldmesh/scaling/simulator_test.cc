#include "foldmesh/scaling/simulator.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "foldmesh/base/rng.h"

namespace foldmesh::scaling {
namespace {

std::vector<WorkUnit> random_units(size_t n, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<WorkUnit> units(n);
  for (WorkUnit& unit : units) unit = {rng.below(3), 0.01 + rng.uniform(), 1};
  return units;
}

TEST(Simulator, HandMadeSchedule) {
  const std::vector<WorkUnit> units = {{0, 4, 1}, {0, 3, 1}, {1, 2, 1}, {1, 2, 1}};
  EXPECT_DOUBLE_EQ(simulate_shared_queue(units, {.n_workers = 1}).makespan, 11);
  // 4 | 3 2 2 -> the third goes to the worker free at 3, the fourth to the one free at 4.
  EXPECT_DOUBLE_EQ(simulate_shared_queue(units, {.n_workers = 2}).makespan, 6);
  EXPECT_DOUBLE_EQ(simulate_shared_queue(units, {.n_workers = 9}).makespan, 4);
  EXPECT_DOUBLE_EQ(simulate_database_per_process(units, 1).makespan, 11);
  EXPECT_DOUBLE_EQ(simulate_database_per_process(units, 2).makespan, 7);
  EXPECT_DOUBLE_EQ(simulate_database_per_process(units, 9).makespan, 7);
  EXPECT_DOUBLE_EQ(simulate_shared_queue(units, {.n_workers = 2}).efficiency(2), 11.0 / 12);
}

TEST(Simulator, MessagesCostTimeOnlyWhereWorkDoesNotHideThem) {
  const std::vector<WorkUnit> units(10, {0, 1, 1});
  // The first unit waits for its request; all others are asked for ahead of time.
  EXPECT_DOUBLE_EQ(
      simulate_shared_queue(
          units, {.n_workers = 1, .grant_seconds = 0.25, .latency_seconds = 0.125, .prefetch = true})
          .makespan,
      10.5);
  EXPECT_DOUBLE_EQ(
      simulate_shared_queue(units, {.n_workers = 1, .grant_seconds = 0.25, .latency_seconds = 0.125})
          .makespan,
      15);
  // A coordinator that needs as long as the work lets two workers do no better than one.
  const Simulation busy =
      simulate_shared_queue(units, {.n_workers = 8, .grant_seconds = 1, .prefetch = true});
  EXPECT_DOUBLE_EQ(busy.makespan, 11);
  EXPECT_DOUBLE_EQ(busy.coordinator_busy, 10);
}

TEST(Simulator, StaysBetweenTheBoundsOfListScheduling) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::vector<WorkUnit> units = random_units(1 + seed * 7, seed);
    double longest = 0;
    for (const WorkUnit& unit : units) longest = std::max(longest, unit.seconds);
    for (const int n : {1, 2, 3, 16, 64, 1024}) {
      const Simulation result = simulate_shared_queue(units, {.n_workers = n});
      const double least = std::max(longest, result.work / n);
      EXPECT_GE(result.makespan, least * (1 - 1e-12));
      EXPECT_LE(result.makespan, (result.work / n + longest) * (1 + 1e-12));  // Graham 1966
    }
  }
}

TEST(Simulator, NothingToDo) {
  EXPECT_EQ(simulate_shared_queue({}, {.n_workers = 4}).makespan, 0);
  EXPECT_EQ(simulate_database_per_process({}, 4).efficiency(4), 1);
}

}  // namespace
}  // namespace foldmesh::scaling
