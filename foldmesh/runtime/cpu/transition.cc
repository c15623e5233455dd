// Transition (Jumper et al. 2021, suppl. algorithms 9 and 15): x += Linear(relu(Linear(LN(x)))). Masks play
// no part.
#include <algorithm>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/weights.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

constexpr int64_t kHiddenBlock = 256;  // hidden channels at a time, so that they stay in the L2 cache

struct Scratch {
  Scratch(Workspace& workspace, int64_t c, int n_workers)
      : normed(workspace.take_each(n_workers, kRowBlock * c)),
        hidden(workspace.take_each(n_workers, kRowBlock * kHiddenBlock)),
        update(workspace.take_each(n_workers, kRowBlock * c)) {}
  std::vector<float*> normed, hidden, update;
};

struct Weights {
  Weights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : widen(layout.take(params[2])), narrow(layout.take(params[4])) {}
  PackedMatrix widen, narrow;
};

void run(const KernelArgs& args) {
  const tensor::View& x = args.inputs[0];
  const int64_t c = x.dim(2), n_rows = x.dim(0) * x.dim(1), n_hidden = args.params[2].dim(1);
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const Scratch scratch(workspace, c, args.pool.size());
  WeightLayout layout(args.precision, args.packed);
  const Weights weights(layout, args.params);
  for_each_block(args.pool, n_rows, kRowBlock, [&](int64_t first, int64_t n, int worker) {
    float *rows = x.as<float>() + first * c, *normed = scratch.normed[worker];
    float *hidden = scratch.hidden[worker], *update = scratch.update[worker];
    layer_norm(n, c, rows, c, data(0), data(1), normed, c);
    for (int64_t h = 0; h < n_hidden; h += kHiddenBlock) {
      const int64_t width = std::min(kHiddenBlock, n_hidden - h);
      gemm(n, width, c, {normed, c}, weights.widen.from_column(h), hidden, width);
      add_bias_relu(n, width, data(3) + h, hidden, width);
      gemm(n, c, width, {hidden, width}, weights.narrow.from_row(h), update, c, 1.0f, h == 0 ? 0.0f : 1.0f);
    }
    add_update(n, c, update, c, data(5), rows, c);
  });
}

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  Scratch(workspace, shapes.inputs[0][2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel transition_kernel() { return {run, bytes, pack_weights<Weights>}; }

}  // namespace foldmesh::runtime::cpu
