#include "foldmesh/graph/graph.h"

#include "foldmesh/base/error.h"
#include "foldmesh/graph/signature.h"

namespace foldmesh::graph {
namespace {

void check_operands(const Graph& graph, const Node& node, const std::vector<std::string_view>& descriptions,
                    const std::vector<ValueId>& values, AxisExtents& extents) {
  size_t at = 0;
  for (const std::string_view description : descriptions) {
    const OperandSignature signature = parse_signature(description);
    const auto templates = extents.find("T");
    const auto n = static_cast<size_t>(!signature.repeated          ? 1
                                       : templates == extents.end() ? 0
                                                                    : templates->second);
    for (size_t i = 0; i < n; ++i, ++at) {
      if (at >= values.size()) base::throw_internal("{}: operand '{}' is missing", node.name, description);
      const Value& value = graph.value(values[at]);
      if (!signature.has_shape) continue;
      if (!fits(signature, value.shape, extents, graph.has_parts())) {
        base::throw_internal("{}: operand '{}' is {} of shape {}", node.name, description, value.name,
                             tensor::to_string(value.shape));
      }
      if (signature.is_integer != value.is_integer) {
        base::throw_internal("{}: operand '{}' is {}, of the other element type", node.name, description,
                             value.name);
      }
    }
  }
  if (at != values.size()) {
    base::throw_internal("{}: {} operands given, {} expected", node.name, values.size(), at);
  }
}

}  // namespace

Graph Graph::of_parts() {
  Graph graph;
  graph.has_parts_ = true;
  return graph;
}

ValueId Graph::add_value(Value value) {
  if (value.slice_of != kNoValue) {
    const Value& whole = this->value(value.slice_of);
    if (whole.slice_of != kNoValue || value.slice_begin < 0 ||
        value.slice_begin + value.shape.at(0) > whole.shape.at(0)) {
      base::throw_internal("{} is no slice of {}", value.name, whole.name);
    }
  }
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size()) - 1;
}

void Graph::add_node(Node node) {
  const OpSpec& op = spec(node.kind);
  AxisExtents extents;
  check_operands(*this, node, op.inputs, node.inputs, extents);
  check_operands(*this, node, op.outputs, node.outputs, extents);
  if (op.in_place && node.inputs[0] != node.outputs[0]) {
    base::throw_internal("{}: {} updates its first operand in place", node.name, op.name);
  }
  if (node.params.size() != op.params.size()) {
    base::throw_internal("{}: {} parameters given, {} takes {}", node.name, node.params.size(), op.name,
                         op.params.size());
  }
  nodes_.push_back(std::move(node));
}

bool Graph::contains(std::string_view name) const {
  for (const Value& value : values_) {
    if (value.name == name) return true;
  }
  return false;
}

ValueId Graph::find(std::string_view name) const {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].name == name) return static_cast<ValueId>(i);
  }
  base::throw_internal("graph has no value named {}", name);
}

}  // namespace foldmesh::graph
