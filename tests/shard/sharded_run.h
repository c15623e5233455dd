// Runs a network of random parameters and inputs on simulated devices.
#ifndef FOLDMESH_TESTS_SHARD_SHARDED_RUN_H_
#define FOLDMESH_TESTS_SHARD_SHARDED_RUN_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/plan/strategy.h"
#include "foldmesh/tensor/precision.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::tests {

struct ShardedResult {
  std::map<std::string, tensor::Tensor> outputs;  // outputs and states, whole
  std::vector<int64_t> received_bytes;            // by device
  // Bytes that the busiest device of each exchange receives, added up over all exchanges of a pass.
  int64_t planned_traffic = 0;
  int64_t arena_bytes = 0;  // of the device that needs most
};

// `n_passes` passes. The same network gives the same numbers every time.
ShardedResult run_sharded(const graph::Graph& network, std::span<const plan::Strategy> strategies,
                          int n_devices, int n_passes = 1, uint64_t seed = 0,
                          tensor::Precision precision = tensor::Precision::kFp32);

// Names of what differs in any bit; empty when all is equal.
std::string differences(const ShardedResult& a, const ShardedResult& b);

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_SHARD_SHARDED_RUN_H_
