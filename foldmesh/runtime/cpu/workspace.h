// Hands out consecutive 64-byte aligned arrays of a kernel's workspace. Built without memory it only counts,
// so that a kernel states its scratch arrays once, for sizing and for running.
#ifndef FOLDMESH_RUNTIME_CPU_WORKSPACE_H_
#define FOLDMESH_RUNTIME_CPU_WORKSPACE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime::cpu {

class Workspace {
 public:
  Workspace() = default;  // counts only; arrays are null
  explicit Workspace(std::span<std::byte> memory) : memory_(memory), counting_(false) {}

  template <typename T = float>
  T* take(int64_t n) {
    constexpr size_t kAlignment = 64;
    const size_t begin = used_;
    used_ += (static_cast<size_t>(n) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    if (counting_) return nullptr;
    if (used_ > memory_.size()) base::throw_internal("workspace of {} bytes is too small", memory_.size());
    return reinterpret_cast<T*>(memory_.data() + begin);
  }
  // One array for each worker.
  template <typename T = float>
  std::vector<T*> take_each(int n_workers, int64_t n) {
    std::vector<T*> arrays;
    for (int worker = 0; worker < n_workers; ++worker) arrays.push_back(take<T>(n));
    return arrays;
  }
  size_t bytes() const { return used_; }

 private:
  std::span<std::byte> memory_;
  size_t used_ = 0;
  bool counting_ = true;
};

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_WORKSPACE_H_
