// Gated self-attention along a line of vectors: the common part of row, column and triangle attention (Jumper
// et al. 2021, suppl. algorithms 7, 8, 13, 14).
#ifndef FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_
#define FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_

#include <cstdint>
#include <span>

#include "foldmesh/runtime/cpu/workspace.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

// Vectors of c channels, `length` of them, `stride` elements apart.
struct Line {
  float* data;
  int64_t stride;
  int64_t length;
};

struct GatedAttention {
  int64_t c, n_heads, head_width;
  const float *norm_scale, *norm_offset;                // [c]
  const float *query, *key, *value, *gate, *gate_bias;  // [c, n_heads * head_width], the bias without c
  const float *output, *output_bias;                    // [n_heads * head_width, c], [c]

  int64_t width() const { return n_heads * head_width; }
};
// `attention` are the seven tensors below "attention/" in catalogue order.
GatedAttention read_gated_attention(const tensor::ConstView& scale, const tensor::ConstView& offset,
                                    std::span<const tensor::ConstView> attention);

// One worker's memory for lines of up to `length` vectors; `query_w` is the shape [c, n_heads, head_width].
struct AttentionScratch {
  AttentionScratch(Workspace& workspace, int64_t length, const tensor::Shape& query_w);

  int64_t query_block;                             // queries handled together
  float *normed, *keys, *values;                   // [length, ...]
  float *queries, *gates, *logits, *inverse_sums;  // [query_block, ...]
};

// line += attention over the line. `bias` [length, n_heads, length] is added to the logits (query, head, key),
// null for none; `mask` [length] marks the valid keys.
void attend(const GatedAttention& attention, const Line& line, const float* bias, const float* mask,
            const AttentionScratch& scratch);

// bias[h, p] = LN(line[p]) . weights[:, h] for every vector p of the line; weights are [c, n_heads]. `normed`
// holds kRowBlock vectors.
void project_bias(const Line& line, int64_t c, const float* norm_scale, const float* norm_offset,
                  const float* weights, int64_t n_heads, float* normed, float* bias);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_
