// What the embedding kernels share.
#ifndef FOLDMESH_RUNTIME_CPU_EMBEDDING_H_
#define FOLDMESH_RUNTIME_CPU_EMBEDDING_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/cpu/workspace.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

// The classes in `values`; kInternal when one lies outside [0, n_classes), since they index tables.
const int32_t* checked_classes(const tensor::View& values, int32_t n_classes, const char* what);

// Bin of a squared distance (A^2) in a distogram whose lower edges are 3.25 + 1.25 k, the last bin ending at
// 1e4; -1 when it lies below all of them or exactly on an edge (both comparisons are strict).
int distogram_bin(const float* a, const float* b, int n_bins);

// y += factor * x over c channels
inline void add_scaled(int64_t c, float factor, const float* x, float* __restrict y) {
  for (int64_t k = 0; k < c; ++k) y[k] += factor * x[k];
}
inline void add(int64_t c, const float* x, float* __restrict y) {
  for (int64_t k = 0; k < c; ++k) y[k] += x[k];
}

// What the two residues of a pair of z bring along: a linear layer each of their target features. For
// operators whose operands begin with z and target_feat, and their parameters with weights and bias of the
// rows' layer, of the columns' layer, and of the relative position's, whose bias joins the columns.
struct TargetLayers {
  TargetLayers(Workspace& workspace, const tensor::Shape& z)
      : rows(workspace.take(z[0] * z[2])), columns(workspace.take(z[1] * z[2])) {}
  float *rows, *columns;  // [rows or columns of z, c]
};
TargetLayers embed_target(const KernelArgs& args);
size_t embed_target_bytes(const KernelShapes& shapes);

// Residue types of templates: amino acids, X, gap.
inline constexpr int32_t kTemplateClasses = bio::kRestypeGap + 1;

// The rows that templates add below the MSA: two linear layers, with a ReLU between, of n_features features
// of each residue, the first of which say its type. For operators whose operands begin with m and
// template_aatype.
struct TemplateRowScratch {  // of one worker
  TemplateRowScratch(Workspace& workspace, const tensor::Shape& m, int64_t n_features)
      : features(workspace.take(m[1] * n_features)), hidden(workspace.take(m[1] * m[2])) {}
  float *features, *hidden;
};
size_t template_rows_bytes(const KernelShapes& shapes, int64_t n_features);
// Out of the features in the scratch.
void embed_template_row(const KernelArgs& args, int64_t n_features, const TemplateRowScratch& scratch,
                        float* row);

// write(at, features) writes the features after the type of residue `at`, counted over all templates.
template <typename Write>
void embed_template_rows(const KernelArgs& args, int64_t n_features, const Write& write) {
  const tensor::View& m = args.inputs[0];
  const int64_t n = m.dim(1), c = m.dim(2), n_res = args.inputs[1].dim(1);
  // Of the rows below the MSA those that are here; row 0 of this part is template `begin`, if not negative.
  const int64_t begin = args.node.origin.row, column = args.node.origin.column;
  const int64_t first = std::max<int64_t>(begin, 0);
  const int64_t n_templates = std::max<int64_t>(std::min(args.inputs[1].dim(0), begin + m.dim(0)) - first, 0);
  const int32_t* aatype = checked_classes(args.inputs[1], kTemplateClasses, "template_aatype");
  Workspace workspace(args.workspace);
  std::vector<TemplateRowScratch> workers;
  for (int worker = 0; worker < args.pool.size(); ++worker) {
    workers.emplace_back(workspace, m.shape, n_features);
  }
  args.pool.parallel_for(n_templates, [&](int64_t t, int worker) {
    const TemplateRowScratch& scratch = workers[static_cast<size_t>(worker)];
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = (first + t) * n_res + column + i;
      float* features = scratch.features + i * n_features;
      std::fill_n(features, kTemplateClasses, 0.0f);
      features[aatype[at]] = 1.0f;
      write(at, features + kTemplateClasses);
    }
    embed_template_row(args, n_features, scratch, m.as<float>() + (first + t - begin) * n * c);
  });
}

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_EMBEDDING_H_
