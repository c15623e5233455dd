// Outer product mean (Jumper et al. 2021, suppl. algorithm 10): z[i,j] += Linear(sum_s a[s,i] x b[s,j]) /
// (1e-3 + number of rows valid at both i and j). The bias is divided too. The N*N*1024 outer products exist
// one tile at a time.
#include <algorithm>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

constexpr float kNormEpsilon = 1e-3f;
// Residues i and j of a tile: its outer products (1/4 MiB with 32 channels), in both orders, stay in the L2
// cache.
constexpr int64_t kTile = 8;

struct Scratch {
  Scratch(Workspace& workspace, const Shape& z, const Shape& m, const Shape& left_w, int n_workers) {
    const int64_t c = left_w[1], projection = n_blocks(m[1], kTile) * kTile * m[0] * c;
    left = workspace.take(projection);
    right = workspace.take(projection);
    normed = workspace.take_each(n_workers, kRowBlock * m[2]);
    projected = workspace.take_each(n_workers, kRowBlock * c);
    outer = workspace.take_each(n_workers, kTile * kTile * c * c);
    by_pair = workspace.take_each(n_workers, kTile * kTile * c * c);
    update = workspace.take_each(n_workers, kTile * kTile * z[2]);
    factors = workspace.take_each(n_workers, kTile * kTile);
  }
  // [N / kTile, S, kTile, c]: the operands of a tile's product are contiguous, whatever N is.
  float *left, *right;
  std::vector<float*> normed, projected, outer, by_pair, update, factors;
};

// Masked projections of all vectors of the MSA.
void project(const KernelArgs& args, const Scratch& scratch) {
  const tensor::View& m = args.inputs[1];
  const int64_t n_rows = m.dim(0), n_res = m.dim(1), c_m = m.dim(2), c = args.params[2].dim(1);
  const float* mask = args.inputs[2].as<float>();
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  for_each_block(args.pool, n_rows * n_res, kRowBlock, [&](int64_t first, int64_t n, int worker) {
    float *normed = scratch.normed[worker], *projected = scratch.projected[worker];
    layer_norm(n, c_m, m.as<float>() + first * c_m, c_m, data(0), data(1), normed, c_m);
    for (const bool is_left : {true, false}) {
      const size_t weights = is_left ? 2 : 4;
      gemm(n, c, c_m, {normed, c_m}, {data(weights), c}, projected, c);
      for (int64_t at = 0, run = 0; at < n; at += run) {  // residues of one tile
        const int64_t s = (first + at) / n_res, i = (first + at) % n_res;
        run = std::min({n - at, n_res - i, kTile - i % kTile});
        float* to =
            (is_left ? scratch.left : scratch.right) + ((i / kTile * n_rows + s) * kTile + i % kTile) * c;
        add_bias_and_mask(run, c, data(weights + 1), mask + first + at, projected + at * c, c, to, c);
      }
    }
  });
}

// outer [i, c, j, e] -> by_pair [i, j, c, e]
void order_by_pair(int64_t n_i, int64_t n_j, int64_t c, const float* outer, float* by_pair) {
  for (int64_t i = 0; i < n_i; ++i) {
    for (int64_t channel = 0; channel < c; ++channel) {
      for (int64_t j = 0; j < n_j; ++j) {
        std::copy_n(outer + ((i * c + channel) * n_j + j) * c, c,
                    by_pair + ((i * n_j + j) * c + channel) * c);
      }
    }
  }
}

void run(const KernelArgs& args) {
  const tensor::View &z = args.inputs[0], &m = args.inputs[1];
  const int64_t n_rows = m.dim(0), n_res = m.dim(1), c_z = z.dim(2), c = args.params[2].dim(1);
  const float* mask = args.inputs[2].as<float>();
  Workspace workspace(args.workspace);
  const Scratch scratch(workspace, z.shape, m.shape, args.params[2].shape, args.pool.size());
  project(args, scratch);

  const int64_t n_tiles = n_blocks(n_res, kTile), tile_width = kTile * c;
  args.pool.parallel_for(n_tiles * n_tiles, [&](int64_t tile, int worker) {
    const int64_t i = tile / n_tiles * kTile, j = tile % n_tiles * kTile;
    const int64_t n_i = std::min(kTile, n_res - i), n_j = std::min(kTile, n_res - j);
    float *outer = scratch.outer[worker], *by_pair = scratch.by_pair[worker],
          *update = scratch.update[worker];
    gemm(n_i * c, n_j * c, n_rows, transposed(scratch.left + i * n_rows * c, tile_width),
         {scratch.right + j * n_rows * c, tile_width}, outer, n_j * c);
    order_by_pair(n_i, n_j, c, outer, by_pair);
    gemm(n_i * n_j, c_z, c * c, {by_pair, c * c}, {args.params[6].as<float>(), c_z}, update, c_z);
    float* factors = scratch.factors[worker];
    gemm(n_i, n_j, n_rows, transposed(mask + i, n_res), {mask + j, n_res}, factors, n_j);
    for (int64_t k = 0; k < n_i * n_j; ++k) factors[k] = 1.0f / (kNormEpsilon + factors[k]);
    for (int64_t row = 0; row < n_i; ++row) {
      add_scaled_update(n_j, c_z, factors + row * n_j, update + row * n_j * c_z, c_z,
                        args.params[7].as<float>(), z.as<float>() + ((i + row) * n_res + j) * c_z, c_z);
    }
  });
}

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  Scratch(workspace, shapes.inputs[0], shapes.inputs[1], shapes.params[2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel outer_product_mean_kernel() { return {run, bytes}; }

}  // namespace foldmesh::runtime::cpu
