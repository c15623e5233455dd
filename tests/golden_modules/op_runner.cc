#include "tests/golden_modules/op_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "foldmesh/graph/graph.h"
#include "tests/golden_modules/formula_params.h"

namespace foldmesh::golden {
namespace {

using tensor::Tensor;

constexpr size_t kGuardBytes = 256;
constexpr std::byte kGuard{0xA5};
constexpr int kNanByte = 0xFF;  // all bits set is a NaN in float and in double

std::string official_name(const std::string& scope, std::string_view leaf) {
  std::string name = "alphafold/alphafold_iteration/" + scope;
  if (leaf.substr(0, 2) != "//") name += '/';
  return name.append(leaf);
}

std::vector<tensor::View> views_of(const std::vector<Tensor*>& tensors) {
  std::vector<tensor::View> views;
  for (Tensor* t : tensors) views.push_back(t->view());
  return views;
}

template <typename Views>
std::vector<tensor::Shape> shapes_of(const Views& views) {
  std::vector<tensor::Shape> shapes;
  for (const auto& view : views) shapes.push_back(view.shape);
  return shapes;
}

}  // namespace

Tensor OpRunner::load(const tensor::ConstView& view) const {
  Tensor copy(view.dtype, view.shape);
  std::memcpy(copy.view().data, view.data, view.bytes());
  return view.dtype == tensor::DType::kI32 ? std::move(copy) : copy.cast(backend_.activation());
}

void OpRunner::run(const OpCall& call) {
  const graph::OpSpec& op = graph::spec(call.kind);
  graph::Node node;
  node.kind = call.kind;
  node.variant = call.variant;
  node.index = call.index;
  node.name = call.scope;
  std::vector<Tensor> params;
  for (const std::string_view leaf : op.params) {
    params.push_back(formula_param(official_name(call.scope, leaf), call.block));
  }
  std::vector<tensor::ConstView> param_views;
  for (const Tensor& p : params) param_views.push_back(p.view());
  const std::vector<tensor::View> inputs = views_of(call.inputs), outputs = views_of(call.outputs);

  const runtime::Kernel kernel = backend_.kernel(call.kind);
  const auto input_shapes = shapes_of(inputs), param_shapes = shapes_of(param_views),
             output_shapes = shapes_of(outputs);
  const size_t bytes =
      kernel.workspace_bytes({node, input_shapes, param_shapes, output_shapes, pool_.size()});
  Tensor workspace(tensor::DType::kU8, {static_cast<int64_t>(bytes + kGuardBytes)});
  auto* memory = static_cast<std::byte*>(workspace.view().data);
  std::memset(memory, kNanByte, bytes);
  std::fill_n(memory + bytes, kGuardBytes, kGuard);
  for (size_t i = op.in_place ? 1 : 0; i < outputs.size(); ++i)
    std::memset(outputs[i].data, kNanByte, outputs[i].bytes());

  kernel.run({node, inputs, param_views, outputs, {memory, bytes}, pool_});
  EXPECT_TRUE(
      std::all_of(memory + bytes, memory + bytes + kGuardBytes, [](std::byte b) { return b == kGuard; }))
      << op.name << " writes past its workspace";
}

}  // namespace foldmesh::golden
