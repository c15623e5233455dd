// Template features and their embedding (suppl. algorithms 16, 17 and table 1).
#include <algorithm>
#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/bio/torsions.h"
#include "foldmesh/runtime/ref/embedding.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr int kDistogramBins = 39;

bool has_backbone(const TemplateResidues& residues, int64_t i) {
  const double* mask = residues.atom37_mask + i * bio::kNumAtom37;
  return mask[bio::kAtom37N] != 0 && mask[bio::kAtom37Ca] != 0 && mask[bio::kAtom37C] != 0;
}

struct FeatureRows {
  double* features;
  FeatureRows(Arena& arena, const LengthAndWidth& n) : features(arena.take(n.n_res * n.width)) {}
};

size_t pair_features_bytes(const KernelShapes& shapes) {
  const LengthAndWidth n = {shapes.outputs[0][0], kTemplatePairFeatures};
  return static_cast<size_t>(shapes.n_threads) * bytes_of<FeatureRows>(n);
}

void run_pair_embedding(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear layer = params.linear();
  const int64_t n_res = args.outputs[0].dim(0);
  const int64_t t = args.node.index;
  const TemplateResidues residues = {
      args.inputs[0].as<int32_t>() + t * n_res, args.inputs[1].as<double>() + t * n_res * bio::kNumAtom37,
      args.inputs[2].as<double>() + t * n_res * 3, args.inputs[3].as<double>() + t * n_res};
  const LengthAndWidth n = {n_res, kTemplatePairFeatures};
  double* out = args.outputs[0].as<double>();
  args.pool.parallel_for(n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<FeatureRows>(args.workspace, 0, worker, n);
    for (int64_t j = 0; j < n_res; ++j) {
      template_pair_features(residues, i, j, s.features + j * kTemplatePairFeatures);
    }
    apply(layer, s.features, n_res, out + i * n_res * layer.n_out);
  });
}

// Pointwise attention: at each pair, one query out of z looks at the templates' vectors of that pair.

struct PointwiseSizes {
  int64_t n_res, n_templates, channels, n_heads, head_size;
};
PointwiseSizes pointwise_sizes(const tensor::Shape& z, const tensor::Shape& mask,
                               const tensor::Shape& query_w) {
  return {z[0], mask[0], z[2], query_w[1], query_w[2]};
}

// One row of pairs; keys and values [T,N,h*d].
struct PointwiseScratch {
  double *query, *key, *value, *weights, *attended, *update;

  PointwiseScratch(Arena& arena, const PointwiseSizes& n) {
    const int64_t width = n.n_heads * n.head_size;
    query = arena.take(n.n_res * width);
    key = arena.take(n.n_templates * n.n_res * width);
    value = arena.take(n.n_templates * n.n_res * width);
    weights = arena.take(n.n_templates);
    attended = arena.take(n.n_res * width);
    update = arena.take(n.n_res * n.channels);
  }
};

size_t pointwise_bytes(const KernelShapes& shapes) {
  const PointwiseSizes n =
      pointwise_sizes(shapes.inputs[0], shapes.inputs[1], param(shapes, "attention//query_w"));
  return static_cast<size_t>(shapes.n_threads) * bytes_of<PointwiseScratch>(n);
}

void attend_templates(const PointwiseSizes& n, const double* template_mask, const PointwiseScratch& s) {
  const int64_t width = n.n_heads * n.head_size;
  const double scale = 1.0 / std::sqrt(static_cast<double>(n.head_size));
  for (int64_t j = 0; j < n.n_res; ++j) {
    for (int64_t h = 0; h < n.n_heads; ++h) {
      const int64_t head = j * width + h * n.head_size;
      for (int64_t t = 0; t < n.n_templates; ++t) {
        const double logit = scale * dot(s.query + head, s.key + t * n.n_res * width + head, n.head_size);
        s.weights[t] = template_mask[t] != 0 ? logit : kMaskedLogit;
      }
      softmax(s.weights, n.n_templates);
      for (int64_t d = head; d < head + n.head_size; ++d) {
        s.attended[d] = 0;
        for (int64_t t = 0; t < n.n_templates; ++t)
          s.attended[d] += s.weights[t] * s.value[t * n.n_res * width + d];
      }
    }
  }
}

