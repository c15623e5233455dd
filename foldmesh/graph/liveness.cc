#include "foldmesh/graph/liveness.h"

#include <algorithm>

namespace foldmesh::graph {
namespace {

bool contains(const std::vector<ValueId>& ids, ValueId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void touch(Lifetime& lifetime, int32_t node, bool anew) {
  if (lifetime.empty() || (anew && lifetime.back().last < node)) {
    lifetime.push_back({node, node});
  } else {
    lifetime.back().last = node;
  }
}

}  // namespace

bool overlap(const Lifetime& a, const Lifetime& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].first <= b[j].last && b[j].first <= a[i].last) return true;
    a[i].last < b[j].last ? ++i : ++j;
  }
  return false;
}

bool is_alive(const Lifetime& lifetime, int32_t node) { return overlap(lifetime, {{node, node}}); }

std::vector<Lifetime> lifetimes(const Graph& graph) {
  const auto n_nodes = static_cast<int32_t>(graph.nodes().size());
  std::vector<Lifetime> result(graph.values().size());
  for (size_t id = 0; id < result.size(); ++id) {
    const Role role = graph.values()[id].role;
    if (role == Role::kInput || role == Role::kState) result[id].push_back({-1, -1});
  }
  for (int32_t i = 0; i < n_nodes; ++i) {
    const Node& node = graph.nodes()[static_cast<size_t>(i)];
    for (const ValueId id : node.inputs) touch(result[static_cast<size_t>(graph.base(id))], i, false);
    for (const ValueId id : node.outputs) {
      const bool anew = graph.base(id) == id && !contains(node.inputs, id);
      touch(result[static_cast<size_t>(graph.base(id))], i, anew);
    }
  }
  for (size_t id = 0; id < result.size(); ++id) {
    const Role role = graph.values()[id].role;
    if (role == Role::kOutput || role == Role::kState) touch(result[id], n_nodes, false);
  }
  return result;
}

}  // namespace foldmesh::graph
