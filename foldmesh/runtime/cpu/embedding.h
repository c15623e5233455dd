// Small helpers of the embedding kernels.
#ifndef FOLDMESH_RUNTIME_CPU_EMBEDDING_H_
#define FOLDMESH_RUNTIME_CPU_EMBEDDING_H_

#include <cstdint>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

// The classes in `values`; kInternal when one lies outside [0, n_classes), since they index tables.
const int32_t* checked_classes(const tensor::View& values, int32_t n_classes, const char* what);

// Bin of a squared distance (A^2) in a distogram whose lower edges are 3.25 + 1.25 k, the last bin ending at
// 1e4; -1 when it lies below all of them or exactly on an edge (both comparisons are strict).
int distogram_bin(const float* a, const float* b, int n_bins);

// y += factor * x over c channels
inline void add_scaled(int64_t c, float factor, const float* x, float* __restrict y) {
  for (int64_t k = 0; k < c; ++k) y[k] += factor * x[k];
}
inline void add(int64_t c, const float* x, float* __restrict y) {
  for (int64_t k = 0; k < c; ++k) y[k] += x[k];
}

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_EMBEDDING_H_
