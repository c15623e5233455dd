// What the planner says of a plan against the program made of it.
#include <gtest/gtest.h>

#include "foldmesh/base/rng.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/plan/plan.h"
#include "tests/shard/sharded_run.h"

namespace foldmesh::tests {
namespace {

struct Planned {
  graph::Graph graph;
  std::vector<plan::Strategy> strategies;
  plan::Plan plan;
};

model::ModelConfig shallow() {
  model::ModelConfig config = model::model_by_name("model_1_ptm");
  config.n_evoformer_blocks = 2;
  config.n_extra_msa_blocks = 1;
  config.n_template_blocks = 1;
  return config;
}

TEST(ShardPlans, BestPlansKeepTheirWord) {
  base::Rng rng(11);
  for (int round = 0; round < 16; ++round) {
    const model::Dims dims = {.n_res = 8 + static_cast<int64_t>(rng.below(40)),
                              .n_seq = 1 + static_cast<int64_t>(rng.below(30)),
                              .n_extra = 1 + static_cast<int64_t>(rng.below(40)),
                              .n_templates = static_cast<int64_t>(rng.below(2))};
    const int n_devices = 1 + static_cast<int>(rng.below(6));
    const graph::Graph graph = model::build_monomer(shallow(), dims, {.distogram = true});
    plan::Machine machine = plan::parse_mesh("cpu:1").machine;
    plan::PlanOptions options{.memory_bytes = int64_t{1} << 50, .n_passes = 2};
    plan::Planner unlimited(graph, machine, options);
    const int64_t least = unlimited.smallest_budget(n_devices).bytes;
    const int64_t most = unlimited.plan_on(n_devices).value().peak_bytes;
    options.memory_bytes = least + static_cast<int64_t>(rng.uniform() * static_cast<double>(most - least));
    plan::Planner planner(graph, machine, options);
    const plan::Plan plan = planner.plan_on(n_devices).value();
    const auto strategies = lower::strategies_of(plan.passes[0]);
    const ShardedResult expected = run_sharded(graph, lower::whole_strategies(graph), 1, 2);
    const ShardedResult got = run_sharded(graph, strategies, n_devices, 2, rng.below(1000));
    EXPECT_EQ(differences(expected, got), "");
    int64_t traffic = 0;
    for (const plan::PlannedStep& step : plan.passes[0]) traffic += step.traffic;
    EXPECT_EQ(got.planned_traffic, traffic);
    for (const int64_t bytes : got.received_bytes) EXPECT_LE(bytes, 2 * traffic);
    const int64_t predicted = plan.peak_bytes - plan.weight_bytes - plan.fixed_bytes;
    EXPECT_LE(got.arena_bytes, predicted);
    EXPECT_GE(static_cast<double>(got.arena_bytes), 0.8 * static_cast<double>(predicted));
    std::printf("%ld residues, %ld rows, %ld extra, %d devices: predicted %.3f MiB, arena %.3f MiB, %s\n",
                dims.n_res, dims.n_seq, dims.n_extra, n_devices, static_cast<double>(predicted) * 0x1p-20,
                static_cast<double>(got.arena_bytes) * 0x1p-20, plan.worst_step.c_str());
  }
}

}  // namespace
}  // namespace foldmesh::tests
