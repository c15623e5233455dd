// Outer product mean (suppl. algorithm 10):
// z[i,j] += (sum_s left[s,i] (x) right[s,j] W + b) / (1e-3 + number of rows in which i and j are both valid).
#include <algorithm>

#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr double kCountEpsilon = 1e-3;

struct Sizes {
  int64_t n_seq, n_res, msa_channels, left, right, pair_channels;
};
Sizes sizes_of(const tensor::Shape& z, const tensor::Shape& m, const tensor::Shape& output_w) {
  return {m[0], m[1], m[2], output_w[0], output_w[1], z[2]};
}

// left [S,N,32], right [S,N,32]
struct Projections {
  double *left, *right;
  Projections(Arena& arena, const Sizes& n)
      : left(arena.take(n.n_seq * n.n_res * n.left)), right(arena.take(n.n_seq * n.n_res * n.right)) {}
};

struct Scratch {
  double *x, *products, *update;
  Scratch(Arena& arena, const Sizes& n)
      : x(arena.take(n.n_res * n.msa_channels)),
        products(arena.take(n.n_res * n.left * n.right)),
        update(arena.take(n.n_res * n.pair_channels)) {}
};

size_t workspace_bytes(const KernelShapes& shapes) {
  const Sizes n = sizes_of(shapes.inputs[0], shapes.inputs[1], param(shapes, "//output_w"));
  return bytes_of<Projections>(n) + static_cast<size_t>(shapes.n_threads) * bytes_of<Scratch>(n);
}

// The mask multiplies after the bias, so that masked positions contribute nothing at all.
void project_masked(const Linear& layer, const double* x, const double* mask, int64_t n_rows, double* y) {
  apply(layer, x, n_rows, y);
  for (int64_t r = 0; r < n_rows; ++r) {
    for (int64_t c = 0; c < layer.n_out; ++c) y[r * layer.n_out + c] *= mask[r];
  }
}

// products[j, c, e] = sum_s left[s,i,c] right[s,j,e]
void outer_products(const Sizes& n, const Projections& projections, int64_t i, double* products) {
  std::fill_n(products, n.n_res * n.left * n.right, 0.0);
  for (int64_t s = 0; s < n.n_seq; ++s) {
    const double* left = projections.left + (s * n.n_res + i) * n.left;
    for (int64_t j = 0; j < n.n_res; ++j) {
      const double* right = projections.right + (s * n.n_res + j) * n.right;
      double* product = products + j * n.left * n.right;
      for (int64_t c = 0; c < n.left; ++c) {
        for (int64_t e = 0; e < n.right; ++e) product[c * n.right + e] += left[c] * right[e];
      }
    }
  }
}

void run(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm norm = params.layer_norm();
  const Linear left = params.linear();
  const Linear right = params.linear();
  const Linear output = params.linear();
  const Sizes n = sizes_of(args.inputs[0].shape, args.inputs[1].shape, param(args, "//output_w").shape);
  const double* m = args.inputs[1].as<double>();
  const double* mask = args.inputs[2].as<double>();
  double* z = args.outputs[0].as<double>();
  const auto shared = shared_scratch<Projections>(args.workspace, n);
  const size_t offset = bytes_of<Projections>(n);

  args.pool.parallel_for(n.n_seq, [&](int64_t s, int worker) {
    const auto scratch = worker_scratch<Scratch>(args.workspace, offset, worker, n);
    apply(norm, m + s * n.n_res * n.msa_channels, n.n_res, scratch.x);
    project_masked(left, scratch.x, mask + s * n.n_res, n.n_res, shared.left + s * n.n_res * n.left);
    project_masked(right, scratch.x, mask + s * n.n_res, n.n_res, shared.right + s * n.n_res * n.right);
  });
  args.pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto scratch = worker_scratch<Scratch>(args.workspace, offset, worker, n);
    outer_products(n, shared, i, scratch.products);
    apply(output, scratch.products, n.n_res, scratch.update);
    for (int64_t j = 0; j < n.n_res; ++j) {
      double count = 0;
      for (int64_t s = 0; s < n.n_seq; ++s) count += mask[s * n.n_res + i] * mask[s * n.n_res + j];
      for (int64_t c = 0; c < n.pair_channels; ++c) {
        z[(i * n.n_res + j) * n.pair_channels + c] +=
            scratch.update[j * n.pair_channels + c] / (kCountEpsilon + count);
      }
    }
  });
}

}  // namespace

const Kernel kOuterProductMean = {run, workspace_bytes};

}  // namespace foldmesh::runtime::ref
