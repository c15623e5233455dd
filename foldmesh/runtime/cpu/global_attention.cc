// Global column attention of the extra MSA (Jumper et al. 2021, suppl. algorithm 19): per residue one query
// per head, made from the masked mean of the column, and one key and value head shared by all.
#include <algorithm>
#include <array>
#include <cmath>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/weights.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

constexpr float kMeanEpsilon = 1e-10f;

struct Scratch {  // of one worker
  Scratch(Workspace& workspace, int64_t n_rows, const Shape& query_w) {
    const int64_t c = query_w[0], n_heads = query_w[1], d = query_w[2], width = n_heads * d;
    mask = workspace.take(n_rows);
    keys_values = workspace.take(n_rows * 2 * d);
    logits = workspace.take(n_heads * n_rows);
    normed = workspace.take(kRowBlock * c);
    gated = workspace.take(kRowBlock * width);
    update = workspace.take(kRowBlock * std::max(c, width));
    mean = workspace.take(c);
    query = workspace.take(width);
    attended = workspace.take(width);
    inverse_sums = workspace.take(n_heads);
  }
  float *mask, *keys_values, *logits, *normed, *gated, *update, *mean, *query, *attended, *inverse_sums;
};

struct Weights {
  Weights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : key_value(layout.take(std::array{params[3], params[4]})),
        gate(layout.take(params[5])),
        output(layout.take_rows(params[7], 2)) {}
  PackedMatrix key_value, gate, output;
};

struct Params {
  int64_t c, n_heads, d;
  const float *scale, *offset, *query, *gate_bias, *output_bias;
  Weights weights;
};

// The attended value of every head for the column starting at `column`.
void attend_column(const Params& params, const float* column, int64_t stride, int64_t n_rows,
                   const Scratch& scratch) {
  const int64_t c = params.c, d = params.d, width = params.n_heads * d;
  std::fill_n(scratch.mean, c, 0.0f);
  float n_valid = 0.0f;
  for (int64_t first = 0; first < n_rows; first += kRowBlock) {
    const int64_t n = std::min(kRowBlock, n_rows - first);
    layer_norm(n, c, column + first * stride, stride, params.scale, params.offset, scratch.normed, c);
    for (int64_t s = 0; s < n; ++s) n_valid += scratch.mask[first + s];
    gemm(1, c, n, {scratch.mask + first, n}, {scratch.normed, c}, scratch.mean, c, 1.0f, 1.0f);
    float* keys_values = scratch.keys_values + first * 2 * d;
    gemm(n, 2 * d, c, {scratch.normed, c}, params.weights.key_value, keys_values, 2 * d);
  }
  const float query_scale = 1.0f / ((n_valid + kMeanEpsilon) * std::sqrt(static_cast<float>(d)));
  gemm(1, width, c, {scratch.mean, c}, {params.query, width}, scratch.query, width, query_scale);
  gemm(params.n_heads, n_rows, d, {scratch.query, d}, transposed(scratch.keys_values, 2 * d), scratch.logits,
       n_rows);
  softmax(params.n_heads, n_rows, nullptr, 0, scratch.mask, scratch.logits, n_rows, scratch.inverse_sums);
  gemm(params.n_heads, d, n_rows, {scratch.logits, n_rows}, {scratch.keys_values + d, 2 * d},
       scratch.attended, d);
  scale_rows(params.n_heads, d, scratch.inverse_sums, scratch.attended, d);
}

void run(const KernelArgs& args) {
  const tensor::View& m = args.inputs[0];
  const int64_t n_rows = m.dim(0), n_res = m.dim(1), c = m.dim(2);
  if (n_rows == 0) return;
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  const Shape& query_w = args.params[2].shape;
  WeightLayout layout(args.precision, args.packed);
  const Params params = {
      c, query_w[1], query_w[2], data(0), data(1), data(2), data(6), data(8), Weights(layout, args.params)};
  Workspace workspace(args.workspace);
  std::vector<Scratch> workers;
  for (int worker = 0; worker < args.pool.size(); ++worker) workers.emplace_back(workspace, n_rows, query_w);

  const tensor::View& whole_mask = args.inputs[1];
  const float* mask = whole_mask.as<float>() + args.node.origin.column;
  const int64_t stride = n_res * c, width = params.n_heads * params.d;
  args.pool.parallel_for(n_res, [&](int64_t i, int worker) {
    const Scratch& scratch = workers[worker];
    float* column = m.as<float>() + i * c;
    for (int64_t s = 0; s < n_rows; ++s) scratch.mask[s] = mask[s * whole_mask.dim(1) + i];
    attend_column(params, column, stride, n_rows, scratch);
    for (int64_t first = 0; first < n_rows; first += kRowBlock) {
      const int64_t n = std::min(kRowBlock, n_rows - first);
      layer_norm(n, c, column + first * stride, stride, params.scale, params.offset, scratch.normed, c);
      float* gates = scratch.update;  // dead before the update is written
      gemm(n, width, c, {scratch.normed, c}, params.weights.gate, gates, width);
      for (int64_t s = 0; s < n; ++s) std::copy_n(scratch.attended, width, scratch.gated + s * width);
      multiply_by_gate(n, width, gates, width, params.gate_bias, scratch.gated, width);
      gemm(n, c, width, {scratch.gated, width}, params.weights.output, scratch.update, c);
      add_update(n, c, scratch.update, c, params.output_bias, column + first * stride, stride);
    }
  });
}

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  for (int worker = 0; worker < shapes.n_threads; ++worker) {
    Scratch(workspace, shapes.inputs[0][0], shapes.params[2]);
  }
  return workspace.bytes();
}

}  // namespace

Kernel global_column_attention_kernel() { return {run, bytes, pack_weights<Weights>}; }

}  // namespace foldmesh::runtime::cpu
