#include "foldmesh/runtime/executor.h"

#include <algorithm>
#include <chrono>

#include "foldmesh/base/error.h"
#include "foldmesh/graph/liveness.h"
#include "foldmesh/runtime/exchange.h"

namespace foldmesh::runtime {
namespace {

using graph::Role;
using tensor::DType;

DType dtype_of(const graph::Value& value, const Backend& backend) {
  return value.is_integer ? DType::kI32 : backend.activation();
}

size_t bytes_of(const graph::Value& value, const Backend& backend) {
  return static_cast<size_t>(tensor::num_elements(value.shape)) * tensor::size_of(dtype_of(value, backend));
}

Kernel kernel_for(const graph::Node& node, const Backend& backend) {
  const Kernel kernel = backend.kernel(node.kind);
  if (kernel.run == nullptr || kernel.workspace_bytes == nullptr) {
    base::throw_machine("backend {} has no kernel for {} ({})", backend.name(), graph::spec(node.kind).name,
                        node.name);
  }
  return kernel;
}

size_t workspace_of(const graph::Graph& graph, const graph::Node& node, const Backend& backend,
                    int n_threads) {
  if (node.kind == graph::OpKind::kExchange) return exchange_workspace(graph, node, backend.activation());
  std::vector<tensor::Shape> inputs, params, outputs;
  for (graph::ValueId id : node.inputs) inputs.push_back(graph.value(id).shape);
  for (const graph::ParamRef& param : node.params) params.push_back(param.shape);
  for (graph::ValueId id : node.outputs) outputs.push_back(graph.value(id).shape);
  return kernel_for(node, backend)
      .workspace_bytes({node, inputs, params, outputs, n_threads, backend.precision()});
}

template <typename To>
void convert(const tensor::ConstView& from, To* to) {
  const auto copy = [&](auto values) {
    std::transform(values.begin(), values.end(), to, [](auto v) { return static_cast<To>(v); });
  };
  switch (from.dtype) {
    case DType::kF32:
      return copy(from.span<float>());
    case DType::kF64:
      return copy(from.span<double>());
    case DType::kI32:
      return copy(from.span<int32_t>());
    case DType::kI64:
      return copy(from.span<int64_t>());
    case DType::kU8:
      return copy(from.span<uint8_t>());
  }
}

}  // namespace

MemoryPlan plan_memory(const graph::Graph& graph, const Backend& backend, int n_threads) {
  const std::vector<graph::Lifetime> lifetimes = graph::lifetimes(graph);
  const size_t n_values = graph.values().size(), n_nodes = graph.nodes().size();
  std::vector<ArenaItem> items;
  for (size_t id = 0; id < n_values; ++id)
    items.push_back({bytes_of(graph.values()[id], backend), lifetimes[id]});
  MemoryPlan plan;
  for (size_t i = 0; i < n_nodes; ++i) {
    const auto at = static_cast<int32_t>(i);
    plan.workspace_bytes.push_back(workspace_of(graph, graph.nodes()[i], backend, n_threads));
    items.push_back({plan.workspace_bytes.back(), {{at, at}}});
  }
  const ArenaPlan arena = plan_arena(items);
  const auto split = arena.offsets.begin() + static_cast<ptrdiff_t>(n_values);
  plan.value_offsets.assign(arena.offsets.begin(), split);
  plan.workspace_offsets.assign(split, arena.offsets.end());
  plan.bytes = arena.bytes;
  plan.lower_bound = arena.lower_bound;
  plan.packed = packed_param_list(graph, backend);

  std::vector<size_t> alive_at(n_nodes, 0);
  for (const ArenaItem& item : items) {
    for (const graph::LiveRange& range : item.lifetime) {
      for (int32_t at = std::max(range.first, 0); at <= range.last && at < static_cast<int32_t>(n_nodes);
           ++at) {
        alive_at[static_cast<size_t>(at)] += item.bytes;
      }
    }
  }
  size_t worst = 0;
  for (size_t i = 0; i < n_nodes; ++i) {
    const size_t alive = alive_at[i];
    if (alive <= worst) continue;
    worst = alive;
    plan.worst_node = graph.nodes()[i].name;
  }
  return plan;
}

Executor::Executor(const graph::Graph& graph, const Backend& backend, MemoryPlan plan,
                   const ParamLookup& params, int n_threads, comm::Group* group,
                   std::shared_ptr<PackedParams> packed)
    : graph_(graph),
      backend_(backend),
      group_(group),
      plan_(std::move(plan)),
      pool_(n_threads),
      memory_(plan_.bytes),
      packed_(packed != nullptr ? std::move(packed) : std::make_shared<PackedParams>()),
      is_set_(graph.values().size(), false) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const graph::Node& node = graph.nodes()[i];
    Call call{.kernel = {}, .inputs = {}, .outputs = {}, .params = {}, .workspace = {}, .packed = {}};
    if (node.kind != graph::OpKind::kExchange) {
      call.kernel = kernel_for(node, backend);
    } else if (group == nullptr || static_cast<size_t>(group->size()) != node.exchange.send.size()) {
      base::throw_internal("{}: {} devices are to exchange, {} are there", node.name,
                           node.exchange.send.size(), group == nullptr ? 0 : group->size());
    }
    for (graph::ValueId id : node.inputs) call.inputs.push_back(view(id));
    for (graph::ValueId id : node.outputs) call.outputs.push_back(view(id));
    for (const graph::ParamRef& param : node.params) {
      call.params.push_back(params(param));
      if (call.params.back().shape != param.shape || call.params.back().dtype != DType::kF32) {
        base::throw_internal("{}: parameter {} has shape {}", node.name, param.name,
                             tensor::to_string(call.params.back().shape));
      }
    }
    call.workspace = {memory_.data() + plan_.workspace_offsets[i], plan_.workspace_bytes[i]};
    calls_.push_back(std::move(call));
  }
  pool_.parallel_for(static_cast<int64_t>(calls_.size()), [&](int64_t i, int) {
    Call& call = calls_[static_cast<size_t>(i)];
    call.packed = packed_->get(call.kernel, call.params, backend.precision());
  });
}

