// Layer norm, linear layer and first row as operators of their own.
#include <algorithm>

#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"

namespace foldmesh::runtime::ref {
namespace {

size_t no_workspace(const KernelShapes&) { return 0; }

// body(first, count) over blocks of consecutive vectors.
template <typename Body>
void for_blocks(base::ThreadPool& pool, int64_t n_vectors, const Body& body) {
  constexpr int64_t kBlock = 64;
  pool.parallel_for((n_vectors + kBlock - 1) / kBlock, [&](int64_t block, int) {
    const int64_t first = block * kBlock;
    body(first, std::min(kBlock, n_vectors - first));
  });
}

void run_layer_norm(const KernelArgs& args) {
  ParamReader params(args.params);
  const tensor::View& x = args.outputs[0];
  const LayerNorm norm = params.layer_norm();
  double* data = x.as<double>();
  for_blocks(args.pool, x.size() / norm.n, [&](int64_t first, int64_t count) {
    apply(norm, data + first * norm.n, count, data + first * norm.n);
  });
}

// y may have fewer leading rows than x: the rows of templates at the end of the MSA have no head.
void run_linear(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear layer = params.linear();
  const double* x = args.inputs[0].as<double>();
  double* y = args.outputs[0].as<double>();
  for_blocks(args.pool, args.outputs[0].size() / layer.n_out, [&](int64_t first, int64_t count) {
    apply(layer, x + first * layer.n_in, count, y + first * layer.n_out);
  });
}

void run_first_row(const KernelArgs& args) {
  std::copy_n(args.inputs[0].as<double>(), args.outputs[0].size(), args.outputs[0].as<double>());
}

}  // namespace

const Kernel kLayerNorm = {run_layer_norm, no_workspace};
const Kernel kLinear = {run_linear, no_workspace};
const Kernel kFirstRow = {run_first_row, no_workspace};

}  // namespace foldmesh::runtime::ref
