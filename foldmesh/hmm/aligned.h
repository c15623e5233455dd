// Vectors of numbers whose storage starts at a cache line, as the vector code wants it.
#ifndef FOLDMESH_HMM_ALIGNED_H_
#define FOLDMESH_HMM_ALIGNED_H_

#include <cstddef>
#include <new>
#include <vector>

namespace foldmesh::hmm {

template <typename T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  LineAllocator() = default;
  template <typename U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* p, size_t) { ::operator delete(p, kAlignment); }
  // Leaves new elements as the memory has them: matrices are written before they are read.
  template <typename U>
  void construct(U* p) {
    ::new (static_cast<void*>(p)) U;
  }
  template <typename U, typename... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(static_cast<Args&&>(args)...);
  }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

// resize() leaves new elements uninitialised.
template <typename T>
using AlignedVector = std::vector<T, LineAllocator<T>>;

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_ALIGNED_H_
