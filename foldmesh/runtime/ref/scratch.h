// Internal: how a kernel cuts its workspace into arrays.
#ifndef FOLDMESH_RUNTIME_REF_SCRATCH_H_
#define FOLDMESH_RUNTIME_REF_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime::ref {

// Hands out arrays of doubles one after the other. Made without memory it only adds up what is asked for, so
// that workspace_bytes and run can go through one and the same layout.
class Arena {
 public:
  Arena() = default;
  explicit Arena(std::span<std::byte> memory)
      : memory_(reinterpret_cast<double*>(memory.data())),
        capacity_(static_cast<int64_t>(memory.size() / sizeof(double))) {}

  double* take(int64_t n) {
    const int64_t at = used_;
    used_ += n;
    if (memory_ == nullptr) return nullptr;
    if (used_ > capacity_)
      base::throw_internal("workspace of {} doubles is too small for {}", capacity_, used_);
    return memory_ + at;
  }
  size_t bytes() const { return static_cast<size_t>(used_) * sizeof(double); }

 private:
  double* memory_ = nullptr;
  int64_t capacity_ = 0, used_ = 0;
};

// A layout is a struct of pointers with a constructor Layout(Arena&, const Sizes&).
template <typename Layout, typename Sizes>
size_t bytes_of(const Sizes& sizes) {
  Arena count;
  Layout(count, sizes);
  return count.bytes();
}

// The copy of the layout that belongs to one worker; the workspace holds `n_workers` of them from `offset`
// on.
template <typename Layout, typename Sizes>
Layout worker_scratch(std::span<std::byte> workspace, size_t offset, int worker, const Sizes& sizes) {
  const size_t each = bytes_of<Layout>(sizes);
  const size_t begin = offset + static_cast<size_t>(worker) * each;
  if (begin + each > workspace.size()) base::throw_internal("workspace is too small for worker {}", worker);
  Arena arena(workspace.subspan(begin, each));
  return Layout(arena, sizes);
}

// The layout at the front of the workspace that all workers share.
template <typename Layout, typename Sizes>
Layout shared_scratch(std::span<std::byte> workspace, const Sizes& sizes) {
  return worker_scratch<Layout>(workspace, 0, 0, sizes);
}

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_SCRATCH_H_
