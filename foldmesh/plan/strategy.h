// The ways to run one step on n devices: which layouts, which algorithm, which chunks, and for each its work,
// workspace and messages. Derived from the node alone: shapes, parameters and the counts of graph/cost.h.
// Choosing among them is chain_dp.h's part; lower/ makes programs of them. All of them sum every element as
// one device does, in the same order, so that any plan gives the same bits.
#ifndef FOLDMESH_PLAN_STRATEGY_H_
#define FOLDMESH_PLAN_STRATEGY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foldmesh/plan/cost_model.h"
#include "foldmesh/plan/network.h"

namespace foldmesh::plan {

// Weights rest in the products' number type; everything else rests and travels as fp32.
inline int64_t operand_bytes(Precision precision) { return precision == Precision::kBf16 ? 2 : 4; }

struct Chunk {
  char axis = '-';   // c for channels; '-': the operator is not cut
  int64_t size = 0;  // of the largest chunk; 0: the operator runs in one piece
  bool operator==(const Chunk&) const = default;
};

enum class Algorithm : uint8_t {
  kLocal,            // no messages beyond what layouts ask for
  kGatherBias,       // attention: the pair bias is gathered, lines are local
  kGatherProjected,  // outer product mean: one projected factor is gathered
  kGatherFactor,     // triangle multiplication: the right factor is gathered, lines are local
  kChannels,         // triangle multiplication: factors go to channel shards, the product comes back
  kGatherState,      // structure module: single representation and frames are gathered in each layer
  kTranspose,        // distogram: the transposed half comes from the other devices
};
std::string_view name_of(Algorithm algorithm);

struct Strategy {
  // Layouts while the step runs, and after it; nothing: the step does not touch the tensor.
  std::optional<Layout> other, pair;
  Algorithm algorithm = Algorithm::kLocal;
  Chunk chunk;
  Work work;  // of the busiest device
  // Bytes beside the operands: all the time, for each of the device's threads while it computes, and while
  // messages are under way, when nothing is computed.
  int64_t workspace = 0, scratch = 0, moving = 0;
  int n_messages = 0;
  std::array<Collective, 2> messages;

  void add_message(const Collective& message) { messages.at(static_cast<size_t>(n_messages++)) = message; }
  int64_t traffic() const;
  int64_t used_bytes(int n_workers) const { return workspace + std::max(n_workers * scratch, moving); }
};

// All of them; on one device those with whole tensors. With several devices, whole tensors mean that all
// devices compute the same.
std::vector<Strategy> enumerate_strategies(const Network& network, const Step& step, int n_devices,
                                           Precision precision);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_STRATEGY_H_
