// Layer norm, linear layers and the heads made of them (Jumper et al. 2021, suppl. 1.9).
#include <algorithm>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

size_t no_workspace(const KernelShapes&) { return 0; }

void linear(base::ThreadPool& pool, int64_t n_rows, const float* x, const tensor::ConstView& weights,
            const tensor::ConstView& bias, float* y) {
  const int64_t c = weights.dim(0), d = weights.dim(1);
  for_each_block(pool, n_rows, kRowBlock, [&](int64_t first, int64_t n, int) {
    gemm(n, d, c, {x + first * c, c}, {weights.as<float>(), d}, y + first * d, d);
    add_bias(n, d, bias.as<float>(), y + first * d, d);
  });
}

void run_linear(const KernelArgs& args) {
  const tensor::View& y = args.outputs[0];
  const int64_t n_rows = y.size() / args.params[0].dim(1);
  linear(args.pool, n_rows, args.inputs[0].as<float>(), args.params[0], args.params[1], y.as<float>());
}

void run_layer_norm(const KernelArgs& args) {
  const tensor::View& x = args.inputs[0];
  const int64_t c = x.shape.back();
  for_each_block(args.pool, x.size() / c, kRowBlock, [&](int64_t first, int64_t n, int) {
    float* rows = x.as<float>() + first * c;
    layer_norm(n, c, rows, c, args.params[0].as<float>(), args.params[1].as<float>(), rows, c);
  });
}

void run_first_row(const KernelArgs& args) {
  if (args.inputs[0].dim(0) == 0) return;  // another device has it
  std::copy_n(args.inputs[0].as<float>(), args.outputs[0].size(), args.outputs[0].as<float>());
}

// half[i,j] += others[j,i]. Where both are the same memory, every pair of elements is handled once.
void run_symmetric_sum(const KernelArgs& args) {
  const tensor::View &half = args.inputs[0], &others = args.inputs[1];
  const int64_t n_rows = half.dim(0), n_columns = half.dim(1), n_bins = half.dim(2);
  float *here = half.as<float>(), *there = others.as<float>();
  const bool same = here == there;
  args.pool.parallel_for(n_rows, [&](int64_t i, int) {
    for (int64_t j = same ? i : 0; j < n_columns; ++j) {
      float *upper = here + (i * n_columns + j) * n_bins, *lower = there + (j * n_rows + i) * n_bins;
      for (int64_t k = 0; k < n_bins; ++k) {
        upper[k] += lower[k];
        if (same) lower[k] = upper[k];
      }
    }
  });
}

struct PlddtScratch {
  PlddtScratch(Workspace& workspace, const Shape& act, const Shape& hidden_w, int n_workers)
      : normed(workspace.take_each(n_workers, kRowBlock * act[1])),
        first(workspace.take_each(n_workers, kRowBlock * hidden_w[1])),
        second(workspace.take_each(n_workers, kRowBlock * hidden_w[1])) {}
  std::vector<float*> normed, first, second;
};

void run_plddt_head(const KernelArgs& args) {
  const tensor::View &act = args.inputs[0], &logits = args.outputs[0];
  const int64_t c = act.dim(1), c_hidden = args.params[2].dim(1), n_bins = logits.dim(1);
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const PlddtScratch scratch(workspace, act.shape, args.params[2].shape, args.pool.size());
  for_each_block(args.pool, act.dim(0), kRowBlock, [&](int64_t begin, int64_t n, int worker) {
    float *normed = scratch.normed[worker], *first = scratch.first[worker], *second = scratch.second[worker];
    layer_norm(n, c, act.as<float>() + begin * c, c, data(0), data(1), normed, c);
    gemm(n, c_hidden, c, {normed, c}, {data(2), c_hidden}, first, c_hidden);
    add_bias_relu(n, c_hidden, data(3), first, c_hidden);
    gemm(n, c_hidden, c_hidden, {first, c_hidden}, {data(4), c_hidden}, second, c_hidden);
    add_bias_relu(n, c_hidden, data(5), second, c_hidden);
    float* out = logits.as<float>() + begin * n_bins;
    gemm(n, n_bins, c_hidden, {second, c_hidden}, {data(6), n_bins}, out, n_bins);
    add_bias(n, n_bins, data(7), out, n_bins);
  });
}

size_t plddt_head_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  PlddtScratch(workspace, shapes.inputs[0], shapes.params[2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel layer_norm_kernel() { return {run_layer_norm, no_workspace}; }
Kernel first_row_kernel() { return {run_first_row, no_workspace}; }
Kernel linear_kernel() { return {run_linear, no_workspace}; }
Kernel plddt_head_kernel() { return {run_plddt_head, plddt_head_bytes}; }
Kernel symmetric_sum_kernel() { return {run_symmetric_sum, no_workspace}; }

}  // namespace foldmesh::runtime::cpu
