#include "foldmesh/graph/graph.h"

#include "foldmesh/base/error.h"

namespace foldmesh::graph {

ValueId Graph::add_value(Value value) {
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size()) - 1;
}

void Graph::add_node(Node node) {
  const OpSpec& op = spec(node.kind);
  if (op.in_place && (node.inputs.empty() || node.outputs.empty() || node.inputs[0] != node.outputs[0])) {
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
