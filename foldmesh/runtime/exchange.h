// Runs kExchange nodes. Internal to runtime.
#ifndef FOLDMESH_RUNTIME_EXCHANGE_H_
#define FOLDMESH_RUNTIME_EXCHANGE_H_

#include <cstddef>
#include <span>

#include "foldmesh/comm/group.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime {

// Bytes for what has to be copied on its way: boxes that are not contiguous where they lie.
size_t exchange_workspace(const graph::Graph& graph, const graph::Node& node, tensor::DType activation);

// `from` and `to` may be the same memory; own boxes then must be equal.
void run_exchange(const graph::Node& node, const tensor::View& from, const tensor::View& to,
                  std::span<std::byte> workspace, comm::Group& group);

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_EXCHANGE_H_
