// Triangle multiplication (Jumper et al. 2021, suppl. algorithms 11 and 12) in three parts: factors, their
// products, update.
//
// Both variants are the same along different lines (lines.h): with lines of rows for outgoing edges, of
// columns for incoming ones,
//   product[l,m] = sum_k left[l,k] right[m,k]
// is pair m of line l. Factors are stored channel by channel, so that the sum is one matrix product for each
// channel; line l of the left factor is dead once line l of the product exists, which takes its place.
#include <algorithm>
#include <array>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/lines.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/weights.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

// body(first, n) for parts of a line that hold at most kRowBlock pairs and differ by at most one.
template <typename Body>
void for_each_piece(int64_t length, const Body& body) {
  const int64_t pieces = n_blocks(length, kRowBlock);
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t first = length * piece / pieces;
    body(first, length * (piece + 1) / pieces - first);
  }
}

// --- triangle_factors ---

struct FactorScratch {
  FactorScratch(Workspace& workspace, int64_t c, int64_t n_channels, Precision precision, int n_workers)
      : normed(workspace.take_each(n_workers, kRowBlock * c)),
        packed(workspace.take_each<std::byte>(
            n_workers, static_cast<int64_t>(PackedMatrix::bytes(c, kRowBlock, precision)))),
        projected(workspace.take_each(n_workers, kRowBlock * n_channels)),
        gates(workspace.take_each(n_workers, kRowBlock * n_channels)),
        mask(workspace.take_each(n_workers, kRowBlock)) {}
  std::vector<float*> normed;
  std::vector<std::byte*> packed;  // normed, channels as rows
  std::vector<float*> projected, gates, mask;
};

// One factor's layers: its first channel's column in weights whose rows are `stride` apart, and its biases.
struct FactorLayers {
  const float *projection, *projection_bias, *gate, *gate_bias;
  int64_t stride;
};

// `sides`: the left and the right factor's layers.
void make_factors(const KernelArgs& args, const std::array<FactorLayers, 2>& sides) {
  const tensor::View& z = args.inputs[0];
  const int64_t c = z.dim(2), n_channels = args.outputs[0].dim(0);
  const PairLines lines(z.shape, args.node.variant);
  const int64_t plane = lines.count() * lines.length();
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const FactorScratch scratch(workspace, c, n_channels, args.precision, args.pool.size());
  args.pool.parallel_for(lines.count(), [&](int64_t l, int worker) {
    const Line line = lines.line(z.as<float>(), c, l);
    float *normed = scratch.normed[worker], *mask = scratch.mask[worker], *gates = scratch.gates[worker];
    float* projected = scratch.projected[worker];
    for_each_piece(line.length, [&](int64_t first, int64_t n) {
      layer_norm(n, c, line.data + first * line.stride, line.stride, data(0), data(1), normed, c);
      const PackedMatrix pairs(c, n, transposed(normed, c), args.precision, scratch.packed[worker]);
      lines.copy_mask(args.inputs[1], args.node.origin, l, first, n, mask);
      for (const size_t side : {0, 1}) {
        const FactorLayers& layers = sides[side];
        float* factor = args.outputs[side].as<float>() + l * line.length + first;
        gemm(n_channels, n, c, transposed(layers.projection, layers.stride), pairs, projected, n);
        gemm(n_channels, n, c, transposed(layers.gate, layers.stride), pairs, gates, n);
        mask_and_gate_columns(n_channels, n, gates, n, layers.gate_bias, mask, layers.projection_bias,
                              projected, n, factor, plane);
      }
    });
  });
}

void run_factors(const KernelArgs& args) {
  const int64_t channel = args.node.origin.channel;
  const auto data = [&](size_t i) { return args.params[i].as<float>() + channel; };
  std::array<FactorLayers, 2> sides;
  for (const size_t side : {0, 1}) {
    const size_t projection = 2 + 2 * side, gate = 6 + 2 * side;
    sides[side] = {data(projection), data(projection + 1), data(gate), data(gate + 1), args.params[2].dim(1)};
  }
  make_factors(args, sides);
}

// The left factor's layers are the first half of the columns, the right factor's the second.
void run_fused_factors(const KernelArgs& args) {
  const int64_t both = args.params[2].dim(1);
  std::array<FactorLayers, 2> sides;
  for (const size_t side : {0, 1}) {
    const int64_t column = static_cast<int64_t>(side) * (both / 2) + args.node.origin.channel;
    const auto data = [&](size_t i) { return args.params[i].as<float>() + column; };
    sides[side] = {data(2), data(3), data(4), data(5), both};
  }
  make_factors(args, sides);
}

