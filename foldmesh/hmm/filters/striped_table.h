// Values per node laid out for vectors: node k lies in vector (k-1) mod n_vectors and lane (k-1) div
// n_vectors, so that the node before it lies in the same lane of the vector before. Source: Farrar 2007.
#ifndef FOLDMESH_HMM_FILTERS_STRIPED_TABLE_H_
#define FOLDMESH_HMM_FILTERS_STRIPED_TABLE_H_

#include <cstddef>

#include "foldmesh/base/error.h"
#include "foldmesh/simd/aligned_vector.h"
#include "foldmesh/simd/target.h"

namespace foldmesh::hmm {

template <typename T>
struct StripedTable {
  int lanes = 0, n_vectors = 0;
  simd::AlignedVector<T> cells;  // n_rows * n_vectors vectors

  bool empty() const { return cells.empty(); }
  const T* row(size_t r) const { return cells.data() + r * static_cast<size_t>(lanes * n_vectors); }
};

template <typename T>
void check_lanes(const StripedTable<T>& table) {
  if (table.lanes * static_cast<int>(sizeof(T)) != simd::vector_bytes()) {
    base::throw_internal("the profile was made for another instruction set");
  }
}

// value(row, k) for k = 1..M, `pad` beyond M. Empty when the machine has no vectors that we know of.
template <typename T, typename Value>
StripedTable<T> make_striped_table(size_t n_rows, int M, T pad, Value value) {
  StripedTable<T> table;
  table.lanes = simd::vector_bytes() / static_cast<int>(sizeof(T));
  if (table.lanes < 2) return table;
  table.n_vectors = (M + table.lanes - 1) / table.lanes;
  table.cells.reserve(n_rows * static_cast<size_t>(table.lanes * table.n_vectors));
  for (size_t row = 0; row < n_rows; ++row) {
    for (int q = 0; q < table.n_vectors; ++q) {
      for (int r = 0; r < table.lanes; ++r) {
        const int k = r * table.n_vectors + q + 1;
        table.cells.push_back(k <= M ? value(row, k) : pad);
      }
    }
  }
  return table;
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_STRIPED_TABLE_H_
