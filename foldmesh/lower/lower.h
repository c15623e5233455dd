// From a network and a way to run each of its operators to what one device does: a graph of parts of
// operators and of exchanges with the other devices. One device is the case without exchanges.
#ifndef FOLDMESH_LOWER_LOWER_H_
#define FOLDMESH_LOWER_LOWER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::lower {

struct Program {
  graph::Graph graph;
  std::vector<int32_t> step;  // by node of the graph: the network's node that it is a part of
};

// What device `device` of `n_devices` runs of one pass. `strategies` are one for each node of the network,
// with the layouts that the two big tensors have while it runs; layouts change as they ask. Inputs, small
// states and small outputs keep their names and are whole on every device. At rest, between passes, the pair
// tensor is split by rows, and so are the outputs [N,N,..]; see resting_rows().
//
// All devices of a plan run programs with the same sequence of exchanges. kInternal for a strategy that does
// not exist for an operator.
Program lower(const graph::Graph& network, std::span<const plan::Strategy> strategies, int n_devices,
              int device);

// The strategies of one pass of a plan, with the layouts of tensors that a step does not touch.
std::vector<plan::Strategy> strategies_of(std::span<const plan::PlannedStep> steps);

// For one device and no limit of memory: no chunks, but for the factors of large triangle multiplications.
std::vector<plan::Strategy> whole_strategies(const graph::Graph& network);

}  // namespace foldmesh::lower

#endif  // FOLDMESH_LOWER_LOWER_H_
