// Row attention with a ready-made pair bias, and column attention (Jumper et al. 2021, suppl. algorithms 7
// and 8).
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gated_attention.h"
#include "foldmesh/runtime/cpu/kernels.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

std::vector<AttentionScratch> attention_scratch(Workspace& workspace, int n_workers, int64_t length,
                                                const Shape& query_w, Precision precision) {
  std::vector<AttentionScratch> scratch;
  for (int worker = 0; worker < n_workers; ++worker) {
    scratch.emplace_back(workspace, length, query_w, precision);
  }
  return scratch;
}

void run_row_attention(const KernelArgs& args) {
  const tensor::View &m = args.inputs[0], &bias = args.inputs[1];
  const auto& params = args.params;
  const int64_t n_res = m.dim(1), c = m.dim(2);
  Workspace workspace(args.workspace);
  const auto scratch = attention_scratch(workspace, args.pool.size(), n_res, params[2].shape, args.precision);
  const GatedAttention attention(args, 0);
  const float* mask = args.inputs[2].as<float>() + args.node.origin.row * n_res;
  args.pool.parallel_for(m.dim(0), [&](int64_t s, int worker) {
    attend(attention, {m.as<float>() + s * n_res * c, c, n_res}, bias.as<float>(), mask + s * n_res,
           scratch[static_cast<size_t>(worker)]);
  });
}

size_t row_attention_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  attention_scratch(workspace, shapes.n_threads, shapes.inputs[0][1], shapes.params[2], shapes.precision);
  return workspace.bytes();
}

struct ColumnScratch {
  ColumnScratch(Workspace& workspace, const Shape& m, const Shape& query_w, int n_workers,
                Precision precision)
      : mask(workspace.take_each(n_workers, m[0])),
        attention(attention_scratch(workspace, n_workers, m[0], query_w, precision)) {}
  std::vector<float*> mask;  // the column's mask, gathered
  std::vector<AttentionScratch> attention;
};

void run_column_attention(const KernelArgs& args) {
  const tensor::View &m = args.inputs[0], &whole_mask = args.inputs[1];
  const int64_t n_rows = m.dim(0), n_columns = m.dim(1), c = m.dim(2);
  Workspace workspace(args.workspace);
  const ColumnScratch scratch(workspace, m.shape, args.params[2].shape, args.pool.size(), args.precision);

  const GatedAttention attention(args, 0);
  const float* mask = whole_mask.as<float>() + args.node.origin.column;
  args.pool.parallel_for(n_columns, [&](int64_t i, int worker) {
    float* column_mask = scratch.mask[worker];
    for (int64_t s = 0; s < n_rows; ++s) column_mask[s] = mask[s * whole_mask.dim(1) + i];
    attend(attention, {m.as<float>() + i * c, n_columns * c, n_rows}, nullptr, column_mask,
           scratch.attention[worker]);
  });
}

size_t column_attention_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  ColumnScratch(workspace, shapes.inputs[0], shapes.params[2], shapes.n_threads, shapes.precision);
  return workspace.bytes();
}

}  // namespace

Kernel biased_row_attention_kernel() {
  return {run_row_attention, row_attention_bytes, pack_weights<AttentionWeights>};
}
Kernel column_attention_kernel() {
  return {run_column_attention, column_attention_bytes, pack_weights<AttentionWeights>};
}

}  // namespace foldmesh::runtime::cpu
