// Internal: what the embeddings of single chains and of complexes share.
#ifndef FOLDMESH_RUNTIME_REF_EMBEDDING_H_
#define FOLDMESH_RUNTIME_REF_EMBEDDING_H_

#include <algorithm>
#include <cstdint>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {

struct LengthAndWidth {
  int64_t n_res, width;
};

inline constexpr int kTemplateClasses = bio::kRestypeGap + 1;  // residue types, X, gap

struct TargetRows {
  double *left, *right;
  TargetRows(Arena& arena, const LengthAndWidth& n)
      : left(arena.take(n.n_res * n.width)), right(arena.take(n.n_res * n.width)) {}
};
size_t pair_embedding_bytes(const KernelShapes& shapes);

// z[i,j] += left(target_feat[i]) + right(target_feat[j]) + relative(i, j), where add_relative(layer, i, j,
// pair) adds what the relative position of i and j says but for its layer's bias.
template <typename AddRelative>
void embed_pairs(const KernelArgs& args, const AddRelative& add_relative) {
  ParamReader params(args.params);
  const Linear left = params.linear();
  const Linear right = params.linear();
  const Linear relative = params.linear();
  const int64_t n_res = args.inputs[0].dim(0), channels = args.inputs[0].dim(2);
  const auto rows = shared_scratch<TargetRows>(args.workspace, LengthAndWidth{n_res, channels});
  const double* target_feat = args.inputs[1].as<double>();
  apply(left, target_feat, n_res, rows.left);
  apply(right, target_feat, n_res, rows.right);
  double* z = args.outputs[0].as<double>();
  args.pool.parallel_for(n_res, [&](int64_t i, int) {
    for (int64_t j = 0; j < n_res; ++j) {
      double* pair = z + (i * n_res + j) * channels;
      add(pair, rows.left + i * channels, channels);
      add(pair, rows.right + j * channels, channels);
      add_relative(relative, i, j, pair);
      add_bias(relative, pair);
    }
  });
}

struct TemplateRowSizes {
  int64_t n_res, n_features, width;
};
struct TemplateRowScratch {
  double *features, *hidden;
  TemplateRowScratch(Arena& arena, const TemplateRowSizes& n)
      : features(arena.take(n.n_res * n.n_features)), hidden(arena.take(n.n_res * n.width)) {}
};
size_t template_rows_bytes(const KernelShapes& shapes, int64_t n_features);

// Each template as a further row of the MSA: two layers of the features that write(t, i, features) writes.
template <typename Write>
void embed_template_rows(const KernelArgs& args, int64_t n_features, const Write& write) {
  ParamReader params(args.params);
  const Linear embedding = params.linear();
  const Linear projection = params.linear();
  const int64_t n_templates = args.inputs[1].dim(0), n_res = args.inputs[1].dim(1);
  const int64_t first_row = args.outputs[0].dim(0) - n_templates;
  const TemplateRowSizes n = {n_res, n_features, embedding.n_out};
  double* m = args.outputs[0].as<double>();
  args.pool.parallel_for(n_templates, [&](int64_t t, int worker) {
    const auto s = worker_scratch<TemplateRowScratch>(args.workspace, 0, worker, n);
    for (int64_t i = 0; i < n_res; ++i) write(t, i, s.features + i * n_features);
    apply(embedding, s.features, n_res, s.hidden);
    relu(s.hidden, n_res * embedding.n_out);
    apply(projection, s.hidden, n_res, m + (first_row + t) * n_res * projection.n_out);
  });
}

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_EMBEDDING_H_
