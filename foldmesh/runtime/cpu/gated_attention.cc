#include "foldmesh/runtime/cpu/gated_attention.h"

#include <algorithm>
#include <array>
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

AttentionWeights::AttentionWeights(WeightLayout& layout, std::span<const tensor::ConstView> params) {
  const tensor::ConstView &query = params[2], &key = params[3], &value = params[4], &gate = params[5];
  keys_values = layout.take(std::array{key, value});
  queries_gates = layout.take(std::array{query, gate});
  output = layout.take_rows(params[7], 2);
}

GatedAttention::GatedAttention(const KernelArgs& args, size_t first_param)
    : precision(args.precision), weights([&] {
        WeightLayout layout(args.precision, args.packed);
        return AttentionWeights(layout, args.params.subspan(first_param));
      }()) {
  const auto params = args.params.subspan(first_param);
  const tensor::Shape& query_w = params[2].shape;
  c = query_w[0];
  n_heads = query_w[1];
  head_width = query_w[2];
  norm_scale = params[0].as<float>();
  norm_offset = params[1].as<float>();
  gate_bias = params[6].as<float>();
  output_bias = params[8].as<float>();
}

namespace {

// Where the packed keys and values of a head lie.
struct HeadBytes {
  HeadBytes(int64_t length, int64_t d, Precision precision)
      : keys(PackedMatrix::bytes(d, length, precision)), values(PackedMatrix::bytes(length, d, precision)) {}
  size_t keys, values;
  size_t both() const { return keys + values; }
};

}  // namespace

AttentionScratch::AttentionScratch(Workspace& workspace, int64_t length, const tensor::Shape& query_w,
                                   Precision precision)
    : query_block(queries_together(length)) {
  const int64_t c = query_w[0], n_heads = query_w[1], width = query_w[1] * query_w[2];
  normed = workspace.take(length * c);
  keys_values = workspace.take(length * 2 * width);
  packed = workspace.take<std::byte>(n_heads *
                                     static_cast<int64_t>(HeadBytes(length, query_w[2], precision).both()));
  queries_gates = workspace.take(query_block * 2 * width);
  update = workspace.take(query_block * c);
  logits = workspace.take(query_block * length);
  inverse_sums = workspace.take(query_block);
}

namespace {

struct Head {
  PackedMatrix keys, values;  // [d, length], [length, d]
};

Head pack_head(const GatedAttention& attention, int64_t length, int64_t h, const AttentionScratch& scratch) {
  const int64_t width = attention.width(), d = attention.head_width;
  const HeadBytes bytes(length, d, attention.precision);
  std::byte* memory = scratch.packed + static_cast<size_t>(h) * bytes.both();
  const float* keys = scratch.keys_values + h * d;
  return {PackedMatrix(d, length, transposed(keys, 2 * width), attention.precision, memory),
          PackedMatrix(length, d, {keys + width, 2 * width}, attention.precision, memory + bytes.keys)};
}
Head packed_head(const GatedAttention& attention, int64_t length, int64_t h,
                 const AttentionScratch& scratch) {
  const HeadBytes bytes(length, attention.head_width, attention.precision);
  const std::byte* memory = scratch.packed + static_cast<size_t>(h) * bytes.both();
  return {PackedMatrix(attention.head_width, attention.precision, memory),
          PackedMatrix(length, attention.precision, memory + bytes.keys)};
}

}  // namespace

void attend(const GatedAttention& attention, const Line& line, const float* bias, const float* mask,
            const AttentionScratch& scratch) {
  const int64_t c = attention.c, width = attention.width(), d = attention.head_width, length = line.length;
  const int64_t n_heads = attention.n_heads;
  layer_norm(length, c, line.data, line.stride, attention.norm_scale, attention.norm_offset, scratch.normed,
             c);
  gemm(length, 2 * width, c, {scratch.normed, c}, attention.weights.keys_values, scratch.keys_values,
       2 * width);
  for (int64_t h = 0; h < n_heads; ++h) pack_head(attention, length, h, scratch);

  const float query_scale = 1.0f / std::sqrt(static_cast<float>(d));
  float *queries = scratch.queries_gates, *gates = scratch.queries_gates + width;
  for (int64_t first = 0; first < length; first += scratch.query_block) {
    const int64_t n = std::min(scratch.query_block, length - first);
    gemm(n, 2 * width, c, {scratch.normed + first * c, c}, attention.weights.queries_gates, queries,
         2 * width);
    for (int64_t h = 0; h < n_heads; ++h) {
      const Head head = packed_head(attention, length, h, scratch);
      float* attended =
          queries + h * d;  // a head's queries are dead once its logits exist; its output goes there
      gemm(n, length, d, {attended, 2 * width}, head.keys, scratch.logits, length, query_scale);
      const float* head_bias = bias == nullptr ? nullptr : bias + (first * n_heads + h) * length;
      softmax(n, length, head_bias, n_heads * length, mask, scratch.logits, length, scratch.inverse_sums);
      gemm(n, d, length, {scratch.logits, length}, head.values, attended, 2 * width);
      scale_rows(n, d, scratch.inverse_sums, attended, 2 * width);
    }
    multiply_by_gate(n, width, gates, 2 * width, attention.gate_bias, queries, 2 * width);
    gemm(n, c, width, {queries, 2 * width}, attention.weights.output, scratch.update, c);
    add_update(n, c, scratch.update, c, attention.output_bias, line.data + first * line.stride, line.stride);
  }
}

void project_bias(Precision precision, const Line& line, int64_t c, const float* norm_scale,
                  const float* norm_offset, const float* weights, int64_t n_heads, float* normed,
                  float* bias) {
  for (int64_t first = 0; first < line.length; first += kRowBlock) {
    const int64_t n = std::min(kRowBlock, line.length - first);
    layer_norm(n, c, line.data + first * line.stride, line.stride, norm_scale, norm_offset, normed, c);
    gemm(precision, n_heads, n, c, transposed(weights, n_heads), transposed(normed, c), bias + first,
         line.length);
  }
}

}  // namespace foldmesh::runtime::cpu
