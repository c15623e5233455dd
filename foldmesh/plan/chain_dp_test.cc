#include "foldmesh/plan/chain_dp.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "foldmesh/base/rng.h"

namespace foldmesh::plan {
namespace {

std::vector<int> unroll(const std::vector<plan::Run>& runs, int passes) {
  std::vector<int> steps;
  for (int pass = 0; pass < passes; ++pass) {
    for (const plan::Run& run : runs) {
      for (int i = 0; i < run.repeats; ++i) steps.insert(steps.end(), run.steps.begin(), run.steps.end());
    }
  }
  return steps;
}

double combine(double a, double b, Objective objective) {
  return objective == Objective::kSum ? a + b : std::max(a, b);
}

// Every path there is.
double brute_force(const std::vector<CostMatrix>& matrices, const std::vector<int>& steps, size_t at,
                   int state, double cost, Objective objective) {
  if (at == steps.size()) return cost;
  const CostMatrix& matrix = matrices[static_cast<size_t>(steps[at])];
  double best = kImpossible;
  for (int next = 0; next < matrix.n_states(); ++next) {
    if (matrix(state, next) == kImpossible) continue;
    best = std::min(best, brute_force(matrices, steps, at + 1, next,
                                      combine(cost, matrix(state, next), objective), objective));
  }
  return best;
}

TEST(ChainDp, EqualsBruteForceOnRandomTables) {
  base::Rng rng(7);
  int impossible = 0;
  for (int round = 0; round < 4000; ++round) {
    const int n_states = 1 + static_cast<int>(rng.below(3));
    std::vector<CostMatrix> matrices(1 + rng.below(3), CostMatrix(n_states));
    for (CostMatrix& matrix : matrices) {
      for (int from = 0; from < n_states; ++from) {
        for (int to = 0; to < n_states; ++to) {
          if (rng.below(4) > 0) matrix(from, to) = static_cast<double>(rng.below(20));
        }
      }
    }
    std::vector<plan::Run> runs(1 + rng.below(2));
    for (plan::Run& run : runs) {
      run.steps.resize(1 + rng.below(2));
      for (int& step : run.steps) step = static_cast<int>(rng.below(matrices.size()));
      run.repeats = 1 + static_cast<int>(rng.below(2));
    }
    const int passes = 1 + static_cast<int>(rng.below(2));
    std::vector<int> starts(1 + rng.below(static_cast<uint64_t>(n_states)));
    for (size_t i = 0; i < starts.size(); ++i) starts[i] = static_cast<int>(i);
    const std::vector<int> steps = unroll(runs, passes);
    if (steps.size() > 7) continue;
    for (const Objective objective : {Objective::kSum, Objective::kMax}) {
      double expected = kImpossible;
      for (const int start : starts) {
        expected = std::min(expected, brute_force(matrices, steps, 0, start, 0, objective));
      }
      const Path path = cheapest_path(matrices, runs, passes, starts, objective);
      ASSERT_EQ(path.cost, expected) << "round " << round;
      ASSERT_EQ(cheapest_cost(matrices, runs, passes, starts, objective), expected);
      if (expected == kImpossible) {
        ++impossible;
        ASSERT_TRUE(path.states.empty());
        continue;
      }
      ASSERT_EQ(path.states.size(), steps.size());
      double cost = 0;
      for (size_t i = 0, from = static_cast<size_t>(path.start); i < steps.size(); ++i) {
        const CostMatrix& matrix = matrices[static_cast<size_t>(steps[i])];
        cost = combine(cost, matrix(static_cast<int>(from), path.states[i]), objective);
        from = static_cast<size_t>(path.states[i]);
      }
      ASSERT_EQ(cost, expected) << "the path does not cost what it says";
    }
  }
  EXPECT_GT(impossible, 50);
}

TEST(ChainDp, RunsUnrollToTheSequence) {
  base::Rng rng(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> steps(rng.below(40));
    for (int& step : steps) step = static_cast<int>(rng.below(2 + rng.below(3)));
    EXPECT_EQ(unroll(find_runs(steps), 1), steps);
  }
}

TEST(ChainDp, FindsStacks) {
  std::vector<int> steps = {7, 8};
  for (int block = 0; block < 48; ++block) steps.insert(steps.end(), {1, 2, 3, 4});
  steps.push_back(9);
  EXPECT_EQ(find_runs(steps), (std::vector<plan::Run>{{{7, 8}, 1}, {{1, 2, 3, 4}, 48}, {{9}, 1}}));
}

TEST(ChainDp, ChangesEarlyAmongEquals) {
  CostMatrix free(2);
  free(0, 0) = free(1, 1) = 0;
  free(0, 1) = free(1, 0) = 1;
  CostMatrix into_one(2);
  into_one(0, 1) = 1;
  into_one(1, 1) = 0;
  const std::vector<CostMatrix> matrices = {free, into_one};
  const std::vector<plan::Run> runs = {{{0, 0, 1}, 1}};
  const std::vector<int> starts = {0};
  EXPECT_EQ(cheapest_path(matrices, runs, 1, starts, Objective::kSum).states, (std::vector<int>{1, 1, 1}));
}

}  // namespace
}  // namespace foldmesh::plan
