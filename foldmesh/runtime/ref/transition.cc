// Transition of an MSA or pair tensor (suppl. algorithms 9 and 15). Masks play no part in it.
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

struct Sizes {
  int64_t row_length, channels, hidden;
};
Sizes sizes_of(const tensor::Shape& x, const tensor::Shape& weights1) { return {x[1], x[2], weights1[1]}; }

struct Scratch {
  double *x, *hidden, *update;
  Scratch(Arena& arena, const Sizes& n)
      : x(arena.take(n.row_length * n.channels)),
        hidden(arena.take(n.row_length * n.hidden)),
        update(arena.take(n.row_length * n.channels)) {}
};

size_t workspace_bytes(const KernelShapes& shapes) {
  return static_cast<size_t>(shapes.n_threads) *
         bytes_of<Scratch>(sizes_of(shapes.inputs[0], param(shapes, "transition1//weights")));
}

void run(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm norm = params.layer_norm();
  const Linear up = params.linear();
  const Linear down = params.linear();
  const Sizes n = sizes_of(args.inputs[0].shape, param(args, "transition1//weights").shape);
  double* x = args.outputs[0].as<double>();
  args.pool.parallel_for(args.outputs[0].dim(0), [&](int64_t a, int worker) {
    const auto s = worker_scratch<Scratch>(args.workspace, 0, worker, n);
    double* row = x + a * n.row_length * n.channels;
    apply(norm, row, n.row_length, s.x);
    apply(up, s.x, n.row_length, s.hidden);
    relu(s.hidden, n.row_length * n.hidden);
    apply(down, s.hidden, n.row_length, s.update);
    add(row, s.update, n.row_length * n.channels);
  });
}

}  // namespace

const Kernel kTransition = {run, workspace_bytes};

}  // namespace foldmesh::runtime::ref
