// What a node costs, from its shapes alone: floating-point operations and bytes of memory traffic.
//
// FLOP counts are those of the matrix products (a multiply-add is 2); layer norms, softmax, gates and masks
// count as traffic only. Traffic is what a fused implementation moves: every operand once, every parameter
// once, plus the projections that attention and triangle multiplication cannot keep in cache. It is an
// estimate for planning and for reporting achieved rates, not a bound.
#ifndef FOLDMESH_GRAPH_COST_H_
#define FOLDMESH_GRAPH_COST_H_

#include "foldmesh/graph/graph.h"

namespace foldmesh::graph {

struct Cost {
  double flops = 0;
  double bytes = 0;
  Cost& operator+=(const Cost& other) {
    flops += other.flops;
    bytes += other.bytes;
    return *this;
  }
};

// `element_bytes` is the size of an activation: 4 for float32, 8 for float64.
Cost node_cost(const Graph& graph, const Node& node, double element_bytes);
Cost graph_cost(const Graph& graph, double element_bytes);

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_COST_H_
