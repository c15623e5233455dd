// Outer product mean (Jumper et al. 2021, suppl. algorithm 10): z[i,j] += Linear(sum_s a[s,i] x b[s,j]) /
// (1e-3 + number of rows valid at both i and j). The bias is divided too. The N*N*1024 outer products exist
// one tile at a time.
#include <algorithm>
#include <array>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/weights.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

constexpr float kNormEpsilon = 1e-3f;
// Residues i and j of a tile: its outer products (1/4 MiB with 32 channels), in both orders, stay in the L2
// cache.
constexpr int64_t kTile = 8;
// Tiles of one row that a worker handles with one copy of the left operand.
constexpr int64_t kTilesTogether = 8;

// --- outer_projections ---

struct ProjectionScratch {
  ProjectionScratch(Workspace& workspace, int64_t c_m, int64_t c, int n_workers)
      : normed(workspace.take_each(n_workers, kRowBlock * c_m)),
        projected(workspace.take_each(n_workers, kRowBlock * 2 * c)) {}
  std::vector<float*> normed, projected;
};

struct ProjectionWeights {
  ProjectionWeights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : both(layout.take(std::array{params[2], params[4]})) {}
  PackedMatrix both;  // [c_m, left and right]
};

// Masked projections of all vectors of the MSA.
void run_projections(const KernelArgs& args) {
  const tensor::View &m = args.inputs[0], &mask = args.inputs[1];
  const int64_t n_columns = m.dim(1), c_m = m.dim(2), c = args.params[2].dim(1);
  const graph::Origin& origin = args.node.origin;
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const ProjectionScratch scratch(workspace, c_m, c, args.pool.size());
  WeightLayout layout(args.precision, args.packed);
  const ProjectionWeights weights(layout, args.params);
  for_each_block(args.pool, m.dim(0) * n_columns, kRowBlock, [&](int64_t first, int64_t n, int worker) {
    float *normed = scratch.normed[worker], *projected = scratch.projected[worker];
    layer_norm(n, c_m, m.as<float>() + first * c_m, c_m, data(0), data(1), normed, c_m);
    gemm(n, 2 * c, c_m, {normed, c_m}, weights.both, projected, 2 * c);
    for (const size_t side : {0, 1}) {
      const float* own = projected + (side == 0 ? 0 : c);
      float* factor = args.outputs[side].as<float>() + first * c;
      for (int64_t at = 0, run = 0; at < n; at += run) {  // residues of one row
        const int64_t s = (first + at) / n_columns, i = (first + at) % n_columns;
        run = std::min(n - at, n_columns - i);
        const float* valid = mask.as<float>() + (origin.row + s) * mask.dim(1) + origin.column + i;
        add_bias_and_mask(run, c, data(3 + 2 * side), valid, own + at * 2 * c, 2 * c, factor + at * c, c);
      }
    }
  });
}

size_t projections_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  ProjectionScratch(workspace, shapes.inputs[0][2], shapes.params[2][1], shapes.n_threads);
  return workspace.bytes();
}

// --- outer_products ---

struct ProductScratch {
  ProductScratch(Workspace& workspace, int64_t c_z, int64_t n_rows, int64_t c, int n_workers)
      : left(workspace.take_each(n_workers, n_rows * kTile * c)),
        outer(workspace.take_each(n_workers, kTile * kTile * c * c)),
        by_pair(workspace.take_each(n_workers, kTile * kTile * c * c)),
        update(workspace.take_each(n_workers, kTile * kTile * c_z)),
        factors(workspace.take_each(n_workers, kTile * kTile)) {}
  std::vector<float*> left;  // [n_rows, kTile, c]: a tile's operand in one piece
  std::vector<float*> outer, by_pair, update, factors;
};

struct ProductWeights {
  ProductWeights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : output(layout.take_rows(params[0], 2)) {}
  PackedMatrix output;  // [32 * 32, c_z]
};

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

// A projected factor of all residues, or of those that a part of z has on one of its axes.
struct Factor {
  Factor(const tensor::View& view, int64_t n_own, int64_t origin)
      : stride(view.dim(1) * view.dim(2)),
        data(view.as<float>() + (view.dim(1) == n_own ? 0 : origin * view.dim(2))) {}
  int64_t stride;     // between rows of the MSA
  const float* data;  // of the part's first residue
};

void run_products(const KernelArgs& args) {
  const tensor::View &z = args.inputs[0], &mask = args.inputs[3];
  const int64_t n_rows = mask.dim(0), n_res = mask.dim(1), c_z = z.dim(2), c = args.inputs[1].dim(2);
  const graph::Origin& origin = args.node.origin;
  const Factor left(args.inputs[1], z.dim(0), origin.row), right(args.inputs[2], z.dim(1), origin.column);
  const float *row_mask = mask.as<float>() + origin.row, *column_mask = mask.as<float>() + origin.column;
  Workspace workspace(args.workspace);
  const ProductScratch scratch(workspace, c_z, n_rows, c, args.pool.size());
  WeightLayout layout(args.precision, args.packed);
  const ProductWeights weights(layout, args.params);

  const int64_t n_groups = n_blocks(z.dim(1), kTile * kTilesTogether);
  args.pool.parallel_for(n_blocks(z.dim(0), kTile) * n_groups, [&](int64_t index, int worker) {
    const int64_t i = index / n_groups * kTile, n_i = std::min(kTile, z.dim(0) - i);
    const int64_t begin = index % n_groups * kTile * kTilesTogether;
    const int64_t end = std::min(begin + kTile * kTilesTogether, z.dim(1));
    float *tile = scratch.left[worker], *outer = scratch.outer[worker], *by_pair = scratch.by_pair[worker];
    float *update = scratch.update[worker], *factors = scratch.factors[worker];
    for (int64_t s = 0; s < n_rows; ++s) {
      std::copy_n(left.data + s * left.stride + i * c, n_i * c, tile + s * n_i * c);
    }
    for (int64_t j = begin; j < end; j += kTile) {
      const int64_t n_j = std::min(kTile, end - j);
      gemm(args.precision, n_i * c, n_j * c, n_rows, transposed(tile, n_i * c),
           {right.data + j * c, right.stride}, outer, n_j * c);
      order_by_pair(n_i, n_j, c, outer, by_pair);
      gemm(n_i * n_j, c_z, c * c, {by_pair, c * c}, weights.output, update, c_z);
      gemm(n_i, n_j, n_rows, transposed(row_mask + i, n_res), {column_mask + j, n_res}, factors, n_j);
      for (int64_t k = 0; k < n_i * n_j; ++k) factors[k] = 1.0f / (kNormEpsilon + factors[k]);
      for (int64_t row = 0; row < n_i; ++row) {
        add_scaled_update(n_j, c_z, factors + row * n_j, update + row * n_j * c_z, c_z,
                          args.params[1].as<float>(), z.as<float>() + ((i + row) * z.dim(1) + j) * c_z, c_z);
      }
    }
  });
}

size_t products_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  ProductScratch(workspace, shapes.inputs[0][2], shapes.inputs[3][0], shapes.inputs[1][2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel outer_projections_kernel() {
  return {run_projections, projections_bytes, pack_weights<ProjectionWeights>};
}
Kernel outer_products_kernel() { return {run_products, products_bytes, pack_weights<ProductWeights>}; }

}  // namespace foldmesh::runtime::cpu
