// What multimer models embed in a way of their own (Evans et al. 2021, and the released code): pairs of
// residues of several chains, and templates.
#include <algorithm>
#include <array>
#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/ref/embedding.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

// Pair embedding.

// Classes of the relative encoding, one after the other: offset in the chain (another chain has the last of
// them), same entity, which copies of the entity (another entity has the last of them).
struct RelativeEncoding {
  static constexpr int64_t kMaxOffset = 32, kMaxCopies = 2;
  static constexpr int64_t kOffsetClasses = 2 * kMaxOffset + 2, kSameEntity = kOffsetClasses,
                           kFirstCopyClass = kSameEntity + 1, kCopyClasses = 2 * kMaxCopies + 2;

  static int64_t offset_class(int64_t difference, bool same_chain) {
    return same_chain ? std::clamp(difference + kMaxOffset, int64_t{0}, 2 * kMaxOffset) : kOffsetClasses - 1;
  }
  static int64_t copy_class(int64_t difference, bool same_entity) {
    const int64_t within =
        same_entity ? std::clamp(difference + kMaxCopies, int64_t{0}, 2 * kMaxCopies) : kCopyClasses - 1;
    return kFirstCopyClass + within;
  }
};

void run_pair_embedding(const KernelArgs& args) {
  const auto integers = [&](size_t operand) { return args.inputs[operand].as<int32_t>(); };
  const int32_t *residue_index = integers(2), *asym_id = integers(3), *entity_id = integers(4),
                *sym_id = integers(5);
  embed_pairs(args, [&](const Linear& relative, int64_t i, int64_t j, double* pair) {
    const int64_t offset = int64_t{residue_index[i]} - residue_index[j];
    add_input(relative, RelativeEncoding::offset_class(offset, asym_id[i] == asym_id[j]), 1.0, pair);
    const bool same_entity = entity_id[i] == entity_id[j];
    if (same_entity) add_input(relative, RelativeEncoding::kSameEntity, 1.0, pair);
    add_input(relative, RelativeEncoding::copy_class(int64_t{sym_id[i]} - sym_id[j], same_entity), 1.0, pair);
  });
}

// Template embedding: nine linear layers of features of the pair and of z, added up.

constexpr int kDistogramBins = 39;
constexpr double kLeastNorm = 1e-6;

struct TemplateLayers {
  LayerNorm query_norm;
  std::array<Linear, 9> layers;
};

TemplateLayers read_template_layers(std::span<const tensor::ConstView> views) {
  ParamReader params(views);
  TemplateLayers result;
  result.query_norm = params.layer_norm();
  for (Linear& layer : result.layers) {
    const tensor::ConstView& weights = params.next();
    const tensor::ConstView& bias = params.next();
    // A layer of one feature has weights [64].
    layer = {weights.as<float>(), bias.as<float>(), weights.size() / bias.size(), bias.size()};
  }
  return result;
}

struct TemplateRow {
  double *query, *projected;
  TemplateRow(Arena& arena, const std::array<int64_t, 3>& n)  // residues, channels of z, of the template
      : query(arena.take(n[0] * n[1])), projected(arena.take(n[0] * n[2])) {}
};

size_t template_bytes(const KernelShapes& shapes) {
  const std::array<int64_t, 3> n = {shapes.inputs[0][0], shapes.inputs[0][2], shapes.outputs[0][2]};
  return static_cast<size_t>(shapes.n_threads) * bytes_of<TemplateRow>(n);
}

// Residue j's C-alpha as seen from residue i's backbone frame (3x4), as a unit vector.
std::array<double, 3> unit_vector(const double* frame_i, const double* frame_j) {
  double offset[3];
  for (int k = 0; k < 3; ++k) offset[k] = frame_j[4 * k + 3] - frame_i[4 * k + 3];
  std::array<double, 3> local = {0, 0, 0};
  double squares = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    for (size_t k = 0; k < 3; ++k) local[axis] += frame_i[4 * k + axis] * offset[k];
    squares += local[axis] * local[axis];
  }
  const double norm = std::max(std::sqrt(squares), kLeastNorm);
  for (double& x : local) x /= norm;
  return local;
}

