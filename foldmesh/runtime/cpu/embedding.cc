// Input embedding and recycling (Jumper et al. 2021, suppl. algorithms 3, 4 and 32, and the extra MSA
// of 1.7.2).
#include "foldmesh/runtime/cpu/embedding.h"

#include <algorithm>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {

const int32_t* checked_classes(const tensor::View& values, int32_t n_classes, const char* what) {
  const int32_t* data = values.as<int32_t>();
  for (int64_t i = 0; i < values.size(); ++i) {
    if (data[i] < 0 || data[i] >= n_classes) {
      base::throw_internal("{} holds {} (0 to {} are defined)", what, data[i], n_classes - 1);
    }
  }
  return data;
}

int distogram_bin(const float* a, const float* b, int n_bins) {
  float squared = 0.0f;
  for (int axis = 0; axis < 3; ++axis) squared += (a[axis] - b[axis]) * (a[axis] - b[axis]);
  const auto edge = [&](int bin) {
    const float distance = 3.25f + 1.25f * static_cast<float>(bin);
    return bin == n_bins ? 1e8f : distance * distance;  // exact: all are multiples of 1/16
  };
  for (int bin = 0; bin < n_bins; ++bin) {
    if (squared > edge(bin) && squared < edge(bin + 1)) return bin;
  }
  return -1;
}

TargetLayers embed_target(const KernelArgs& args) {
  const tensor::View &z = args.inputs[0], &target_feat = args.inputs[1];
  const int64_t n_rows = z.dim(0), n_columns = z.dim(1), c = z.dim(2), n_feat = target_feat.dim(1);
  const graph::Origin& origin = args.node.origin;
  const float* features = target_feat.as<float>();
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const TargetLayers layers(workspace, z.shape);
  gemm(n_rows, c, n_feat, {features + origin.row * n_feat, n_feat}, {data(0), c}, layers.rows, c);
  gemm(n_columns, c, n_feat, {features + origin.column * n_feat, n_feat}, {data(2), c}, layers.columns, c);
  add_bias(n_rows, c, data(1), layers.rows, c);
  add_bias(n_columns, c, data(3), layers.columns, c);
  add_bias(n_columns, c, data(5), layers.columns, c);
  return layers;
}

size_t embed_target_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  TargetLayers(workspace, shapes.inputs[0]);
  return workspace.bytes();
}

size_t template_rows_bytes(const KernelShapes& shapes, int64_t n_features) {
  Workspace workspace;
  for (int worker = 0; worker < shapes.n_threads; ++worker) {
    TemplateRowScratch(workspace, shapes.inputs[0], n_features);
  }
  return workspace.bytes();
}

void embed_template_row(const KernelArgs& args, int64_t n_features, const TemplateRowScratch& scratch,
                        float* row) {
  const int64_t n = args.inputs[0].dim(1), c = args.inputs[0].dim(2);
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  gemm(n, c, n_features, {scratch.features, n_features}, {data(0), c}, scratch.hidden, c);
  add_bias_relu(n, c, data(1), scratch.hidden, c);
  gemm(n, c, c, {scratch.hidden, c}, {data(2), c}, row, c);
  add_bias(n, c, data(3), row, c);
}

