// Plans of the real networks: what formulas say, what must hold for every plan, and the largest inputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "foldmesh/model/monomer.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::tests {
namespace {

using plan::Algorithm;
using plan::Layout;
using plan::Plan;
using plan::Planner;
using plan::Precision;

graph::Graph network(int64_t n_res, int64_t n_seq = 508, int64_t n_extra = 5120, int64_t n_templates = 4) {
  return model::build_monomer(
      model::model_by_name("model_1_ptm"),
      {.n_res = n_res, .n_seq = n_seq, .n_extra = n_extra, .n_templates = n_templates});
}

plan::Machine h200() { return plan::parse_mesh("h200").machine; }

Plan planned(Planner& planner, int n_devices) { return std::get<Plan>(planner.plan(n_devices)); }

const plan::Step& step_named(const plan::Network& network, std::string_view name) {
  return *std::find_if(network.steps.begin(), network.steps.end(),
                       [&](const plan::Step& step) { return step.node->name == name; });
}

plan::Strategy strategy(const plan::Network& network, std::string_view name, Algorithm algorithm,
                        std::optional<Layout> pair, int n_devices) {
  for (const plan::Strategy& candidate :
       plan::enumerate_strategies(network, step_named(network, name), n_devices, Precision::kBf16)) {
    if (candidate.algorithm == algorithm && candidate.pair == pair && candidate.chunk.size == 0)
      return candidate;
  }
  ADD_FAILURE() << "no such strategy of " << name;
  return {};
}

// FLOP of four passes at the full depth of model 1, from closed formulas of the operators; templates
// excepted, which add less than 2 %.
TEST(NetworkPlan, WorkFollowsTheClosedForm) {
  for (const double n : {128.0, 512.0, 2048.0}) {
    constexpr double kRows = 512, kExtra = 5120, kM = 256, kE = 64, kZ = 128;
    const double pair = 60 * n * n * kZ * kZ + 12 * n * n * n * kZ + 16 * n * n * kZ;
    const auto outer = [&](double rows, double c) {
      return 4 * rows * n * c * 32 + 2 * n * n * rows * 1024 + 2 * n * n * 1024 * kZ;
    };
    const auto row = [&](double rows, double c) {
      return 10 * rows * n * c * c + 4 * rows * n * n * c + 16 * n * n * kZ;
    };
    const double main = row(kRows, kM) + 10 * kRows * n * kM * kM + 4 * n * kRows * kRows * kM +
                        16 * kRows * n * kM * kM + outer(kRows, kM) + pair;
    const double extra = row(kExtra, kE) + 4 * kExtra * n * kE * 8 + 4 * kExtra * n * kE * kE +
                         32 * n * kExtra * 8 + 16 * kExtra * n * kE * kE + outer(kExtra, kE) + pair;
    const graph::Graph graph = network(static_cast<int64_t>(n));
    Planner planner(graph, h200(), {});
    EXPECT_NEAR(planned(planner, 1).flops / (4 * (48 * main + 4 * extra)), 1, 0.06) << n;
  }
}

TEST(NetworkPlan, MessagesFollowTheFormulas) {
  constexpr int64_t kN = 512, kDevices = 8, kRows = 512;
  const graph::Graph graph = network(kN);
  const plan::Network view = plan::read_network(graph);
  const int64_t z = kN * kN * 128 * 4;  // bytes of the pair tensor
  const auto traffic = [&](std::string_view op, Algorithm algorithm, std::optional<Layout> pair) {
    return strategy(view, "evoformer/0/" + std::string(op), algorithm, pair, kDevices).traffic();
  };
  EXPECT_EQ(traffic("triangle_multiplication_outgoing", Algorithm::kChannels, Layout::kFirst),
            3 * 7 * z / 64);
  EXPECT_EQ(traffic("triangle_multiplication_incoming", Algorithm::kChannels, Layout::kFirst),
            3 * 7 * z / 64);
  EXPECT_EQ(traffic("triangle_multiplication_outgoing", Algorithm::kGatherFactor, Layout::kFirst), 7 * z / 8);
  EXPECT_EQ(traffic("triangle_multiplication_incoming", Algorithm::kGatherFactor, Layout::kSecond),
            7 * z / 8);
  EXPECT_EQ(traffic("triangle_attention_starting_node", Algorithm::kGatherBias, Layout::kFirst),
            7 * z / 32 / 8);
  EXPECT_EQ(traffic("triangle_attention_ending_node", Algorithm::kGatherBias, Layout::kSecond),
            7 * z / 32 / 8);
  EXPECT_EQ(traffic("msa_row_attention_with_pair_bias", Algorithm::kGatherBias, Layout::kFirst),
            7 * z / 16 / 8);
  EXPECT_EQ(traffic("outer_product_mean", Algorithm::kGatherProjected, Layout::kFirst),
            7 * (kRows * kN * 256 * 4 / 8) / 8);
}

TEST(NetworkPlan, OneDeviceSendsNothing) {
  const graph::Graph graph = network(97, 33, 70, 2);
  Planner planner(graph, plan::parse_mesh("cpu:2").machine, {});
  const Plan plan = planned(planner, 1);
  EXPECT_EQ(plan.traffic, 0);
  EXPECT_EQ(plan.message_seconds + plan.reshard_seconds, 0);
  ASSERT_EQ(plan.passes.size(), 4U);
  for (const auto& pass : plan.passes) {
    ASSERT_EQ(pass.size(), graph.nodes().size());
    for (const plan::PlannedStep& step : pass) EXPECT_EQ(step.pair, Layout::kWhole);
  }
}

// From all that the fastest plan takes down to the least: within the budget, and never slower for being given
// more. Below the least the planner says no.
TEST(NetworkPlan, BudgetSweep) {
  for (const int n_devices : {1, 3, 8}) {
    const graph::Graph graph = network(600, 200, 100, 2);
    plan::PlanOptions options{.precision = Precision::kBf16, .memory_bytes = int64_t{1} << 50};
    Planner unlimited(graph, h200(), options);
    const int64_t most = unlimited.plan_on(n_devices).value().peak_bytes;
    const int64_t least = unlimited.smallest_budget(n_devices).bytes;
    ASSERT_LT(least, most);
    double last = 0;
    for (int step = 0; step <= 20; ++step) {
      options.memory_bytes = most - (most - least) * step / 20;
      Planner planner(graph, h200(), options);
      const auto plan = planner.plan_on(n_devices);
      ASSERT_TRUE(plan) << step;
      EXPECT_LE(plan->peak_bytes, options.memory_bytes);
      EXPECT_GE(plan->seconds, last);
      last = plan->seconds;
    }
    options.memory_bytes = least - 1;
    Planner beyond(graph, h200(), options);
    EXPECT_FALSE(beyond.plan_on(n_devices));
  }
}

TEST(NetworkPlan, MoreDevicesAreNeverSlower) {
  for (const int64_t n_res : {1, 37, 256, 1500}) {
    const graph::Graph graph = network(n_res, 128, 512, 0);
    Planner planner(graph, h200(), {.precision = Precision::kBf16});
    double last = std::numeric_limits<double>::infinity();
    for (int n = 1; n <= 20; ++n) {
      const Plan plan = planned(planner, n);
      EXPECT_LE(plan.n_devices, n);
      EXPECT_LE(plan.seconds, last) << n_res << " residues, " << n << " devices";
      last = plan.seconds;
    }
  }
}

TEST(NetworkPlan, SaysWhatWouldDo) {
  const graph::Graph graph = network(5000, 512, 1024, 0);
  plan::PlanOptions options{.memory_bytes = int64_t{6} << 30};
  Planner planner(graph, h200(), options);
  const auto misfit = std::get<plan::DoesNotFit>(planner.plan(2));
  EXPECT_GT(misfit.smallest_budget, options.memory_bytes);
  EXPECT_FALSE(misfit.worst_step.empty());
  ASSERT_GT(misfit.devices_that_would_do, 2);
  EXPECT_TRUE(std::holds_alternative<Plan>(planner.plan(misfit.devices_that_would_do)));
  options.memory_bytes = misfit.smallest_budget;
  Planner enough(graph, h200(), options);
  EXPECT_TRUE(std::holds_alternative<Plan>(enough.plan(2)));
  options.memory_bytes = misfit.smallest_budget - 1;
  Planner too_little(graph, h200(), options);
  EXPECT_FALSE(std::holds_alternative<Plan>(too_little.plan(2)));
}

TEST(NetworkPlan, MemoryOnOneDeviceIsWhatLives) {
  constexpr int64_t kN = 300;
  const graph::Graph graph = network(kN, 100, 200, 0);
  Planner planner(graph, h200(), {});
  const Plan plan = planned(planner, 1);
  const plan::Network& view = planner.network();
  for (const plan::PlannedStep& step : plan.passes[0]) {
    int64_t tensors = kN * kN * 128 * 4 + step.step->other.elements() * 4 + step.step->small_bytes +
                      step.step->resting_bytes;
    EXPECT_EQ(step.peak_bytes, plan.weight_bytes + plan.fixed_bytes + tensors + step.strategy.used_bytes(1));
  }
  EXPECT_EQ(plan.weight_bytes, view.weight_elements * 4);
  // All parameters of the model with a PAE head, the heads that a prediction does not need left out.
  EXPECT_NEAR(static_cast<double>(view.weight_elements), 93e6, 1e6);
}

TEST(NetworkPlan, LongestChainOnManyDevices) {
  const graph::Graph graph = network(30'000);
  const plan::Mesh mesh = plan::parse_mesh("64xh200");
  Planner planner(graph, mesh.machine, {.precision = Precision::kBf16});
  const Plan plan = planned(planner, 64);
  EXPECT_GT(plan.n_devices, 8);
  EXPECT_GT(plan.flops, 1e18);
  EXPECT_GT(plan.seconds, plan.flops / (64 * mesh.machine.rates[0].bf16_flops));
  EXPECT_LT(plan.seconds, 1e6);
  for (const auto& pass : plan.passes) {
    for (const plan::PlannedStep& step : pass) {
      EXPECT_GT(step.peak_bytes, int64_t{30'000} * 30'000 * 128 * 4 / 64);
      EXPECT_LE(step.peak_bytes, mesh.machine.memory_bytes);
      EXPECT_GE(step.traffic, 0);
      EXPECT_GE(step.strategy.workspace, 0);
      EXPECT_TRUE(std::isfinite(step.seconds()));
    }
  }
}

TEST(NetworkPlan, MoreDevicesThanResidues) {
  const graph::Graph graph = network(3, 2, 1, 1);
  Planner planner(graph, h200(), {});
  for (const int n : {2, 7, 64}) {
    const auto plan = planner.plan_on(n);
    ASSERT_TRUE(plan) << n;
    EXPECT_GE(plan->seconds, planner.seconds_on(1).value()) << "three residues cannot gain from messages";
  }
}

}  // namespace
}  // namespace foldmesh::tests
