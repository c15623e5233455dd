// Triangle attention around starting and ending nodes (Jumper et al. 2021, suppl. algorithms 13 and 14). The
// ending node runs along the columns of z and sees the transposed tensor throughout, in the bias as well.
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gated_attention.h"
#include "foldmesh/runtime/cpu/kernels.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

struct Scratch {
  Scratch(Workspace& workspace, const Shape& z, const Shape& query_w, int n_workers)
      : bias(workspace.take(query_w[1] * z[0] * z[0])),
        normed(workspace.take_each(n_workers, kRowBlock * z[2])),
        mask(workspace.take_each(n_workers, z[0])) {
    for (int worker = 0; worker < n_workers; ++worker) attention.emplace_back(workspace, z[0], query_w);
  }
  float* bias;  // [n_heads, N, N]
  std::vector<float*> normed, mask;
  std::vector<AttentionScratch> attention;
};

void run(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const auto& params = args.params;
  const int64_t n = z.dim(0), c = z.dim(2);
  const bool starting = args.node.variant == graph::Variant::kStarting;
  Workspace workspace(args.workspace);
  const Scratch scratch(workspace, z.shape, params[3].shape, args.pool.size());

  const GatedAttention attention = read_gated_attention(params[0], params[1], params.subspan(3, 7));
  const auto line = [&](int64_t i) {
    float* data = z.as<float>();
    return starting ? Line{data + i * n * c, c, n} : Line{data + i * c, n * c, n};
  };
  args.pool.parallel_for(n, [&](int64_t i, int worker) {
    project_bias(line(i), c, attention.norm_scale, attention.norm_offset, params[2].as<float>(),
                 attention.n_heads, scratch.normed[worker], scratch.bias + i * n, n * n);
  });
  const float* mask = args.inputs[1].as<float>();
  args.pool.parallel_for(n, [&](int64_t i, int worker) {
    float* line_mask = scratch.mask[worker];
    for (int64_t k = 0; k < n; ++k) line_mask[k] = starting ? mask[i * n + k] : mask[k * n + i];
    attend(attention, line(i), scratch.bias, line_mask, scratch.attention[worker]);
  });
}

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  Scratch(workspace, shapes.inputs[0], shapes.params[3], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel triangle_attention_kernel() { return {run, bytes}; }

}  // namespace foldmesh::runtime::cpu
