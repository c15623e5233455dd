#include "foldmesh/runtime/cpu/gated_attention.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/vec.h"

namespace foldmesh::runtime::cpu {
namespace {

// Logits of one head: half of a typical 1 MiB L2 cache at most, but enough queries for an efficient product.
int64_t queries_together(int64_t length) {
  constexpr int64_t kMaxLogits = 64 * 1024;
  return std::clamp<int64_t>(kMaxLogits / std::max<int64_t>(length, 1), 16, kRowBlock);
}

}  // namespace

GatedAttention read_gated_attention(const tensor::ConstView& scale, const tensor::ConstView& offset,
                                    std::span<const tensor::ConstView> attention) {
  const auto data = [&](size_t i) { return attention[i].as<float>(); };
  const tensor::Shape& shape = attention[0].shape;
  return {shape[0], shape[1], shape[2], scale.as<float>(), offset.as<float>(),
          data(0),  data(1),  data(2),  data(3),           data(4),
          data(5),  data(6)};
}

AttentionScratch::AttentionScratch(Workspace& workspace, int64_t length, const tensor::Shape& query_w)
    : query_block(queries_together(length)) {
  const int64_t c = query_w[0], n_heads = query_w[1], width = query_w[1] * query_w[2];
  normed = workspace.take(length * c);
  keys = workspace.take(length * width);
  values = workspace.take(length * width);
  queries = workspace.take(query_block * width);
  gates = workspace.take(query_block * std::max(c, width));
  logits = workspace.take(query_block * length);
  inverse_sums = workspace.take(n_heads * query_block);
}

void attend(const GatedAttention& attention, const Line& line, const float* bias, const float* mask,
            const AttentionScratch& scratch) {
  const int64_t c = attention.c, width = attention.width(), d = attention.head_width, length = line.length;
  layer_norm(length, c, line.data, line.stride, attention.norm_scale, attention.norm_offset, scratch.normed,
             c);
  gemm(length, width, c, {scratch.normed, c}, {attention.key, width}, scratch.keys, width);
  gemm(length, width, c, {scratch.normed, c}, {attention.value, width}, scratch.values, width);

  const float query_scale = 1.0f / std::sqrt(static_cast<float>(d));
  for (int64_t first = 0; first < length; first += scratch.query_block) {
    const int64_t n = std::min(scratch.query_block, length - first);
    const float* normed = scratch.normed + first * c;
    gemm(n, width, c, {normed, c}, {attention.query, width}, scratch.queries, width, query_scale);
    gemm(n, width, c, {normed, c}, {attention.gate, width}, scratch.gates, width);
    for (int64_t h = 0; h < attention.n_heads; ++h) {
      float* head =
          scratch.queries + h * d;  // a head's queries are dead once its logits exist; its output goes there
      gemm(n, length, d, {head, width}, transposed(scratch.keys + h * d, width), scratch.logits, length);
      const float* head_bias = bias == nullptr ? nullptr : bias + (first * attention.n_heads + h) * length;
      softmax(n, length, head_bias, attention.n_heads * length, mask, scratch.logits, length, scratch.inverse_sums);
      gemm(n, d, length, {scratch.logits, length}, {scratch.values + h * d, width}, head, width);
      scale_rows(n, d, scratch.inverse_sums, head, width);
    }
    multiply_by_gate(n, width, scratch.gates, width, attention.gate_bias, scratch.queries, width);
    float* update = scratch.gates;
    gemm(n, c, width, {scratch.queries, width}, {attention.output, c}, update, c);
    add_update(n, c, update, c, attention.output_bias, line.data + first * line.stride, line.stride);
  }
}

void project_bias(const Line& line, int64_t c, const float* norm_scale, const float* norm_offset,
                  const float* weights, int64_t n_heads, float* normed, float* bias) {
  for (int64_t first = 0; first < line.length; first += kRowBlock) {
    const int64_t n = std::min(kRowBlock, line.length - first);
    layer_norm(n, c, line.data + first * line.stride, line.stride, norm_scale, norm_offset, normed, c);
    gemm(n_heads, n, c, transposed(weights, n_heads), transposed(normed, c), bias + first, line.length);
  }
}

}  // namespace foldmesh::runtime::cpu
