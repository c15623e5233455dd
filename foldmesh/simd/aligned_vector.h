// A std::vector whose first element lies on a cache line, so that it may be loaded as a vector of any width.
#ifndef FOLDMESH_SIMD_ALIGNED_VECTOR_H_
#define FOLDMESH_SIMD_ALIGNED_VECTOR_H_

#include <cstddef>
#include <new>
#include <vector>

namespace foldmesh::simd {

inline constexpr size_t kAlignment = 64;  // bytes of a cache line and of the widest vector

template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT: allocators convert silently

  T* allocate(size_t n) {
    if (n > static_cast<size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(kAlignment)));
  }
  void deallocate(T* memory, size_t) { ::operator delete(memory, std::align_val_t(kAlignment)); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace foldmesh::simd

#endif  // FOLDMESH_SIMD_ALIGNED_VECTOR_H_
