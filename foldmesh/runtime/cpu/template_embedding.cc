// Templates of the monomer models (Jumper et al. 2021, suppl. 1.7.1, algorithms 16 and 17): pair features,
// pointwise attention over templates, torsion rows.
#include <algorithm>
#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/embedding.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

// --- template_pair_embedding ---

// Channels of the pair features; three more (unit vectors) are zero in every monomer model.
constexpr int kDistogramBins = 39;
constexpr int kPseudoBetaMaskChannel = 39, kColumnResidueChannel = 40, kRowResidueChannel = 62;
constexpr int kBackboneMaskChannel = 87;

void run_pair_embedding(const KernelArgs& args) {
  const tensor::View& t = args.outputs[0];
  const int64_t n_columns = t.dim(1), c = t.dim(2);
  const int64_t first = int64_t{args.node.index} * args.inputs[0].dim(1);  // residue 0 of this template
  const graph::Origin& origin = args.node.origin;
  const int32_t* aatype = checked_classes(args.inputs[0], kTemplateClasses, "template_aatype") + first;
  const float* atom_mask = args.inputs[1].as<float>() + first * bio::kNumAtom37;
  const float* beta = args.inputs[2].as<float>() + first * 3;
  const float* beta_mask = args.inputs[3].as<float>() + first;
  const float *weights = args.params[0].as<float>(), *bias = args.params[1].as<float>();
  const auto backbone = [&](int64_t i) {
    const float* atoms = atom_mask + i * bio::kNumAtom37;
    return atoms[bio::kAtom37N] * atoms[bio::kAtom37Ca] * atoms[bio::kAtom37C];
  };
  args.pool.parallel_for(t.dim(0), [&](int64_t row, int) {
    for (int64_t column = 0; column < n_columns; ++column) {
      const int64_t i = origin.row + row, j = origin.column + column;
      float* pair = t.as<float>() + (row * n_columns + column) * c;
      std::copy_n(bias, c, pair);
      const float mask = backbone(i) * backbone(j);
      if (mask == 0.0f) continue;
      const int bin = distogram_bin(beta + i * 3, beta + j * 3, kDistogramBins);
      if (bin >= 0) add_scaled(c, mask, weights + bin * c, pair);
      add_scaled(c, mask * beta_mask[i] * beta_mask[j], weights + kPseudoBetaMaskChannel * c, pair);
      add_scaled(c, mask, weights + (kColumnResidueChannel + aatype[j]) * c, pair);
      add_scaled(c, mask, weights + (kRowResidueChannel + aatype[i]) * c, pair);
      add_scaled(c, mask * mask, weights + kBackboneMaskChannel * c, pair);
    }
  });
}

size_t no_workspace(const KernelShapes&) { return 0; }

// --- template_pointwise_attention ---

struct PointwiseScratch {  // of one worker
  PointwiseScratch(Workspace& workspace, int64_t n_templates, const Shape& query_w) {
    const int64_t n_heads = query_w[1], width = n_heads * query_w[2];
    queries = workspace.take(kRowBlock * width);
    keys = workspace.take(n_templates * kRowBlock * width);
    values = workspace.take(n_templates * kRowBlock * width);
    logits = workspace.take(kRowBlock * n_heads * n_templates);
    inverse_sums = workspace.take(kRowBlock * n_heads);
    update = workspace.take(kRowBlock * query_w[0]);
  }
  float *queries, *keys, *values, *logits, *inverse_sums, *update;
};

