// Gated self-attention along a line of vectors: the common part of row, column and triangle attention (Jumper
// et al. 2021, suppl. algorithms 7, 8, 13, 14).
#ifndef FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_
#define FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_

#include <cstdint>
#include <span>

#include "foldmesh/runtime/cpu/weights.h"
#include "foldmesh/runtime/cpu/workspace.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

// Vectors of c channels, `length` of them, `stride` elements apart.
struct Line {
  float* data;
  int64_t stride;
  int64_t length;
};

// The weights of all projections. `params` are scale and offset of the layer norm and the seven tensors below
// "attention/", in catalogue order.
struct AttentionWeights {
  AttentionWeights(WeightLayout& layout, std::span<const tensor::ConstView> params);
  PackedMatrix keys_values, queries_gates;  // [c, 2 * n_heads * head_width]
  PackedMatrix output;                      // [n_heads * head_width, c]
};

struct GatedAttention {
  GatedAttention(const KernelArgs& args, size_t first_param);

  Precision precision;
  AttentionWeights weights;
  int64_t c, n_heads, head_width;
  const float *norm_scale, *norm_offset;  // [c]
  const float* gate_bias;                 // [n_heads * head_width]
  const float* output_bias;               // [c]

  int64_t width() const { return n_heads * head_width; }
};

// One worker's memory for lines of up to `length` vectors; `query_w` is the shape [c, n_heads, head_width].
struct AttentionScratch {
  AttentionScratch(Workspace& workspace, int64_t length, const tensor::Shape& query_w, Precision precision);

  int64_t query_block;            // queries handled together
  float *normed, *keys_values;    // [length, ...]
  std::byte* packed;              // keys and values of all heads, ready to be multiplied
  float *queries_gates, *update;  // [query_block, ...]
  float *logits, *inverse_sums;
};

// line += attention over the line. `bias` [length, n_heads, length] is added to the logits (query, head,
// key), null for none; `mask` [length] marks the valid keys.
void attend(const GatedAttention& attention, const Line& line, const float* bias, const float* mask,
            const AttentionScratch& scratch);

// bias[h, p] = LN(line[p]) . weights[:, h] for every vector p of the line; weights are [c, n_heads]. `normed`
// holds kRowBlock vectors.
void project_bias(Precision precision, const Line& line, int64_t c, const float* norm_scale,
                  const float* norm_offset, const float* weights, int64_t n_heads, float* normed,
                  float* bias);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GATED_ATTENTION_H_
