// Output heads that are more than one linear layer (suppl. sections 1.9.6 and 1.9.8).
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

// pLDDT: two hidden layers on the structure module's single representation.

struct PlddtSizes {
  int64_t n_res, channels, hidden;
};
struct PlddtScratch {
  double *x, *hidden0, *hidden1;
  PlddtScratch(Arena& arena, const PlddtSizes& n)
      : x(arena.take(n.n_res * n.channels)),
        hidden0(arena.take(n.n_res * n.hidden)),
        hidden1(arena.take(n.n_res * n.hidden)) {}
};

size_t plddt_bytes(const KernelShapes& shapes) {
  return bytes_of<PlddtScratch>(
      PlddtSizes{shapes.inputs[0][0], shapes.inputs[0][1], param(shapes, "act_0//weights")[1]});
}

void run_plddt(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm norm = params.layer_norm();
  const Linear hidden0 = params.linear();
  const Linear hidden1 = params.linear();
  const Linear logits = params.linear();
  const int64_t n_res = args.inputs[0].dim(0);
  const auto s = shared_scratch<PlddtScratch>(args.workspace, PlddtSizes{n_res, norm.n, hidden0.n_out});
  apply(norm, args.inputs[0].as<double>(), n_res, s.x);
  apply(hidden0, s.x, n_res, s.hidden0);
  relu(s.hidden0, n_res * hidden0.n_out);
  apply(hidden1, s.hidden0, n_res, s.hidden1);
  relu(s.hidden1, n_res * hidden1.n_out);
  apply(logits, s.hidden1, n_res, args.outputs[0].as<double>());
}

// Distogram: the sum of a linear layer's output and its transpose, so the bias counts twice.

struct HalfLogits {
  double* half;  // [N,N,64]
  HalfLogits(Arena& arena, const int64_t& size) : half(arena.take(size)) {}
};

size_t distogram_bytes(const KernelShapes& shapes) {
  return bytes_of<HalfLogits>(tensor::num_elements(shapes.outputs[0]));
}

void run_distogram(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear layer = params.linear();
  const int64_t n_res = args.inputs[0].dim(0);
  const auto s = shared_scratch<HalfLogits>(args.workspace, args.outputs[0].size());
  const double* z = args.inputs[0].as<double>();
  args.pool.parallel_for(n_res, [&](int64_t i, int) {
    apply(layer, z + i * n_res * layer.n_in, n_res, s.half + i * n_res * layer.n_out);
  });
  double* logits = args.outputs[0].as<double>();
  args.pool.parallel_for(n_res, [&](int64_t i, int) {
    for (int64_t j = 0; j < n_res; ++j) {
      for (int64_t b = 0; b < layer.n_out; ++b) {
        logits[(i * n_res + j) * layer.n_out + b] =
            s.half[(i * n_res + j) * layer.n_out + b] + s.half[(j * n_res + i) * layer.n_out + b];
      }
    }
  });
}

}  // namespace

const Kernel kPlddtHead = {run_plddt, plddt_bytes};
const Kernel kDistogramHead = {run_distogram, distogram_bytes};

}  // namespace foldmesh::runtime::ref
