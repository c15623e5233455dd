#include "foldmesh/plan/groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "foldmesh/base/rng.h"

namespace foldmesh::plan {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

void expect_valid(const Schedule& schedule, const std::vector<ItemTimes>& items, int n_devices) {
  ASSERT_EQ(schedule.placements.size(), items.size());
  double makespan = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const Placement& a = schedule.placements[i];
    EXPECT_EQ(a.item, i);
    EXPECT_GE(a.first_device, 0);
    EXPECT_LE(a.first_device + a.n_devices, n_devices);
    EXPECT_NEAR(a.end - a.start, items[i][static_cast<size_t>(a.n_devices) - 1], 1e-9);
    makespan = std::max(makespan, a.end);
    for (size_t j = 0; j < i; ++j) {
      const Placement& b = schedule.placements[j];
      const bool apart = a.first_device >= b.first_device + b.n_devices ||
                         b.first_device >= a.first_device + a.n_devices || a.start >= b.end ||
                         b.start >= a.end;
      EXPECT_TRUE(apart) << i << " and " << j << " share a device";
    }
  }
  EXPECT_DOUBLE_EQ(schedule.makespan, makespan);
  EXPECT_GE(schedule.makespan, schedule.lower_bound * (1 - 1e-12));
}

TEST(Schedule, EqualItemsInEqualGroups) {
  const ItemTimes times = {10, 5.5, 4, 3.2, 3, 2.8, 2.6, 2.4};
  for (int items = 1; items <= 20; ++items) {
    const std::vector<ItemTimes> all(static_cast<size_t>(items), times);
    double expected = kNever;
    for (const int groups : {1, 2, 4, 8}) {
      expected =
          std::min(expected, (items + groups - 1) / groups * times[static_cast<size_t>(8 / groups) - 1]);
    }
    const auto schedule = make_schedule(all, 8);
    ASSERT_TRUE(schedule);
    expect_valid(*schedule, all, 8);
    EXPECT_LE(schedule->makespan, expected + 1e-12) << items;
  }
}

TEST(Schedule, ManyItemsRunSideBySide) {
  const std::vector<ItemTimes> items(32, {10, 6, 5, 4});
  const auto schedule = make_schedule(items, 4);
  ASSERT_TRUE(schedule);
  EXPECT_DOUBLE_EQ(schedule->makespan, 80);
  EXPECT_DOUBLE_EQ(schedule->lower_bound, 80);
}

TEST(Schedule, LeftoverItemsGetMoreDevices) {
  const std::vector<ItemTimes> five(5, {10, 6, 5, 4}), six(6, {10, 6, 5, 4});
  EXPECT_DOUBLE_EQ(make_schedule(five, 4)->makespan, 14);  // one on all four devices, then four side by side
  EXPECT_DOUBLE_EQ(make_schedule(six, 4)->makespan, 16);   // two on two each, then four side by side
}

TEST(Schedule, RandomItemsAreValidAndNearTheBound) {
  base::Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    const int n_devices = 1 + static_cast<int>(rng.below(12));
    std::vector<ItemTimes> items(1 + rng.below(20));
    for (ItemTimes& times : items) {
      double time = 1 + static_cast<double>(rng.below(100));
      const auto too_small_for = static_cast<int>(rng.below(static_cast<uint64_t>(n_devices)));
      for (int n = 1; n <= n_devices; ++n) {
        times.push_back(n <= too_small_for ? kNever : time);
        if (rng.below(2) == 1) time *= 0.5 + 0.05 * static_cast<double>(rng.below(10));
      }
    }
    const auto schedule = make_schedule(items, n_devices);
    ASSERT_TRUE(schedule);
    expect_valid(*schedule, items, n_devices);
    EXPECT_LE(schedule->makespan, 3 * schedule->lower_bound);
  }
}

TEST(Schedule, NothingWhereAnItemFitsNowhere) {
  const std::vector<ItemTimes> items = {{1, 1}, {kNever, kNever}};
  EXPECT_FALSE(make_schedule(items, 2));
}

TEST(Pipeline, CutsWhereTheSlowestStageIsFastest) {
  const std::vector<double> steps = {4, 1, 1, 4, 2, 3};
  const auto slowest = [&](size_t a, size_t b) {
    const auto sum = [&](size_t from, size_t to) {
      double total = 0;
      for (size_t i = from; i < to; ++i) total += steps[i];
      return total;
    };
    return std::max({sum(0, a), sum(a, b), sum(b, steps.size())});
  };
  double expected = kNever;
  for (size_t a = 0; a <= steps.size(); ++a) {
    for (size_t b = a; b <= steps.size(); ++b) expected = std::min(expected, slowest(a, b));
  }
  const Pipeline pipeline = make_pipeline(steps, 0.5, 3, 4, 100);
  EXPECT_NEAR(pipeline.bottleneck, expected + 0.5, 1e-6);
  // One item sees no gain: four passes through all stages.
  EXPECT_NEAR(make_pipeline(steps, 0.5, 3, 4, 1).makespan, 4 * (15 + 1.5), 1e-6);
  // Many items: every pass of each holds up the slowest stage.
  EXPECT_GE(pipeline.makespan, 4 * 100 * pipeline.bottleneck - 1e-6);
}

}  // namespace
}  // namespace foldmesh::plan
