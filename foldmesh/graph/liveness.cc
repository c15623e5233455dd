#include "foldmesh/graph/liveness.h"

#include <algorithm>

namespace foldmesh::graph {

std::vector<LiveRange> live_ranges(const Graph& graph) {
  const auto n_nodes = static_cast<int32_t>(graph.nodes().size());
  std::vector<LiveRange> ranges(graph.values().size(), {n_nodes, -1});
  for (int32_t i = 0; i < n_nodes; ++i) {
    const Node& node = graph.nodes()[static_cast<size_t>(i)];
    for (const auto* operands : {&node.inputs, &node.outputs}) {
      for (ValueId id : *operands) {
        LiveRange& range = ranges[static_cast<size_t>(id)];
        range.first = std::min(range.first, i);
        range.last = std::max(range.last, i);
      }
    }
  }
  for (size_t id = 0; id < ranges.size(); ++id) {
    const Role role = graph.values()[id].role;
    if (role == Role::kInput || role == Role::kState) ranges[id].first = -1;
    if (role == Role::kOutput || role == Role::kState) ranges[id].last = n_nodes;
  }
  return ranges;
}

}  // namespace foldmesh::graph