size_t factors_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  FactorScratch(workspace, shapes.inputs[0][2], shapes.outputs[0][0], shapes.precision, shapes.n_threads);
  return workspace.bytes();
}

// --- triangle_products ---

// Lines of one product: many, since it has to copy the whole right factor.
constexpr int64_t kLinesTogether = 256;

void run_products(const KernelArgs& args) {
  const tensor::View &left = args.inputs[0], &right = args.inputs[1];
  const int64_t n_lines = left.dim(1), length = left.dim(2), blocks = n_blocks(n_lines, kLinesTogether);
  Workspace workspace(args.workspace);
  const std::vector<float*> product = workspace.take_each(args.pool.size(), kLinesTogether * length);
  args.pool.parallel_for(left.dim(0) * blocks, [&](int64_t index, int worker) {
    const int64_t channel = index / blocks, first = index % blocks * kLinesTogether;
    const int64_t n = std::min(kLinesTogether, n_lines - first);
    float* lines = left.as<float>() + (channel * n_lines + first) * length;
    gemm(args.precision, n, length, length, {lines, length},
         transposed(right.as<float>() + channel * length * length, length), product[worker], length);
    std::copy_n(product[worker], n * length, lines);
  });
}

size_t products_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  workspace.take_each(shapes.n_threads, kLinesTogether * shapes.inputs[0][2]);
  return workspace.bytes();
}

// --- triangle_update ---

struct UpdateScratch {
  UpdateScratch(Workspace& workspace, int64_t c, int64_t c_hidden, int n_workers)
      : normed(workspace.take_each(n_workers, kRowBlock * std::max(c, c_hidden))),
        gates(workspace.take_each(n_workers, kRowBlock * c)),
        update(workspace.take_each(n_workers, kRowBlock * c)) {}
  std::vector<float*> normed, gates, update;
};

struct UpdateWeights {
  UpdateWeights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : output(layout.take(params[4])), gate(layout.take(params[6])) {}
  PackedMatrix output, gate;
};

// z += Linear(LN(product)) * sigmoid(Linear(LN(z)))
void run_update(const KernelArgs& args) {
  const tensor::View &z = args.inputs[0], &products = args.inputs[1];
  const int64_t c = z.dim(2), c_hidden = products.dim(0);
  const PairLines lines(z.shape, args.node.variant);
  const int64_t plane = lines.count() * lines.length();
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const UpdateScratch scratch(workspace, c, c_hidden, args.pool.size());
  WeightLayout layout(args.precision, args.packed);
  const UpdateWeights weights(layout, args.params);
  args.pool.parallel_for(lines.count(), [&](int64_t l, int worker) {
    const Line line = lines.line(z.as<float>(), c, l);
    float *normed = scratch.normed[worker], *gates = scratch.gates[worker], *update = scratch.update[worker];
    for_each_piece(line.length, [&](int64_t first, int64_t n) {
      float* pairs = line.data + first * line.stride;
      // Channels lie so far apart that they share cache sets: each is read once.
      const float* from = products.as<float>() + l * line.length + first;
      for (int64_t channel = 0; channel < c_hidden; ++channel) {
        std::copy_n(from + channel * plane, n, normed + channel * n);
      }
      layer_norm_columns(c_hidden, n, normed, n, data(2), data(3), normed, n);
      gemm(n, c, c_hidden, transposed(normed, n), weights.output, update, c);
      layer_norm(n, c, pairs, line.stride, data(0), data(1), normed, c);
      gemm(n, c, c, {normed, c}, weights.gate, gates, c);
      add_gated_update(n, c, gates, c, data(7), update, c, data(5), pairs, line.stride);
    });
  });
}

size_t update_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  UpdateScratch(workspace, shapes.inputs[0][2], shapes.inputs[1][0], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel triangle_factors_kernel() { return {run_factors, factors_bytes}; }
Kernel fused_triangle_factors_kernel() { return {run_fused_factors, factors_bytes}; }
Kernel triangle_products_kernel() { return {run_products, products_bytes}; }
Kernel triangle_update_kernel() { return {run_update, update_bytes, pack_weights<UpdateWeights>}; }

}  // namespace foldmesh::runtime::cpu
