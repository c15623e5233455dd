// What multimer models embed in a way of their own (Evans et al. 2021, and the released code): pairs of
// residues of several chains, and templates.
#include <algorithm>
#include <array>
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

// --- chain_pair_embedding ---

// Classes of the relative encoding: 66 of the offset within a chain, one for the same entity, 6 of the copy.
constexpr int64_t kMaxOffset = 32, kOtherChain = 2 * kMaxOffset + 1, kSameEntity = kOtherChain + 1;
constexpr int64_t kMaxCopies = 2, kFirstCopy = kSameEntity + 1,
                  kOtherEntity = kFirstCopy + 2 * kMaxCopies + 1;

void run_pair_embedding(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const int64_t n_rows = z.dim(0), n_columns = z.dim(1), c = z.dim(2);
  const graph::Origin& origin = args.node.origin;
  const auto integers = [&](size_t operand) { return args.inputs[operand].as<int32_t>(); };
  const int32_t *residue_index = integers(2), *asym_id = integers(3), *entity_id = integers(4),
                *sym_id = integers(5);
  const float* encoding = args.params[4].as<float>();
  const TargetLayers target = embed_target(args);
  args.pool.parallel_for(n_rows, [&](int64_t row, int) {
    const int64_t i = origin.row + row;
    for (int64_t column = 0; column < n_columns; ++column) {
      const int64_t j = origin.column + column;
      float* pair = z.as<float>() + (row * n_columns + column) * c;
      const int64_t offset = int64_t{residue_index[i]} - residue_index[j];
      const int64_t position =
          asym_id[i] == asym_id[j] ? std::clamp(offset, -kMaxOffset, kMaxOffset) + kMaxOffset : kOtherChain;
      const bool same_entity = entity_id[i] == entity_id[j];
      const int64_t copies = int64_t{sym_id[i]} - sym_id[j];
      const int64_t copy =
          same_entity ? kFirstCopy + std::clamp(copies, -kMaxCopies, kMaxCopies) + kMaxCopies : kOtherEntity;
      const float *left = target.rows + row * c, *right = target.columns + column * c,
                  *by_position = encoding + position * c, *by_copy = encoding + copy * c,
                  *by_entity = encoding + kSameEntity * c;
      const float entity = same_entity ? 1.0f : 0.0f;
      for (int64_t k = 0; k < c; ++k) {
        pair[k] += (left[k] + right[k]) + ((by_position[k] + entity * by_entity[k]) + by_copy[k]);
      }
    }
  });
}

// --- chain_template_embedding ---

constexpr int kDistogramBins = 39;
constexpr float kLeastNorm = 1e-6f;
// Layers: distances, whether both are known, type of j, of i, unit vector x, y, z, backbones known, z.
constexpr size_t kLayers = 9, kUnitVector = 4, kBackbone = 7, kQuery = 8;

struct TemplateScratch {
  TemplateScratch(Workspace& workspace, int64_t c_z, int64_t c, int n_workers)
      : bias(workspace.take(c)), normed(workspace.take_each(n_workers, kRowBlock * c_z)) {}
  float* bias;  // of all layers together
  std::vector<float*> normed;
};

// Residue j's C-alpha as seen from residue i's backbone frame (3x4), as a unit vector.
std::array<float, 3> unit_vector(const float* frame_i, const float* frame_j) {
  float offset[3];
  for (int k = 0; k < 3; ++k) offset[k] = frame_j[4 * k + 3] - frame_i[4 * k + 3];
  std::array<float, 3> local;
  float squares = 0.0f;
  for (size_t axis = 0; axis < 3; ++axis) {
    local[axis] = frame_i[axis] * offset[0] + frame_i[4 + axis] * offset[1] + frame_i[8 + axis] * offset[2];
    squares += local[axis] * local[axis];
  }
  const float norm = std::max(std::sqrt(squares), kLeastNorm);
  for (float& x : local) x /= norm;
  return local;
}

