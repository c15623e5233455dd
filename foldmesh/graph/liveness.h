// When each value of a graph must keep its contents. Exact, since node order is execution order.
#ifndef FOLDMESH_GRAPH_LIVENESS_H_
#define FOLDMESH_GRAPH_LIVENESS_H_

#include <cstdint>
#include <vector>

#include "foldmesh/graph/graph.h"

namespace foldmesh::graph {

// Node numbers, both included. -1 means before the first node (inputs are filled then), n_nodes after the
// last (outputs are read then). A value that no node touches and nobody fills or reads has first > last.
struct LiveRange {
  int32_t first = 0, last = -1;
  bool operator==(const LiveRange&) const = default;
};

// One range per value: inputs live from the start to their last reader, states throughout, outputs from their
// first writer to the end, locals from their first to their last node.
std::vector<LiveRange> live_ranges(const Graph& graph);

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_LIVENESS_H_
