// From counts to seconds. An analytic model: a kernel takes the longer of its arithmetic and its memory
// traffic, a collective its latency and its bytes; nothing overlaps.
#ifndef FOLDMESH_PLAN_COST_MODEL_H_
#define FOLDMESH_PLAN_COST_MODEL_H_

#include <cstdint>
#include <string_view>

#include "foldmesh/plan/machine.h"

namespace foldmesh::plan {

enum class CollectiveKind : uint8_t { kAllGather, kAllToAll, kReduceScatter, kAllReduce, kBroadcast };
std::string_view name_of(CollectiveKind kind);  // "all-gather"

struct Collective {
  CollectiveKind kind = CollectiveKind::kAllGather;
  int64_t bytes = 0;   // that the busiest device receives, over all rounds
  int64_t rounds = 1;  // how often it is started
};

struct Work {
  double flops = 0, bytes = 0;
  int64_t launches = 0;
};

double kernel_seconds(const Machine& machine, graph::OpKind kind, Precision precision, const Work& work);

// Among n_devices neighbours. Beyond one node the bytes of other nodes come over the slower link, at the same
// time as those of the own node.
double collective_seconds(const Machine& machine, int n_devices, const Collective& collective);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_COST_MODEL_H_
