// When each value of a graph must keep its contents. Exact, since node order is execution order.
#ifndef FOLDMESH_GRAPH_LIVENESS_H_
#define FOLDMESH_GRAPH_LIVENESS_H_

#include <cstdint>
#include <vector>

#include "foldmesh/graph/graph.h"

namespace foldmesh::graph {

// Node numbers, both included. -1 means before the first node (inputs are filled then), n_nodes after the
// last (outputs are read then).
struct LiveRange {
  int32_t first = 0, last = -1;
  bool operator==(const LiveRange&) const = default;
};

// Ascending and apart from each other; none for a value that no node touches and nobody fills or reads.
// Between two ranges the contents do not matter: a node that writes a value without reading it begins a new
// one.
using Lifetime = std::vector<LiveRange>;

bool overlap(const Lifetime& a, const Lifetime& b);
bool is_alive(const Lifetime& lifetime, int32_t node);

// One lifetime per value: inputs live from the start to their last reader, states from the start to the last
// reader of what the pass before left and from their first writer to the end, outputs from their first writer
// to the end, locals from their first to their last node. Whoever touches a slice touches its base; slices
// themselves have no lifetime.
std::vector<Lifetime> lifetimes(const Graph& graph);

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_LIVENESS_H_
