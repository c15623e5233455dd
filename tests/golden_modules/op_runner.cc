#include "tests/golden_modules/op_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "foldmesh/graph/graph.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/runtime/packed_params.h"
#include "tests/golden_modules/formula_params.h"

namespace foldmesh::golden {
namespace {

using tensor::Shape;
using tensor::Tensor;

constexpr size_t kGuardBytes = 256;
constexpr std::byte kGuard{0xA5};
constexpr int kNanByte = 0xFF;  // all bits set is a NaN in float and in double

std::string official_name(const std::string& scope, std::string_view leaf) {
  std::string name = "alphafold/alphafold_iteration/" + scope;
  if (leaf.substr(0, 2) != "//") name += '/';
  return name.append(leaf);
}

template <typename Views>
std::vector<Shape> shapes_of(const Views& views) {
  std::vector<Shape> shapes;
  for (const auto& view : views) shapes.push_back(view.shape);
  return shapes;
}

}  // namespace

Tensor OpRunner::load(const tensor::ConstView& view) const {
  Tensor copy(view.dtype, view.shape);
  std::memcpy(copy.view().data, view.data, view.bytes());
  return view.dtype == tensor::DType::kI32 ? std::move(copy) : copy.cast(backend_.activation());
}

namespace {

// A network of this one operator. Operand i is named "in i", or "out i".
graph::Graph network_of(const OpCall& call, const std::string& model) {
  const graph::OpSpec& op = graph::spec(call.kind);
  graph::Graph network;
  std::map<const Tensor*, graph::ValueId> ids;
  const auto operands = [&](const std::vector<Tensor*>& tensors, const char* prefix, graph::Role role) {
    std::vector<graph::ValueId> result;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Tensor& t = *tensors[i];
      const auto known = ids.find(&t);
      result.push_back(known != ids.end() ? known->second
                                          : network.add_value({prefix + std::to_string(i), t.shape(),
                                                               t.dtype() == tensor::DType::kI32, role}));
      ids.emplace(&t, result.back());
    }
    return result;
  };
  graph::Node node;
  node.kind = call.kind;
  node.variant = call.variant;
  node.index = call.index;
  node.name = call.scope;
  node.inputs = operands(call.inputs, "in ", graph::Role::kState);
  node.outputs = operands(call.outputs, "out ", graph::Role::kOutput);
  for (size_t i = 0; i < op.params.size(); ++i) {
    const std::string name = official_name(call.scope, op.params[i]);
    const Shape shape =
        call.params.empty() ? formula_param(name, call.block, model).shape() : call.params[i]->shape();
    node.params.push_back({name, shape, call.block});
  }
  network.add_node(std::move(node));
  return network;
}

}  // namespace

void OpRunner::run(const OpCall& call) {
  graph::Graph program = network_of(call, model_);
  if (backend_.runs_parts()) {
    program = lower::lower(program, lower::whole_strategies(program), 1, 0).graph;
  }
  std::vector<Tensor> own;  // of values that are no operands
  std::map<std::string, Tensor*> operands;
  for (size_t i = 0; i < call.inputs.size(); ++i) operands["in " + std::to_string(i)] = call.inputs[i];
  for (size_t i = 0; i < call.outputs.size(); ++i) operands["out " + std::to_string(i)] = call.outputs[i];
  const bool in_place = graph::spec(call.kind).in_place;
  for (size_t i = in_place ? 1 : 0; i < call.outputs.size(); ++i) {
    std::memset(call.outputs[i]->view().data, kNanByte, call.outputs[i]->bytes());
  }
  own.reserve(program.values().size());
  std::vector<tensor::View> views;
  for (const graph::Value& value : program.values()) {
    if (value.slice_of != graph::kNoValue) {
      const tensor::View& base = views[static_cast<size_t>(value.slice_of)];
      const size_t row = base.bytes() / static_cast<size_t>(base.dim(0));
      views.push_back({static_cast<std::byte*>(base.data) + row * static_cast<size_t>(value.slice_begin),
                       base.dtype, value.shape});
    } else if (operands.contains(value.name)) {
      views.push_back(operands[value.name]->view());
    } else {
      own.push_back(make(value.shape));
      std::memset(own.back().view().data, kNanByte, own.back().bytes());
      views.push_back(own.back().view());
    }
  }
  for (const graph::Node& node : program.nodes()) run_node(call, node, views);
}

void OpRunner::run_node(const OpCall& call, const graph::Node& node,
                        const std::vector<tensor::View>& values) {
  std::vector<Tensor> params;
  const auto& leaves = graph::spec(call.kind).params;
  for (const graph::ParamRef& param : node.params) {
    size_t index = 0;
    while (official_name(call.scope, leaves[index]) != param.name) ++index;
    params.push_back(call.params.empty() ? formula_param(param.name, param.block, model_)
                                         : call.params[index]->clone());
  }
  std::vector<tensor::ConstView> param_views;
  for (const Tensor& p : params) param_views.push_back(p.view());
  std::vector<tensor::View> inputs, outputs;
  for (const graph::ValueId id : node.inputs) inputs.push_back(values[static_cast<size_t>(id)]);
  for (const graph::ValueId id : node.outputs) outputs.push_back(values[static_cast<size_t>(id)]);

  const runtime::Kernel kernel = backend_.kernel(node.kind);
  const auto input_shapes = shapes_of(inputs), param_shapes = shapes_of(param_views),
             output_shapes = shapes_of(outputs);
  const size_t bytes = kernel.workspace_bytes(
      {node, input_shapes, param_shapes, output_shapes, pool_.size(), backend_.precision()});
  runtime::PackedParams packed;
  Tensor workspace(tensor::DType::kU8, {static_cast<int64_t>(bytes + kGuardBytes)});
  auto* memory = static_cast<std::byte*>(workspace.view().data);
  std::memset(memory, kNanByte, bytes);
  std::fill_n(memory + bytes, kGuardBytes, kGuard);
  kernel.run({node,
              inputs,
              param_views,
              outputs,
              {memory, bytes},
              pool_,
              packed.get(kernel, param_views, backend_.precision()),
              backend_.precision()});
  EXPECT_TRUE(
      std::all_of(memory + bytes, memory + bytes + kGuardBytes, [](std::byte b) { return b == kGuard; }))
      << graph::spec(node.kind).name << " writes past its workspace";
}

}  // namespace foldmesh::golden
