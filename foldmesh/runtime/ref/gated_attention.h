// Internal: gated self-attention along the lines of a tensor, the part that MSA row, MSA column and triangle
// attention have in common (Jumper et al. 2021, suppl. algorithms 7, 8, 13, 14).
#ifndef FOLDMESH_RUNTIME_REF_GATED_ATTENTION_H_
#define FOLDMESH_RUNTIME_REF_GATED_ATTENTION_H_

#include <cstddef>
#include <cstdint>

#include "foldmesh/runtime/kernel.h"
#include "foldmesh/runtime/ref/layers.h"

namespace foldmesh::runtime::ref {

// The lines of a [A,B,c] tensor along which attention runs: element p of line l is vector l*line_stride +
// p*position_stride.
struct Lines {
  int64_t count = 0, length = 0;
  int64_t line_stride = 0, position_stride = 0;

  int64_t index(int64_t line, int64_t position) const {
    return line * line_stride + position * position_stride;
  }
};
inline Lines rows_of(const tensor::Shape& x) { return {x[0], x[1], x[1], 1}; }
inline Lines columns_of(const tensor::Shape& x) { return {x[1], x[0], 1, x[1]}; }

struct AttentionSizes {
  int64_t length = 0, channels = 0, n_heads = 0, head_size = 0;
};
// `query_w` is the shape [c,h,d] of the query weights.
inline AttentionSizes attention_sizes(const Lines& lines, const tensor::Shape& query_w) {
  return {lines.length, query_w[0], query_w[1], query_w[2]};
}

struct AttentionParams {
  LayerNorm norm;
  Linear query, key, value, gate, output;
};
// The five layers below "attention/", in catalogue order.
AttentionParams read_attention(ParamReader& params, const LayerNorm& norm);

// Logits of pairs, bias[h,j,k] = (norm(z[j,k]) W)[h], shared by all lines; z is read along its own lines
// (line j, position k).
struct PairBias {
  LayerNorm norm;
  Linear weights;
  Lines lines;
  const double* z = nullptr;
};

// Adds to every line of x the attention over that line. `mask` [A,B] marks the valid keys. `bias` may be
// null. The workspace holds attention_bytes(...).
void attend(const KernelArgs& args, const Lines& lines, const AttentionSizes& sizes,
            const AttentionParams& params, double* x, const double* mask, const PairBias* bias);
size_t attention_bytes(const AttentionSizes& sizes, int n_threads);
// With a bias out of pairs of `pair_channels` channels.
size_t biased_attention_bytes(const AttentionSizes& sizes, int64_t pair_channels, int n_threads);

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_GATED_ATTENTION_H_