tensor::View Executor::view(graph::ValueId id) const {
  const graph::Value& value = graph_.value(id);
  const size_t row = value.shape.empty() || value.shape[0] == 0
                         ? 0
                         : bytes_of(value, backend_) / static_cast<size_t>(value.shape[0]);
  return {memory_.data() + plan_.value_offsets[static_cast<size_t>(graph_.base(id))] +
              row * static_cast<size_t>(value.slice_begin),
          dtype_of(value, backend_), value.shape};
}

void Executor::set(std::string_view name, const tensor::ConstView& from) {
  const graph::ValueId id = graph_.find(name);
  const graph::Value& value = graph_.value(id);
  if (value.role != Role::kInput && value.role != Role::kState) {
    base::throw_internal("{} is neither an input nor a state", name);
  }
  if (from.shape != value.shape) {
    base::throw_internal("{} has shape {}, the graph wants {}", name, tensor::to_string(from.shape),
                         tensor::to_string(value.shape));
  }
  const tensor::View to = view(id);
  switch (to.dtype) {
    case DType::kF32:
      convert(from, to.as<float>());
      break;
    case DType::kF64:
      convert(from, to.as<double>());
      break;
    default:
      convert(from, to.as<int32_t>());
      break;
  }
  is_set_[static_cast<size_t>(id)] = true;
}

void Executor::run(const RunOptions& options) {
  for (size_t id = 0; id < is_set_.size(); ++id) {
    const graph::Value& value = graph_.values()[id];
    if (value.role == Role::kInput && !is_set_[id]) base::throw_internal("input {} was not set", value.name);
  }
  std::fill(is_set_.begin(), is_set_.end(), false);
  if (options.node_seconds != nullptr) options.node_seconds->assign(calls_.size(), 0);
  for (size_t i = 0; i < calls_.size(); ++i) {
    const graph::Node& node = graph_.nodes()[i];
    if (options.progress) options.progress(i, node);
    const auto start = std::chrono::steady_clock::now();
    const Call& call = calls_[i];
    if (node.kind == graph::OpKind::kExchange) {
      run_exchange(node, call.inputs[0], call.outputs[0], call.workspace, *group_);
    } else {
      call.kernel.run({node, call.inputs, call.params, call.outputs, call.workspace, pool_, call.packed,
                       backend_.precision()});
    }
    if (options.node_seconds != nullptr) {
      (*options.node_seconds)[i] =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  }
}

tensor::ConstView Executor::read(std::string_view name) const {
  const graph::ValueId id = graph_.find(name);
  const Role role = graph_.value(id).role;
  if (role != Role::kOutput && role != Role::kState) base::throw_internal("{} is not kept after a run", name);
  return view(id);
}

}  // namespace foldmesh::runtime
