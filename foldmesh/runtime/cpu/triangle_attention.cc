// Triangle attention around starting and ending nodes (Jumper et al. 2021, suppl. algorithms 13 and 14), and
// the pair bias that it shares with row attention. The ending node runs along the columns of z and sees the
// transposed tensor throughout, in the bias as well.
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gated_attention.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/lines.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

// --- pair_bias ---

void run_bias(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const int64_t c = z.dim(2), n_heads = args.params[2].dim(1);
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const std::vector<float*> normed = workspace.take_each(args.pool.size(), kRowBlock * c);
  const PairLines lines(z.shape, args.node.variant);
  float* bias = args.outputs[0].as<float>();
  args.pool.parallel_for(lines.count(), [&](int64_t i, int worker) {
    project_bias(args.precision, lines.line(z.as<float>(), c, i), c, data(0), data(1), data(2), n_heads,
                 normed[worker], bias + i * n_heads * lines.length());
  });
}

size_t bias_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  workspace.take_each(shapes.n_threads, kRowBlock * shapes.inputs[0][2]);
  return workspace.bytes();
}

// --- biased_attention ---

struct Scratch {
  Scratch(Workspace& workspace, int64_t length, const Shape& query_w, int n_workers, Precision precision)
      : mask(workspace.take_each(n_workers, length)) {
    for (int worker = 0; worker < n_workers; ++worker) {
      attention.emplace_back(workspace, length, query_w, precision);
    }
  }
  std::vector<float*> mask;
  std::vector<AttentionScratch> attention;
};

void run_attention(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const int64_t c = z.dim(2);
  const PairLines lines(z.shape, args.node.variant);
  Workspace workspace(args.workspace);
  const Scratch scratch(workspace, lines.length(), args.params[2].shape, args.pool.size(), args.precision);
  const GatedAttention attention(args, 0);
  const float* bias = args.inputs[1].as<float>();
  args.pool.parallel_for(lines.count(), [&](int64_t i, int worker) {
    float* mask = scratch.mask[worker];
    lines.copy_mask(args.inputs[2], args.node.origin, i, 0, lines.length(), mask);
    attend(attention, lines.line(z.as<float>(), c, i), bias, mask, scratch.attention[worker]);
  });
}

size_t attention_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  const PairLines lines(shapes.inputs[0], shapes.node.variant);
  Scratch(workspace, lines.length(), shapes.params[2], shapes.n_threads, shapes.precision);
  return workspace.bytes();
}

}  // namespace

Kernel pair_bias_kernel() { return {run_bias, bias_bytes}; }
Kernel biased_attention_kernel() { return {run_attention, attention_bytes, pack_weights<AttentionWeights>}; }

}  // namespace foldmesh::runtime::cpu