void run_template(const KernelArgs& args) {
  const TemplateLayers p = read_template_layers(args.params);
  const int64_t n_res = args.inputs[0].dim(0), c = args.outputs[0].dim(2), t = args.node.index;
  const double* z = args.inputs[0].as<double>();
  const int32_t* aatype = args.inputs[1].as<int32_t>() + t * n_res;
  const double* beta = args.inputs[2].as<double>() + t * n_res * 3;
  const double* beta_mask = args.inputs[3].as<double>() + t * n_res;
  const double* frames = args.inputs[4].as<double>() + t * n_res * 12;
  const double* backbone_mask = args.inputs[5].as<double>() + t * n_res;
  const int32_t* asym_id = args.inputs[6].as<int32_t>();
  double* out = args.outputs[0].as<double>();
  const std::array<int64_t, 3> n = {n_res, p.query_norm.n, c};
  args.pool.parallel_for(n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<TemplateRow>(args.workspace, 0, worker, n);
    apply(p.query_norm, z + i * n_res * p.query_norm.n, n_res, s.query);
    apply(p.layers[8], s.query, n_res, out + i * n_res * c);
    const int type_i = checked_class(aatype[i], kTemplateClasses, "template_aatype");
    for (int64_t j = 0; j < n_res; ++j) {
      double* pair = out + (i * n_res + j) * c;
      const bool same_chain = asym_id[i] == asym_id[j];
      const double both_beta = same_chain ? beta_mask[i] * beta_mask[j] : 0;
      const double both_backbone = same_chain ? backbone_mask[i] * backbone_mask[j] : 0;
      const int bin = distance_bin(squared_distance(beta + 3 * i, beta + 3 * j), kDistogramBins);
      if (bin >= 0) add_input(p.layers[0], bin, both_beta, pair);
      add_input(p.layers[1], 0, both_beta, pair);
      add_input(p.layers[2], checked_class(aatype[j], kTemplateClasses, "template_aatype"), 1.0, pair);
      add_input(p.layers[3], type_i, 1.0, pair);
      const std::array<double, 3> direction = unit_vector(frames + 12 * i, frames + 12 * j);
      for (size_t axis = 0; axis < 3; ++axis) {
        add_input(p.layers[4 + axis], 0, both_backbone * direction[axis], pair);
      }
      add_input(p.layers[7], 0, both_backbone, pair);
      for (size_t k = 0; k < 8; ++k) add_bias(p.layers[k], pair);
    }
  });
}

// z += Linear(relu(sum of weight x template / sum of weights))

struct MeanRow {
  double *mean, *update;
  MeanRow(Arena& arena, const std::array<int64_t, 3>& n)
      : mean(arena.take(n[0] * n[1])), update(arena.take(n[0] * n[2])) {}
};

size_t mean_bytes(const KernelShapes& shapes) {
  const std::array<int64_t, 3> n = {shapes.inputs[0][0], shapes.params[0][0], shapes.inputs[0][2]};
  return static_cast<size_t>(shapes.n_threads) * bytes_of<MeanRow>(n);
}

void run_mean(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear output = params.linear();
  const int64_t n_res = args.inputs[0].dim(0), n_templates = args.inputs[1].dim(0);
  const double* weight = args.inputs[1].as<double>();
  double total = 0;
  for (int64_t t = 0; t < n_templates; ++t) total += weight[t];
  double* z = args.outputs[0].as<double>();
  const std::array<int64_t, 3> n = {n_res, output.n_in, output.n_out};
  args.pool.parallel_for(n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<MeanRow>(args.workspace, 0, worker, n);
    const int64_t size = n_res * output.n_in;
    std::fill_n(s.mean, size, 0.0);
    for (int64_t t = 0; t < n_templates; ++t) {
      const double* row = args.inputs[static_cast<size_t>(2 + t)].as<double>() + i * size;
      for (int64_t k = 0; k < size; ++k) s.mean[k] += weight[t] * row[k];
    }
    for (int64_t k = 0; k < size; ++k) s.mean[k] = relu(s.mean[k] / total);
    apply(output, s.mean, n_res, s.update);
    add(z + i * n_res * output.n_out, s.update, n_res * output.n_out);
  });
}

// Side-chain torsions of each template as further rows of the MSA.

constexpr int64_t kChiNumbers = 3 * bio::kNumChi, kChiFeatures = kTemplateClasses + kChiNumbers;

size_t chi_bytes(const KernelShapes& shapes) { return template_rows_bytes(shapes, kChiFeatures); }

void run_chi(const KernelArgs& args) {
  const int32_t* aatype = args.inputs[1].as<int32_t>();
  const double* chi = args.inputs[2].as<double>();
  embed_template_rows(args, kChiFeatures, [&](int64_t t, int64_t i, double* features) {
    const int64_t at = t * args.inputs[1].dim(1) + i;
    std::fill_n(features, kTemplateClasses, 0.0);
    features[checked_class(aatype[at], kTemplateClasses, "template_aatype")] = 1;
    std::copy_n(chi + at * kChiNumbers, kChiNumbers, features + kTemplateClasses);
  });
}

}  // namespace

const Kernel kChainPairEmbedding = {run_pair_embedding, pair_embedding_bytes};
const Kernel kChainTemplateEmbedding = {run_template, template_bytes};
const Kernel kTemplateMean = {run_mean, mean_bytes};
const Kernel kTemplateChiEmbedding = {run_chi, chi_bytes};

}  // namespace foldmesh::runtime::ref
