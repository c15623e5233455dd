// What the planner says of a plan against the program made of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "foldmesh/base/rng.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/network.h"
#include "foldmesh/plan/plan.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/executor.h"
#include "foldmesh/runtime/made_up_input.h"
#include "tests/sanitized.h"
#include "tests/shard/sharded_run.h"

namespace foldmesh::tests {
namespace {

// Notes between which addresses kernels are given memory of the arena.
class WatchingBackend : public runtime::CpuBackend {
 public:
  WatchingBackend() {
    kernels_.clear();
    begin_ = UINTPTR_MAX;
    end_ = 0;
  }
  runtime::Kernel kernel(graph::OpKind kind) const override {
    runtime::Kernel kernel = CpuBackend::kernel(kind);
    kernels_[kind] = kernel.run;
    kernel.run = watch;
    return kernel;
  }
  static size_t high_water_mark() { return end_ - begin_; }

 private:
  static void watch(const runtime::KernelArgs& args) {
    note(args.workspace.data(), args.workspace.size());
    for (const auto* operands : {&args.inputs, &args.outputs}) {
      for (const tensor::View& operand : *operands) note(operand.data, operand.bytes());
    }
    kernels_.at(args.node.kind)(args);
  }
  static void note(const void* at, size_t bytes) {
    if (bytes == 0) return;
    begin_ = std::min(begin_, reinterpret_cast<uintptr_t>(at));
    end_ = std::max(end_, reinterpret_cast<uintptr_t>(at) + bytes);
  }
  static inline std::map<graph::OpKind, void (*)(const runtime::KernelArgs&)> kernels_;
  static inline uintptr_t begin_ = 0, end_ = 0;
};

// A multimer model in every other round that has templates.
model::ModelConfig shallow(int round, const model::Dims& dims) {
  model::ModelConfig config =
      model::model_by_name(round % 2 == 1 && dims.n_templates > 0 ? "model_1_multimer_v3" : "model_1_ptm");
  config.n_evoformer_blocks = 2;
  config.n_extra_msa_blocks = 2;
  config.n_template_blocks = 1;
  return config;
}

// The best plan within a budget between the least that does and what the fastest plan takes.
plan::Plan plan_within(const graph::Graph& graph, const plan::Machine& machine, int n_devices, double share) {
  plan::PlanOptions options{.memory_bytes = int64_t{1} << 50, .n_passes = 2};
  plan::Planner unlimited(graph, machine, options);
  const int64_t least = unlimited.smallest_budget(n_devices).bytes;
  const int64_t most = unlimited.plan_on(n_devices).value().peak_bytes;
  options.memory_bytes = least + static_cast<int64_t>(share * static_cast<double>(most - least));
  plan::Planner planner(graph, machine, options);
  plan::Plan plan = planner.plan_on(n_devices).value();
  for (auto& pass : plan.passes) {
    for (plan::PlannedStep& step : pass) step.step = nullptr;  // the planner's own
  }
  return plan;
}

TEST(ShardPlans, BestPlansKeepTheirWord) {
  base::Rng rng(11);
  for (int round = 0; round < (kSanitized ? 4 : 10); ++round) {
    const model::Dims dims = {.n_res = 8 + static_cast<int64_t>(rng.below(24)),
                              .n_seq = 1 + static_cast<int64_t>(rng.below(30)),
                              .n_extra = 1 + static_cast<int64_t>(rng.below(40)),
                              .n_templates = static_cast<int64_t>(rng.below(2))};
    const int n_devices = 1 + static_cast<int>(rng.below(6));
    const graph::Graph graph = model::build_network(shallow(round, dims), dims, {.distogram = true});
    const plan::Plan plan = plan_within(graph, plan::parse_mesh("cpu:1").machine, n_devices, rng.uniform());
    const auto strategies = lower::strategies_of(plan.passes[0]);
    const ShardedResult expected = run_sharded(graph, lower::whole_strategies(graph), 1, 2);
    const ShardedResult got = run_sharded(graph, strategies, n_devices, 2, rng.below(1000));
    EXPECT_EQ(differences(expected, got), "");
    int64_t traffic = 0;
    for (const plan::PlannedStep& step : plan.passes[0]) traffic += step.traffic;
    EXPECT_EQ(got.planned_traffic, traffic);
    for (const int64_t bytes : got.received_bytes) EXPECT_LE(bytes, 2 * traffic);
  }
}

// Real sizes, without running anything: what is alive at the worst moment is hardly ever less than predicted,
// and never more.
TEST(ShardPlans, PredictedMemoryIsEnoughAndClose) {
  base::Rng rng(12);
  const runtime::CpuBackend backend;
  const int n_rounds = kSanitized ? 8 : 24;
  int n_exact = 0;
  for (int round = 0; round < n_rounds; ++round) {
    const model::Dims dims = {.n_res = 64 + static_cast<int64_t>(rng.below(600)),
                              .n_seq = 1 + static_cast<int64_t>(rng.below(512)),
                              .n_extra = 1 + static_cast<int64_t>(rng.below(2000)),
                              .n_templates = static_cast<int64_t>(rng.below(5))};
    const int n_devices = 1 + static_cast<int>(rng.below(9));
    const model::ModelConfig config =
        round % 6 == 0 ? model::model_by_name("model_1_ptm") : shallow(round, dims);
    const graph::Graph graph = model::build_network(config, dims, {.distogram = true});
    const plan::Machine machine = plan::parse_mesh("cpu:2").machine;
    const plan::Plan plan = plan_within(graph, machine, n_devices, rng.uniform());
    const auto strategies = lower::strategies_of(plan.passes[0]);
    const int64_t predicted = plan.peak_bytes - plan.weight_bytes - plan.fixed_bytes - plan.host_bytes;
    int64_t most = 0;
    size_t bound = 0;
    std::string worst;
    for (int device = 0; device < n_devices; ++device) {
      const lower::Program program = lower::lower(graph, strategies, n_devices, device);
      const runtime::MemoryPlan memory = runtime::plan_memory(program.graph, backend, 2);
      if (static_cast<int64_t>(memory.bytes) > most) worst = memory.worst_node, bound = memory.lower_bound;
      most = std::max(most, static_cast<int64_t>(memory.bytes));
    }
    const std::string what = fmt::format(
        "{} residues, {} rows, {} extra, {} templates, {} devices: predicted {} for {}, arena {} for {}",
        dims.n_res, dims.n_seq, dims.n_extra, dims.n_templates, n_devices, predicted, plan.worst_step, most,
        worst);
    constexpr int64_t kAlignment = 4096;  // of all values together
    EXPECT_LE(static_cast<int64_t>(bound), predicted + kAlignment) << what;
    EXPECT_GE(static_cast<double>(bound), 0.85 * static_cast<double>(predicted)) << what;
    n_exact += static_cast<int64_t>(bound) >= predicted * 99 / 100;
    // Places in the arena are found by trying: now and then a few percent lie between the values.
    EXPECT_LE(static_cast<double>(most), 1.05 * static_cast<double>(bound)) << what;
  }
  EXPECT_GE(n_exact, n_rounds * 5 / 6);
}

// What kernels were given in a run against what was predicted before it: the same to the byte.
TEST(ArenaPeak, IsReachedExactly) {
  base::Rng rng(13);
  for (int round = 0; round < (kSanitized ? 2 : 6); ++round) {
    const model::Dims dims = {.n_res = 20 + static_cast<int64_t>(rng.below(30)),
                              .n_seq = 1 + static_cast<int64_t>(rng.below(20)),
                              .n_extra = 1 + static_cast<int64_t>(rng.below(60)),
                              .n_templates = static_cast<int64_t>(rng.below(3))};
    const graph::Graph graph = model::build_network(shallow(round, dims), dims, {.distogram = true});
    const lower::Program program = lower::lower(graph, lower::whole_strategies(graph), 1, 0);
    const WatchingBackend backend;
    runtime::MemoryPlan memory = runtime::plan_memory(program.graph, backend, 2);
    const size_t predicted = memory.bytes;
    EXPECT_EQ(predicted, runtime::plan_memory(program.graph, runtime::CpuBackend(), 2).bytes);
    std::map<std::pair<std::string, int32_t>, tensor::Tensor> params;
    runtime::Executor executor(
        program.graph, backend, std::move(memory),
        [&](const graph::ParamRef& param) {
          return params.try_emplace({param.name, param.block}, tensor::DType::kF32, param.shape)
              .first->second.view();
        },
        2);
    for (const graph::Value& value : graph.values()) {
      if (value.role == graph::Role::kInput)
        executor.set(value.name, runtime::made_up_input(value, rng).view());
    }
    executor.run();
    // Places are multiples of the alignment.
    constexpr size_t kStep = runtime::kArenaAlignment;
    EXPECT_EQ((WatchingBackend::high_water_mark() + kStep - 1) / kStep * kStep, predicted) << round;
  }
}

}  // namespace
}  // namespace foldmesh::tests
