// A pair tensor as lines of pairs: its rows, or, for the variants that see the transposed tensor, its
// columns.
#ifndef FOLDMESH_RUNTIME_CPU_LINES_H_
#define FOLDMESH_RUNTIME_CPU_LINES_H_

#include "foldmesh/graph/graph.h"
#include "foldmesh/runtime/cpu/gated_attention.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

// Triangle operators around ending nodes and of incoming edges run along columns.
inline bool runs_along_columns(graph::Variant variant) {
  return variant == graph::Variant::kEnding || variant == graph::Variant::kIncoming;
}

// A part [A,B,c] of a pair tensor.
class PairLines {
 public:
  PairLines(const tensor::Shape& shape, graph::Variant variant)
      : columns_(runs_along_columns(variant)), n_rows_(shape.at(0)), n_columns_(shape.at(1)) {}
  int64_t count() const { return columns_ ? n_columns_ : n_rows_; }
  int64_t length() const { return columns_ ? n_rows_ : n_columns_; }
  // `data` has c channels.
  Line line(float* data, int64_t c, int64_t index) const {
    return columns_ ? Line{data + index * c, n_columns_ * c, n_rows_}
                    : Line{data + index * n_columns_ * c, c, n_columns_};
  }
  // The n pairs of a line from `first` on, of a mask of the whole tensor.
  void copy_mask(const tensor::View& mask, const graph::Origin& origin, int64_t index, int64_t first,
                 int64_t n, float* to) const {
    const int64_t width = mask.dim(1), row = origin.row + (columns_ ? first : index),
                  column = origin.column + (columns_ ? index : first), step = columns_ ? width : 1;
    const float* from = mask.as<float>() + row * width + column;
    for (int64_t k = 0; k < n; ++k) to[k] = from[k * step];
  }

 private:
  bool columns_;
  int64_t n_rows_, n_columns_;
};

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_LINES_H_
