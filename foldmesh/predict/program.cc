#include "foldmesh/predict/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/comm/collectives.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::predict {
namespace {

Program with_memory(lower::Program program, const runtime::Backend& backend, const PredictOptions& options) {
  runtime::MemoryPlan memory = runtime::plan_memory(program.graph, backend, options.n_threads);
  return {std::move(program), std::move(memory)};
}

// What every device has at least, since all must come to the same plan.
struct Resources {
  size_t limit = 0, beside = 0;  // bytes in all, and of that for other things than activations
  size_t n_threads = 0;
  size_t arena_bytes() const { return limit > beside ? limit - beside : 0; }
};

Resources common_resources(const Resources& own, const PredictOptions& options) {
  if (n_devices(options) == 1) return own;
  std::vector<Resources> all(static_cast<size_t>(n_devices(options)));
  const std::vector<int64_t> counts(all.size(), sizeof(Resources));
  comm::all_gather(*options.group, std::as_bytes(std::span(&own, 1)), counts,
                   std::as_writable_bytes(std::span(all)));
  Resources common = all.front();
  for (const Resources& each : all) {
    if (each.arena_bytes() < common.arena_bytes()) common = each;
  }
  for (const Resources& each : all) {
    common.n_threads = std::max(common.n_threads, each.n_threads);  // each takes memory
  }
  return common;
}

// The best plan in so much memory for activations. When there is none: on one device that of least memory,
// for the refusal to name; kInput on several.
lower::Program planned_program(const graph::Graph& network, const Resources& resources,
                               const PredictOptions& options) {
  const int n = n_devices(options);
  plan::Machine machine = plan::parse_mesh(fmt::format("cpu:{}", resources.n_threads)).machine;
  machine.fixed_bytes = machine.stored_weight_bytes = 0;  // counted already, as are features and results
  machine.is_host = false;
  plan::PlanOptions how;
  how.n_passes = options.n_recycles + 1;
  if (options.precision == Precision::kBf16) how.precision = plan::Precision::kBf16;
  const int64_t weights = plan::read_network(network).weight_elements * plan::operand_bytes(how.precision);
  how.memory_bytes = static_cast<int64_t>(resources.arena_bytes()) + weights;
  plan::Planner planner(network, machine, how);
  const std::optional<plan::Plan> plan = planner.plan_on(n);
  if (!plan) {
    const plan::Planner::Floor floor = planner.smallest_budget(n);
    if (n == 1) {
      how.memory_bytes = floor.bytes;
      plan::Planner least(network, machine, how);
      return lower::lower(network, lower::strategies_of(least.plan_on(1).value().passes.front()), 1, 0);
    }
    const auto arena = static_cast<size_t>(floor.bytes - weights);
    base::throw_input(
        "this prediction needs {} of memory on each of {} devices ({} for activations, decided by {}; {} for "
        "parameters, features, results and the program), more than the {} that one may take",
        base::format_bytes(arena + resources.beside), n, base::format_bytes(arena), floor.worst_step,
        base::format_bytes(resources.beside), base::format_bytes(resources.limit));
  }
  const int device = n == 1 ? 0 : options.group->rank();
  return lower::lower(network, lower::strategies_of(plan->passes.front()), n, device);
}

}  // namespace

int n_devices(const PredictOptions& options) { return options.group == nullptr ? 1 : options.group->size(); }

bool is_first(const PredictOptions& options) { return n_devices(options) == 1 || options.group->rank() == 0; }

size_t parameter_bytes(const model::ParamStore& params, const runtime::PackedParamList& packed) {
  size_t bytes = params.bytes() + packed.bytes;
  for (const graph::ParamRef& param : packed.params) bytes -= params.bytes_let_go(params.view(param));
  // Before the first one is packed all stored ones have been read, in search of numbers that are none.
  return std::max(bytes, params.bytes());
}

MemoryEstimate estimate(const FeatureSource& features, const model::Dims& dims,
                        const model::ParamStore& params, const runtime::MemoryPlan& arena,
                        const PredictOptions& options) {
  static_assert(plan::kErrorBins == confidence::kAlignedErrorBins);
  const bool gathers = n_devices(options) > 1 && is_first(options);
  MemoryEstimate memory;
  memory.parameters = parameter_bytes(params, arena.packed);
  memory.arena = arena.bytes;
  memory.features = features.bytes();
  memory.results = static_cast<size_t>(plan::result_bytes(dims.n_res, gathers));
  if (options.on_pass) {  // which gets a float copy of one head output at a time
    memory.results += static_cast<size_t>(dims.n_res * dims.n_res) * 128 * sizeof(float);
  }
  memory.fixed = static_cast<size_t>(plan::process_bytes(options.n_threads));
  memory.other = options.other_memory;
  memory.arena_lower_bound = arena.lower_bound;
  memory.worst_node = arena.worst_node;
  return memory;
}

Program plain_program(const graph::Graph& network, const runtime::Backend& backend,
                      const PredictOptions& options) {
  lower::Program program;
  if (backend.runs_parts()) {
    program = lower::lower(network, lower::whole_strategies(network), 1, 0);
  } else {
    program = {network, std::vector<int32_t>(network.nodes().size())};
    std::iota(program.step.begin(), program.step.end(), 0);
  }
  return with_memory(std::move(program), backend, options);
}

Program choose_program(const graph::Graph& network, const runtime::Backend& backend,
                       const FeatureSource& features, const model::Dims& dims,
                       const model::ParamStore& params, const PredictOptions& options) {
  const int n = n_devices(options);
  Program plain = plain_program(network, backend, options);
  if (!backend.runs_parts()) {
    if (n > 1) base::throw_input("the reference backend runs on one device (there are {})", n);
    return plain;
  }
  const MemoryEstimate needed = estimate(features, dims, params, plain.memory, options);
  if (n == 1 && fits(needed, options.memory_limit)) return plain;
  constexpr size_t kUnknown = size_t{1} << 50;
  size_t limit = options.memory_limit > 0 ? options.memory_limit : base::available_memory();
  if (limit == 0) limit = kUnknown;
  const size_t beside = needed.total() - needed.arena;
  const Resources own = {limit, beside, static_cast<size_t>(options.n_threads)};
  // Where nothing fits check_memory() will say so.
  return with_memory(planned_program(network, common_resources(own, options), options), backend, options);
}

}  // namespace foldmesh::predict