// Attention of each of n pairs over its own template vectors: replaces queries by the attended values.
void attend_over_templates(int64_t n, int64_t n_heads, int64_t d, int64_t n_templates, const float* mask,
                           const PointwiseScratch& scratch) {
  const int64_t width = n_heads * d;
  for (int64_t pair = 0; pair < n; ++pair) {
    for (int64_t h = 0; h < n_heads; ++h) {
      const float* query = scratch.queries + pair * width + h * d;
      for (int64_t t = 0; t < n_templates; ++t) {
        const float* key = scratch.keys + (t * kRowBlock + pair) * width + h * d;
        float product = 0.0f;
        for (int64_t k = 0; k < d; ++k) product += query[k] * key[k];
        scratch.logits[(pair * n_heads + h) * n_templates + t] = product;
      }
    }
  }
  softmax(n * n_heads, n_templates, nullptr, 0, mask, scratch.logits, n_templates, scratch.inverse_sums);
  for (int64_t pair = 0; pair < n; ++pair) {
    for (int64_t h = 0; h < n_heads; ++h) {
      float* attended = scratch.queries + pair * width + h * d;
      std::fill_n(attended, d, 0.0f);
      for (int64_t t = 0; t < n_templates; ++t) {
        const int64_t at = pair * n_heads + h;
        const float weight = scratch.logits[at * n_templates + t] * scratch.inverse_sums[at];
        add_scaled(d, weight, scratch.values + (t * kRowBlock + pair) * width + h * d, attended);
      }
    }
  }
}

void run_pointwise_attention(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const float* mask = args.inputs[1].as<float>();
  const std::span<const tensor::View> templates = args.inputs.subspan(2);
  const auto n_templates = static_cast<int64_t>(templates.size());
  if (std::all_of(mask, mask + n_templates, [](float m) { return m == 0.0f; })) return;

  const Shape& query_w = args.params[0].shape;
  const int64_t c = query_w[0], n_heads = query_w[1], d = query_w[2], width = n_heads * d;
  const int64_t c_t = args.params[1].dim(0);
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  std::vector<PointwiseScratch> workers;
  for (int worker = 0; worker < args.pool.size(); ++worker)
    workers.emplace_back(workspace, n_templates, query_w);

  const float query_scale = 1.0f / std::sqrt(static_cast<float>(d));
  for_each_block(args.pool, z.dim(0) * z.dim(1), kRowBlock, [&](int64_t first, int64_t n, int worker) {
    const PointwiseScratch& scratch = workers[worker];
    float* pairs = z.as<float>() + first * c;
    gemm(n, width, c, {pairs, c}, {data(0), width}, scratch.queries, width, query_scale);
    for (int64_t t = 0; t < n_templates; ++t) {
      const Matrix vectors = {templates[t].as<float>() + first * c_t, c_t};
      gemm(n, width, c_t, vectors, {data(1), width}, scratch.keys + t * kRowBlock * width, width);
      gemm(n, width, c_t, vectors, {data(2), width}, scratch.values + t * kRowBlock * width, width);
    }
    attend_over_templates(n, n_heads, d, n_templates, mask, scratch);
    gemm(n, c, width, {scratch.queries, width}, {data(3), c}, scratch.update, c);
    add_update(n, c, scratch.update, c, data(4), pairs, c);
  });
}

size_t pointwise_attention_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  for (int worker = 0; worker < shapes.n_threads; ++worker) {
    PointwiseScratch(workspace, static_cast<int64_t>(shapes.inputs.size()) - 2, shapes.params[0]);
  }
  return workspace.bytes();
}

// --- template_angle_embedding ---

constexpr int64_t kNumTorsions = 7;
constexpr int64_t kAngleFeatures = kTemplateClasses + kNumTorsions * 5;  // sin and cos twice, then the mask

void run_angle_embedding(const KernelArgs& args) {
  const float *angles = args.inputs[2].as<float>(), *alternatives = args.inputs[3].as<float>();
  const float* mask = args.inputs[4].as<float>();
  embed_template_rows(args, kAngleFeatures, [&](int64_t at, float* features) {
    features = std::copy_n(angles + at * kNumTorsions * 2, kNumTorsions * 2, features);
    features = std::copy_n(alternatives + at * kNumTorsions * 2, kNumTorsions * 2, features);
    std::copy_n(mask + at * kNumTorsions, kNumTorsions, features);
  });
}

size_t angle_embedding_bytes(const KernelShapes& shapes) {
  return template_rows_bytes(shapes, kAngleFeatures);
}

}  // namespace

Kernel template_pair_embedding_kernel() { return {run_pair_embedding, no_workspace}; }
Kernel template_pointwise_attention_kernel() { return {run_pointwise_attention, pointwise_attention_bytes}; }
Kernel template_angle_embedding_kernel() { return {run_angle_embedding, angle_embedding_bytes}; }

}  // namespace foldmesh::runtime::cpu
