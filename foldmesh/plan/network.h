// A graph as the planner sees it: a chain of steps over at most two big tensors, the pair tensor and one
// other (a template's pair tensor, the extra MSA, the MSA: never two of them at once). All else is small, or
// lies at rest split by rows until it is read.
//
//   pair     the tensor that the recycling embedding updates; it lives through all passes
//   other    made by a template, extra MSA or MSA embedding; dead after its last reader, or, for a template,
//   at
//            rest once its last layer norm is done
//   rows     at rest, split over axis 0: finished templates and the [N,N,..] outputs of heads
//   small    on every device in full: features, masks, single representation, coordinates
#ifndef FOLDMESH_PLAN_NETWORK_H_
#define FOLDMESH_PLAN_NETWORK_H_

#include <cstdint>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/plan/layout.h"

namespace foldmesh::plan {

// Size of what lies between operators: activations are fp32 whatever the products' number type, integers
// int32.
inline constexpr int64_t kResidualBytes = 4;

enum class Slot : uint8_t { kNone, kPair, kOther };

// Counts of a whole operator, from graph/cost.h.
struct StepCounts {
  double flops = 0;
  double operand_elements = 0;       // activations read and written at 4 bytes
  double intermediate_elements = 0;  // that go to memory and back in the number type of the products
  double weight_elements = 0;
};

// One node. Steps of the same class have the same strategies and the same memory.
struct Step {
  const graph::Node* node = nullptr;
  int step_class = 0;
  Slot main = Slot::kNone;  // what operand 0 is, or output 0 where the operator makes it
  Extents other;            // the other big tensor during this step; no rows when there is none
  bool is_other_born = false;
  bool is_other_template = false;  // then its layouts are those of a pair tensor
  bool is_other_alive_after = false;
  int64_t small_bytes = 0;    // alive on every device during this step
  int64_t resting_bytes = 0;  // alive, split by rows, all devices together
  StepCounts counts;
};

struct Network {
  const graph::Graph* graph = nullptr;
  Extents pair;
  std::vector<Step> steps;
  int n_classes = 0;
  int64_t weight_elements = 0;  // of all parameters, each once
  int64_t input_bytes = 0;      // features of one pass

  // One step of each class.
  std::vector<const Step*> representatives() const;
};

// What is made of the outputs of one prediction: the error matrix, twice in double precision. The first of
// several devices also gathers a head's output of `kErrorBins` numbers for each pair.
inline constexpr int kErrorBins = 64;
constexpr int64_t result_bytes(int64_t n_res, bool gathers) {
  return n_res * n_res * (2 * int64_t{sizeof(double)} + (gathers ? kErrorBins * kResidualBytes : 0));
}

// Reads a graph of one pass, which must outlive the result. kInternal when it is not such a chain.
Network read_network(const graph::Graph& graph);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_NETWORK_H_
