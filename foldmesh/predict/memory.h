// Whether a prediction fits, answered before it starts.
#ifndef FOLDMESH_PREDICT_MEMORY_H_
#define FOLDMESH_PREDICT_MEMORY_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace foldmesh::predict {

// Peak of one prediction, by part.
struct MemoryEstimate {
  size_t parameters = 0;  // as kernels pack them, and those stored ones that are not packed
  size_t arena = 0;       // all activations and workspaces, exact to the byte
  size_t features = 0;
  size_t results = 0;            // confidence numbers and copies of head outputs
  size_t fixed = 0;              // program, thread stacks
  size_t other = 0;              // PredictOptions::other_memory
  size_t arena_lower_bound = 0;  // what is alive at the worst operator
  std::string worst_node;        // the operator that decides the arena's size
  size_t total() const { return parameters + arena + features + results + fixed + other; }
};

// Whether there is room for it; a limit of 0 stands for available_memory().
bool fits(const MemoryEstimate& estimate, size_t limit);
// Throws kInput when the estimate is beyond `limit`; 0 takes available_memory() as the limit.
void check_memory(const MemoryEstimate& estimate, size_t limit);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_MEMORY_H_