void run_template_embedding(const KernelArgs& args) {
  const tensor::View &z = args.inputs[0], &out = args.outputs[0];
  const int64_t n_columns = out.dim(1), c_z = z.dim(2), c = out.dim(2), n_res = args.inputs[1].dim(1);
  const int64_t first = int64_t{args.node.index} * n_res;  // residue 0 of this template
  const graph::Origin& origin = args.node.origin;
  const int32_t* aatype = checked_classes(args.inputs[1], kTemplateClasses, "template_aatype") + first;
  const float* beta = args.inputs[2].as<float>() + first * 3;
  const float* beta_mask = args.inputs[3].as<float>() + first;
  const float* frames = args.inputs[4].as<float>() + first * 12;
  const float* backbone_mask = args.inputs[5].as<float>() + first;
  const int32_t* asym_id = args.inputs[6].as<int32_t>();
  const auto weights = [&](size_t layer) { return args.params[2 + 2 * layer].as<float>(); };
  Workspace workspace(args.workspace);
  const TemplateScratch scratch(workspace, c_z, c, args.pool.size());
  std::fill_n(scratch.bias, c, 0.0f);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    add(c, args.params[3 + 2 * layer].as<float>(), scratch.bias);
  }
  args.pool.parallel_for(out.dim(0), [&](int64_t row, int worker) {
    const int64_t i = origin.row + row;
    for (int64_t begin = 0; begin < n_columns; begin += kRowBlock) {
      const int64_t n = std::min(kRowBlock, n_columns - begin);
      float* pairs = out.as<float>() + (row * n_columns + begin) * c;
      layer_norm(n, c_z, z.as<float>() + (row * n_columns + begin) * c_z, c_z, args.params[0].as<float>(),
                 args.params[1].as<float>(), scratch.normed[worker], c_z);
      gemm(n, c, c_z, {scratch.normed[worker], c_z}, {weights(kQuery), c}, pairs, c);
      for (int64_t k = 0; k < n; ++k) {
        const int64_t j = origin.column + begin + k;
        float* pair = pairs + k * c;
        add(c, scratch.bias, pair);
        add(c, weights(2) + aatype[j] * c, pair);
        add(c, weights(3) + aatype[i] * c, pair);
        if (asym_id[i] != asym_id[j]) continue;
        const float known = beta_mask[i] * beta_mask[j], backbones = backbone_mask[i] * backbone_mask[j];
        const int bin = distogram_bin(beta + i * 3, beta + j * 3, kDistogramBins);
        if (bin >= 0) add_scaled(c, known, weights(0) + bin * c, pair);
        add_scaled(c, known, weights(1), pair);
        if (backbones == 0.0f) continue;
        const std::array<float, 3> direction = unit_vector(frames + 12 * i, frames + 12 * j);
        for (size_t axis = 0; axis < 3; ++axis) {
          add_scaled(c, backbones * direction[axis], weights(kUnitVector + axis), pair);
        }
        add_scaled(c, backbones, weights(kBackbone), pair);
      }
    }
  });
}

size_t template_embedding_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  TemplateScratch(workspace, shapes.inputs[0][2], shapes.outputs[0][2], shapes.n_threads);
  return workspace.bytes();
}

// --- template_mean ---

struct MeanScratch {
  MeanScratch(Workspace& workspace, const Shape& weights, int n_workers)
      : mean(workspace.take_each(n_workers, kRowBlock * weights[0])),
        update(workspace.take_each(n_workers, kRowBlock * weights[1])) {}
  std::vector<float*> mean, update;
};

void run_template_mean(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const std::span<const float> weight(args.inputs[1].as<float>(), static_cast<size_t>(args.inputs[1].size()));
  const int64_t c_t = args.params[0].dim(0), c = args.params[0].dim(1);
  float total = 0.0f;
  for (const float w : weight) total += w;
  Workspace workspace(args.workspace);
  const MeanScratch scratch(workspace, args.params[0].shape, args.pool.size());
  for_each_block(args.pool, z.dim(0) * z.dim(1), kRowBlock, [&](int64_t first, int64_t n, int worker) {
    float *mean = scratch.mean[worker], *update = scratch.update[worker];
    std::fill_n(mean, n * c_t, 0.0f);
    for (size_t t = 0; t < weight.size(); ++t) {
      add_scaled(n * c_t, weight[t], args.inputs[2 + t].as<float>() + first * c_t, mean);
    }
    for (int64_t k = 0; k < n * c_t; ++k) mean[k] = std::max(mean[k] / total, 0.0f);
    gemm(n, c, c_t, {mean, c_t}, {args.params[0].as<float>(), c}, update, c);
    add_update(n, c, update, c, args.params[1].as<float>(), z.as<float>() + first * c, c);
  });
}

size_t template_mean_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  MeanScratch(workspace, shapes.params[0], shapes.n_threads);
  return workspace.bytes();
}

// --- template_chi_embedding ---

constexpr int64_t kChiNumbers = 12, kChiFeatures = kTemplateClasses + kChiNumbers;

void run_chi_embedding(const KernelArgs& args) {
  const float* chi = args.inputs[2].as<float>();
  embed_template_rows(args, kChiFeatures, [&](int64_t at, float* features) {
    std::copy_n(chi + at * kChiNumbers, kChiNumbers, features);
  });
}

size_t chi_embedding_bytes(const KernelShapes& shapes) { return template_rows_bytes(shapes, kChiFeatures); }

}  // namespace

Kernel chain_pair_embedding_kernel() { return {run_pair_embedding, embed_target_bytes}; }
Kernel chain_template_embedding_kernel() { return {run_template_embedding, template_embedding_bytes}; }
Kernel template_mean_kernel() { return {run_template_mean, template_mean_bytes}; }
Kernel template_chi_embedding_kernel() { return {run_chi_embedding, chi_embedding_bytes}; }

}  // namespace foldmesh::runtime::cpu
