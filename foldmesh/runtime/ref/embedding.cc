// Embedding of the input features and of the previous pass (suppl. algorithms 3, 4 and 32).
#include <algorithm>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/ref/embedding.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {

size_t pair_embedding_bytes(const KernelShapes& shapes) {
  return bytes_of<TargetRows>(LengthAndWidth{shapes.inputs[0][0], shapes.inputs[0][2]});
}

size_t template_rows_bytes(const KernelShapes& shapes, int64_t n_features) {
  const TemplateRowSizes n = {shapes.inputs[0][1], n_features, shapes.inputs[0][2]};
  return static_cast<size_t>(shapes.n_threads) * bytes_of<TemplateRowScratch>(n);
}

namespace {

size_t no_workspace(const KernelShapes&) { return 0; }

// Recycling of pair and positions.

struct PseudoBeta {
  double* position;  // [N,3]
  PseudoBeta(Arena& arena, const int64_t& n_res) : position(arena.take(n_res * 3)) {}
};

size_t recycle_bytes(const KernelShapes& shapes) { return bytes_of<PseudoBeta>(shapes.inputs[0][0]); }

// CB, or CA of glycine; whatever stands there when the atom is missing.
void copy_pseudo_beta(const int32_t* aatype, const double* atom37, int64_t n_res, double* position) {
  for (int64_t i = 0; i < n_res; ++i) {
    const bool glycine = checked_class(aatype[i], bio::kNumRestypes, "aatype") == bio::kRestypeGly;
    const int atom = glycine ? bio::kAtom37Ca : bio::kAtom37Cb;
    std::copy_n(atom37 + (i * bio::kNumAtom37 + atom) * 3, 3, position + i * 3);
  }
}

void run_recycle_pair(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm norm = params.layer_norm();
  const Linear distances = params.linear();
  const int64_t n_res = args.inputs[0].dim(0);
  const auto beta = shared_scratch<PseudoBeta>(args.workspace, n_res);
  copy_pseudo_beta(args.inputs[1].as<int32_t>(), args.inputs[2].as<double>(), n_res, beta.position);
  double* z = args.outputs[0].as<double>();
  args.pool.parallel_for(n_res, [&](int64_t i, int) {
    for (int64_t j = 0; j < n_res; ++j) {
      double* pair = z + (i * n_res + j) * norm.n;
      apply(norm, pair, 1, pair);
      const double squared = squared_distance(beta.position + i * 3, beta.position + j * 3);
      const int bin = distance_bin(squared, static_cast<int>(distances.n_in));
      if (bin >= 0) add_input(distances, bin, 1.0, pair);
      add_bias(distances, pair);
    }
  });
}

// Pair embedding: target features of both residues and their relative position.

void run_pair_embedding(const KernelArgs& args) {
  const int32_t* residue_index = args.inputs[2].as<int32_t>();
  embed_pairs(args, [&](const Linear& offsets, int64_t i, int64_t j, double* pair) {
    const int64_t clip = (offsets.n_in - 1) / 2;  // 32: offsets -32 .. 32 are classes 0 .. 64
    const int64_t offset = int64_t{residue_index[i]} - residue_index[j];
    add_input(offsets, std::clamp(offset, -clip, clip) + clip, 1.0, pair);
  });
}

// MSA embedding; the previous pass' first row goes on row 0.

struct MsaScratch {
  double *target, *previous;
  MsaScratch(Arena& arena, const LengthAndWidth& n)
      : target(arena.take(n.n_res * n.width)), previous(arena.take(n.n_res * n.width)) {}
};

size_t msa_embedding_bytes(const KernelShapes& shapes) {
  return bytes_of<MsaScratch>(LengthAndWidth{shapes.outputs[0][1], shapes.outputs[0][2]});
}

void run_msa_embedding(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear target = params.linear();
  const Linear msa = params.linear();
  const LayerNorm norm = params.layer_norm();
  const int64_t n_seq = args.inputs[1].dim(0), n_res = args.inputs[1].dim(1), channels = norm.n;
  const auto shared = shared_scratch<MsaScratch>(args.workspace, LengthAndWidth{n_res, channels});
  apply(target, args.inputs[0].as<double>(), n_res, shared.target);
  apply(norm, args.inputs[2].as<double>(), n_res, shared.previous);
  const double* msa_feat = args.inputs[1].as<double>();
  double* m = args.outputs[0].as<double>();
  args.pool.parallel_for(n_seq, [&](int64_t s, int) {
    double* row = m + s * n_res * channels;
    apply(msa, msa_feat + s * n_res * msa.n_in, n_res, row);
    add(row, shared.target, n_res * channels);
    if (s == 0) add(row, shared.previous, n_res * channels);
  });
}

void run_extra_msa_embedding(const KernelArgs& args) {
  ParamReader params(args.params);
  const Linear layer = params.linear();
  const int64_t n_seq = args.inputs[0].dim(0), n_res = args.inputs[0].dim(1);
  const int32_t* extra_msa = args.inputs[0].as<int32_t>();
  const double* has_deletion = args.inputs[1].as<double>();
  const double* deletion_value = args.inputs[2].as<double>();
  double* extra = args.outputs[0].as<double>();
  args.pool.parallel_for(n_seq, [&](int64_t s, int) {
    for (int64_t at = s * n_res; at < (s + 1) * n_res; ++at) {
      double* vector = extra + at * layer.n_out;
      std::fill_n(vector, layer.n_out, 0.0);
      add_input(layer, checked_class(extra_msa[at], bio::kNumMsaClasses, "extra_msa"), 1.0, vector);
      add_input(layer, bio::kNumMsaClasses, has_deletion[at], vector);
      add_input(layer, bio::kNumMsaClasses + 1, deletion_value[at], vector);
      add_bias(layer, vector);
    }
  });
}

}  // namespace

const Kernel kRecyclePair = {run_recycle_pair, recycle_bytes};
const Kernel kPairEmbedding = {run_pair_embedding, pair_embedding_bytes};
const Kernel kMsaEmbedding = {run_msa_embedding, msa_embedding_bytes};
const Kernel kExtraMsaEmbedding = {run_extra_msa_embedding, no_workspace};

}  // namespace foldmesh::runtime::ref
