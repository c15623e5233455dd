// One block of memory for a whole pass, with a place in it for everything that lives during the pass.
#ifndef FOLDMESH_RUNTIME_ARENA_H_
#define FOLDMESH_RUNTIME_ARENA_H_

#include <cstddef>
#include <span>
#include <vector>

#include "foldmesh/graph/liveness.h"

namespace foldmesh::runtime {

// Something that needs `bytes` of memory of its own while it is alive, always at the same place.
struct ArenaItem {
  size_t bytes = 0;
  graph::Lifetime lifetime;
};

struct ArenaPlan {
  std::vector<size_t> offsets;  // of the items; multiples of kArenaAlignment
  size_t bytes = 0;             // of the whole arena
  size_t lower_bound = 0;       // most bytes alive at once: no placement can do with less
};

inline constexpr size_t kArenaAlignment = 64;

// Places items so that no two alive at the same time overlap: best fit by decreasing size, lifetime and both,
// each improved by letting the items on top choose earlier. The best placement is kept; deterministic.
ArenaPlan plan_arena(std::span<const ArenaItem> items);

// The memory itself: reserved and backed by physical pages in the constructor, so that running out of memory
// happens here and not in the middle of a pass. Zero-filled. Throws kMachine when the machine refuses.
class ArenaMemory {
 public:
  explicit ArenaMemory(size_t bytes);
  ~ArenaMemory();
  ArenaMemory(const ArenaMemory&) = delete;
  ArenaMemory& operator=(const ArenaMemory&) = delete;
  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_ARENA_H_
