// Every way to run every operator, on devices that share the work unevenly or have none: the same bits as on
// one device, and the bytes that the planner says.
#include <gtest/gtest.h>

#include "foldmesh/base/rng.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/network.h"
#include "foldmesh/plan/plan.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "tests/sanitized.h"
#include "tests/shard/sharded_run.h"

namespace foldmesh::tests {
namespace {

using plan::Layout;
using plan::Strategy;

model::ModelConfig shallow(std::string_view name) {
  model::ModelConfig config = model::model_by_name(name);
  config.n_evoformer_blocks = 1;
  config.n_extra_msa_blocks = 1;
  config.n_template_blocks = 1;
  return config;
}

graph::Graph network(const model::Dims& dims, std::string_view model = "model_1_ptm") {
  return model::build_network(shallow(model), dims, {.distogram = true});
}

std::vector<std::vector<Strategy>> all_strategies(const plan::Network& view, int n_devices) {
  std::vector<std::vector<Strategy>> result;
  for (const plan::Step& step : view.steps) {
    result.push_back(plan::enumerate_strategies(view, step, n_devices, plan::Precision::kFp32));
  }
  return result;
}

// Strategy k (modulo their number) of every operator.
std::vector<Strategy> choice(const std::vector<std::vector<Strategy>>& all, size_t k) {
  std::vector<Strategy> chosen;
  for (const auto& strategies : all) chosen.push_back(strategies[k % strategies.size()]);
  return chosen;
}

std::vector<Strategy> random_choice(const std::vector<std::vector<Strategy>>& all, base::Rng& rng) {
  std::vector<Strategy> chosen;
  for (const auto& strategies : all) chosen.push_back(strategies[rng.below(strategies.size())]);
  return chosen;
}

class EveryStrategy : public testing::TestWithParam<const char*> {};

TEST_P(EveryStrategy, GivesTheBitsOfOneDevice) {
  const model::Dims dims = {.n_res = 7, .n_seq = 4, .n_extra = 5, .n_templates = 2};
  const graph::Graph graph = network(dims, GetParam());
  const plan::Network view = plan::read_network(graph);
  const ShardedResult expected = run_sharded(graph, lower::whole_strategies(graph), 1);
  EXPECT_EQ(differences(expected, expected), "");
  for (const int n_devices : {1, 2, 3, 4, 5, 9}) {
    const bool is_monomer = std::string_view(GetParam()) == "model_1_ptm";
    if (!is_monomer && n_devices != 3 && n_devices != 9) continue;
    if (kSanitized && n_devices != (is_monomer ? 9 : 3)) continue;
    const auto all = all_strategies(view, n_devices);
    size_t most = 0;
    for (const auto& strategies : all) most = std::max(most, strategies.size());
    for (size_t k = 0; k < most; ++k) {
      const ShardedResult got = run_sharded(graph, choice(all, k), n_devices);
      EXPECT_EQ(differences(expected, got), "") << "strategy " << k << " on " << n_devices << " devices";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, EveryStrategy, testing::Values("model_1_ptm", "model_1_multimer_v3"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Shard, AnyPlanGivesTheBitsOfOneDevice) {
  base::Rng rng(3);
  for (int round = 0; round < (kSanitized ? 7 : 24); ++round) {
    const model::Dims dims = {.n_res = 1 + static_cast<int64_t>(rng.below(20)),
                              .n_seq = 1 + static_cast<int64_t>(rng.below(9)),
                              .n_extra = 1 + static_cast<int64_t>(rng.below(9)),
                              .n_templates = static_cast<int64_t>(rng.below(3))};
    const bool is_multimer = dims.n_templates > 0 && round % 2 == 1;
    const int n_devices = 2 + static_cast<int>(rng.below(round % 6 == 0 ? 63 : 6));
    const graph::Graph graph = network(dims, is_multimer ? "model_4_multimer_v3" : "model_1_ptm");
    const plan::Network view = plan::read_network(graph);
    const std::vector<Strategy> chosen = random_choice(all_strategies(view, n_devices), rng);
    const ShardedResult expected = run_sharded(graph, lower::whole_strategies(graph), 1, 2);
    const ShardedResult got = run_sharded(graph, chosen, n_devices, 2, rng.below(1000));
    EXPECT_EQ(differences(expected, got), "")
        << dims.n_res << " residues, " << dims.n_seq << " rows on " << n_devices << " devices";
  }
}

// Extents on both sides of the 32 numbers of k that AMX adds up by themselves.
TEST(Shard, AnyPlanGivesTheBitsOfOneDeviceInBf16) {
  using runtime::cpu::Bf16Unit;
  const model::Dims dims = {.n_res = 37, .n_seq = 33, .n_extra = 70, .n_templates = 1};
  const graph::Graph graph = network(dims);
  const plan::Network view = plan::read_network(graph);
  const auto run = [&](std::span<const Strategy> strategies, int n_devices) {
    return run_sharded(graph, strategies, n_devices, 1, 0, tensor::Precision::kBf16);
  };
  for (const Bf16Unit unit : {Bf16Unit::kModelledAmx, Bf16Unit::kAmx, Bf16Unit::kAvx512, Bf16Unit::kFp32}) {
    if (!runtime::cpu::exists(unit) || (kSanitized && unit == Bf16Unit::kFp32)) continue;
    const runtime::cpu::ForcedBf16Unit forced(unit);
    const ShardedResult expected = run(lower::whole_strategies(graph), 1);
    base::Rng rng(4);
    for (const int n_devices : {1, 4}) {
      const ShardedResult got = run(random_choice(all_strategies(view, n_devices), rng), n_devices);
      EXPECT_EQ(differences(expected, got), "") << n_devices << " devices, " << runtime::cpu::name_of(unit);
    }
  }
}

}  // namespace
}  // namespace foldmesh::tests
