// The planner against the same problem solved in other ways.
#include <gtest/gtest.h>

#include "foldmesh/base/rng.h"
#include "foldmesh/model/monomer.h"
#include "tests/plan/oracle.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

struct Case {
  model::Dims dims;
  int n_devices;
  plan::Precision precision;
  double budget_share;  // of the way from the least that does to what the fastest plan takes; < 0: no limit
};

model::ModelConfig shallow() {
  model::ModelConfig config = model::model_by_name("model_1_ptm");
  config.n_evoformer_blocks = 1;
  config.n_extra_msa_blocks = 1;
  return config;
}

std::vector<Case> cases() {
  base::Rng rng(5);
  std::vector<Case> result;
  for (int i = 0; i < 60; ++i) {
    Case c;
    c.dims.n_res = 1 + static_cast<int64_t>(rng.below(i % 3 == 0 ? 40 : 3000));
    c.dims.n_seq = 1 + static_cast<int64_t>(rng.below(512));
    c.dims.n_extra = 1 + static_cast<int64_t>(rng.below(5120));
    c.n_devices = i % 5 == 0 ? 1 : 2 + static_cast<int>(rng.below(15));
    c.precision = rng.below(2) == 0 ? plan::Precision::kFp32 : plan::Precision::kBf16;
    c.budget_share = rng.below(2) == 0 ? -1 : rng.uniform();
    result.push_back(c);
  }
  return result;
}

// The planner's answer and the problem it answers.
struct Solved {
  ChainProblem problem;
  double nanoseconds = kImpossible;
};

Solved solve(const Case& c) {
  const graph::Graph graph = model::build_monomer(shallow(), c.dims);
  const plan::Machine machine = plan::parse_mesh("h200").machine;
  plan::PlanOptions options{.precision = c.precision, .memory_bytes = int64_t{1} << 60, .n_passes = 1};
  if (c.budget_share >= 0) {
    plan::Planner unlimited(graph, machine, options);
    const int64_t least = unlimited.smallest_budget(c.n_devices).bytes;
    const int64_t most = unlimited.plan_on(c.n_devices).value().peak_bytes;
    options.memory_bytes = least + static_cast<int64_t>(c.budget_share * static_cast<double>(most - least));
  }
  plan::Planner planner(graph, machine, options);
  const std::optional<double> seconds = planner.seconds_on(c.n_devices);
  return {write_down(planner.network(), machine, c.precision, options.memory_bytes, c.n_devices),
          seconds ? *seconds * 1e9 : kImpossible};
}

TEST(PlanOracle, EqualsTryingEverything) {
  const std::vector<Case> all = cases();
  for (size_t i = 0; i < all.size(); i += tests::kSanitized ? 6 : 1) {
    const Case& c = all[i];
    const Solved solved = solve(c);
    EXPECT_NEAR(solved.nanoseconds, try_everything(solved.problem), 0.01)
        << c.dims.n_res << " residues on " << c.n_devices << " devices";
  }
}

TEST(PlanOracle, EqualsAnIntegerProgram) {
  if (!has_cbc()) GTEST_SKIP() << "no program cbc (Debian package coinor-cbc)";
  const std::vector<Case> all = cases();
  for (size_t i = 1; i < all.size(); i += 12) {
    const Solved solved = solve(all[i]);
    EXPECT_NEAR(solved.nanoseconds, solve_with_cbc(solved.problem), 1e-6 * solved.nanoseconds)
        << "case " << i;
  }
}

TEST(PlanOracle, RandomTablesEqualAnIntegerProgram) {
  if (!has_cbc()) GTEST_SKIP() << "no program cbc (Debian package coinor-cbc)";
  base::Rng rng(17);
  for (int round = 0; round < 8; ++round) {
    const size_t n = 2 + rng.below(3), n_steps = 2 + rng.below(5);
    ChainProblem problem;
    for (size_t t = 0; t < n_steps; ++t) {
      problem.steps.emplace_back();
      problem.changes.emplace_back(n, std::vector<double>(n, 0));
      for (size_t s = 0; s < n; ++s) {
        problem.steps[t].push_back(static_cast<double>(rng.below(50)));
        for (size_t to = 0; to < n; ++to) {
          problem.changes[t][s][to] = s == to ? 0 : static_cast<double>(rng.below(50));
        }
      }
    }
    EXPECT_NEAR(try_everything(problem), solve_with_cbc(problem), 1e-6) << "round " << round;
  }
}

}  // namespace
}  // namespace foldmesh::tests