namespace {

using tensor::Shape;

size_t no_workspace(const KernelShapes&) { return 0; }

// --- recycle_pair ---

constexpr int kRecycleBins = 15;

void run_recycle_pair(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const int64_t n_columns = z.dim(1), c = z.dim(2);
  const graph::Origin& origin = args.node.origin;
  const int32_t* aatype = checked_classes(args.inputs[1], bio::kNumRestypes, "aatype");
  const float* positions = args.inputs[2].as<float>();
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  const auto pseudo_beta = [&](int64_t i) {
    const int atom = aatype[i] == bio::kRestypeGly ? bio::kAtom37Ca : bio::kAtom37Cb;
    return positions + (i * bio::kNumAtom37 + atom) * 3;
  };
  args.pool.parallel_for(z.dim(0), [&](int64_t i, int) {
    float* row = z.as<float>() + i * n_columns * c;
    layer_norm(n_columns, c, row, c, data(0), data(1), row, c);
    for (int64_t j = 0; j < n_columns; ++j) {
      add(c, data(3), row + j * c);
      const int bin =
          distogram_bin(pseudo_beta(origin.row + i), pseudo_beta(origin.column + j), kRecycleBins);
      if (bin >= 0) add(c, data(2) + bin * c, row + j * c);
    }
  });
}

// --- pair_embedding ---

constexpr int32_t kMaxOffset = 32;  // of residue indices; farther ones share the last class

void run_pair_embedding(const KernelArgs& args) {
  const tensor::View& z = args.inputs[0];
  const int64_t n_rows = z.dim(0), n_columns = z.dim(1), c = z.dim(2);
  const graph::Origin& origin = args.node.origin;
  const int32_t* row_index = args.inputs[2].as<int32_t>() + origin.row;
  const int32_t* column_index = args.inputs[2].as<int32_t>() + origin.column;
  const float* encoding = args.params[4].as<float>();
  const TargetLayers target = embed_target(args);
  args.pool.parallel_for(n_rows, [&](int64_t i, int) {
    for (int64_t j = 0; j < n_columns; ++j) {
      float* pair = z.as<float>() + (i * n_columns + j) * c;
      const int64_t offset = int64_t{row_index[i]} - column_index[j];
      const int64_t position = std::clamp<int64_t>(offset, -kMaxOffset, kMaxOffset) + kMaxOffset;
      const float *left = target.rows + i * c, *right = target.columns + j * c,
                  *relative = encoding + position * c;
      for (int64_t k = 0; k < c; ++k) pair[k] += (left[k] + right[k]) + relative[k];
    }
  });
}

// --- msa_embedding ---

struct MsaScratch {
  MsaScratch(Workspace& workspace, const Shape& m)
      : target(workspace.take(m[1] * m[2])), previous(workspace.take(m[1] * m[2])) {}
  float *target, *previous;  // [columns, c]
};

void run_msa_embedding(const KernelArgs& args) {
  const tensor::View &target_feat = args.inputs[0], &msa_feat = args.inputs[1], &m = args.outputs[0];
  const int64_t n = m.dim(1), c = m.dim(2), n_target = target_feat.dim(1), n_feat = msa_feat.dim(2);
  const int64_t n_res = msa_feat.dim(1), first = args.node.origin.row, column = args.node.origin.column;
  const auto data = [&](size_t i) { return args.params[i].as<float>(); };
  Workspace workspace(args.workspace);
  const MsaScratch scratch(workspace, m.shape);
  gemm(n, c, n_target, {target_feat.as<float>() + column * n_target, n_target}, {data(0), c}, scratch.target,
       c);
  add_bias(n, c, data(1), scratch.target, c);
  layer_norm(n, c, args.inputs[2].as<float>() + column * c, c, data(4), data(5), scratch.previous, c);
  const int64_t n_rows = std::clamp<int64_t>(msa_feat.dim(0) - first, 0, m.dim(0));  // without templates
  args.pool.parallel_for(n_rows, [&](int64_t s, int) {
    float* row = m.as<float>() + s * n * c;
    const float* features = msa_feat.as<float>() + ((first + s) * n_res + column) * n_feat;
    gemm(n, c, n_feat, {features, n_feat}, {data(2), c}, row, c);
    add_update(n, c, scratch.target, c, data(3), row, c);
    if (first + s == 0) add(n * c, scratch.previous, row);
  });
}

size_t msa_embedding_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  MsaScratch(workspace, shapes.outputs[0]);
  return workspace.bytes();
}

// --- extra_msa_embedding ---

void run_extra_msa_embedding(const KernelArgs& args) {
  const tensor::View& e = args.outputs[0];
  const int64_t n = e.dim(1), c = e.dim(2), n_res = args.inputs[0].dim(1);
  const graph::Origin& origin = args.node.origin;
  const int32_t* msa = checked_classes(args.inputs[0], bio::kNumMsaClasses, "extra_msa");
  const float *has_deletion = args.inputs[1].as<float>(), *deletion_value = args.inputs[2].as<float>();
  const float *weights = args.params[0].as<float>(), *bias = args.params[1].as<float>();
  const float *has_w = weights + bio::kNumMsaClasses * c, *value_w = has_w + c;
  args.pool.parallel_for(e.dim(0), [&](int64_t s, int) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = (origin.row + s) * n_res + origin.column + i;
      float* vector = e.as<float>() + (s * n + i) * c;
      std::copy_n(bias, c, vector);
      add(c, weights + msa[at] * c, vector);
      add_scaled(c, has_deletion[at], has_w, vector);
      add_scaled(c, deletion_value[at], value_w, vector);
    }
  });
}

}  // namespace

Kernel recycle_pair_kernel() { return {run_recycle_pair, no_workspace}; }
Kernel pair_embedding_kernel() { return {run_pair_embedding, embed_target_bytes}; }
Kernel msa_embedding_kernel() { return {run_msa_embedding, msa_embedding_bytes}; }
Kernel extra_msa_embedding_kernel() { return {run_extra_msa_embedding, no_workspace}; }

}  // namespace foldmesh::runtime::cpu