void run_pointwise(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear query = params.linear_without_bias();
  const Linear key = params.linear_without_bias();
  const Linear value = params.linear_without_bias();
  const Linear output = params.linear();
  const PointwiseSizes n =
      pointwise_sizes(args.inputs[0].shape, args.inputs[1].shape, param(args, "attention//query_w").shape);
  const double* template_mask = args.inputs[1].as<double>();
  const bool any_real =
      std::any_of(template_mask, template_mask + n.n_templates, [](double m) { return m != 0; });
  if (!any_real) return;  // not even the output bias is added
  const std::span<const tensor::View> templates = args.inputs.subspan(2);
  double* z = args.outputs[0].as<double>();
  args.pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<PointwiseScratch>(args.workspace, 0, worker, n);
    double* row = z + i * n.n_res * n.channels;
    apply(query, row, n.n_res, s.query);
    for (int64_t t = 0; t < n.n_templates; ++t) {
      const double* vectors = templates[static_cast<size_t>(t)].as<double>() + i * n.n_res * key.n_in;
      apply(key, vectors, n.n_res, s.key + t * n.n_res * key.n_out);
      apply(value, vectors, n.n_res, s.value + t * n.n_res * value.n_out);
    }
    attend_templates(n, template_mask, s);
    apply(output, s.attended, n.n_res, s.update);
    add(row, s.update, n.n_res * n.channels);
  });
}

// Torsions of each template as further rows of the MSA.

size_t angle_embedding_bytes(const KernelShapes& shapes) {
  return template_rows_bytes(shapes, kTemplateAngleFeatures);
}

void run_angle_embedding(const KernelArgs& args) {
  const int64_t n_res = args.inputs[1].dim(1), angles = bio::kNumTorsions * 2;
  embed_template_rows(args, kTemplateAngleFeatures, [&](int64_t t, int64_t i, double* features) {
    const TemplateTorsions torsions = {args.inputs[1].as<int32_t>() + t * n_res,
                                       args.inputs[2].as<double>() + t * n_res * angles,
                                       args.inputs[3].as<double>() + t * n_res * angles,
                                       args.inputs[4].as<double>() + t * n_res * bio::kNumTorsions};
    template_angle_features(torsions, i, features);
  });
}

}  // namespace

void template_pair_features(const TemplateResidues& residues, int64_t i, int64_t j, double* features) {
  std::fill_n(features, kTemplatePairFeatures, 0.0);
  const int type_j = checked_class(residues.aatype[j], kTemplateClasses, "template_aatype");
  const int type_i = checked_class(residues.aatype[i], kTemplateClasses, "template_aatype");
  // All channels carry the backbone mask, and not the pseudo-beta mask.
  if (!has_backbone(residues, i) || !has_backbone(residues, j)) return;
  const double squared = squared_distance(residues.pseudo_beta + i * 3, residues.pseudo_beta + j * 3);
  const int bin = distance_bin(squared, kDistogramBins);
  if (bin >= 0) features[bin] = 1;
  double* at = features + kDistogramBins;
  *at++ = residues.pseudo_beta_mask[i] * residues.pseudo_beta_mask[j];
  at[type_j] = 1;
  at += kTemplateClasses;
  at[type_i] = 1;
  at += kTemplateClasses;
  at += 3;  // unit vector
  *at = 1;
}

void template_angle_features(const TemplateTorsions& torsions, int64_t i, double* features) {
  std::fill_n(features, kTemplateClasses, 0.0);
  features[checked_class(torsions.aatype[i], kTemplateClasses, "template_aatype")] = 1;
  double* at = features + kTemplateClasses;
  at = std::copy_n(torsions.sin_cos + i * bio::kNumTorsions * 2, bio::kNumTorsions * 2, at);
  at = std::copy_n(torsions.alt_sin_cos + i * bio::kNumTorsions * 2, bio::kNumTorsions * 2, at);
  std::copy_n(torsions.mask + i * bio::kNumTorsions, bio::kNumTorsions, at);
}

const Kernel kTemplatePairEmbedding = {run_pair_embedding, pair_features_bytes};
const Kernel kTemplatePointwiseAttention = {run_pointwise, pointwise_bytes};
const Kernel kTemplateAngleEmbedding = {run_angle_embedding, angle_embedding_bytes};

}  // namespace foldmesh::runtime::ref
