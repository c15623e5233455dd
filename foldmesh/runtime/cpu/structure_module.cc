// The structure module (Jumper et al. 2021, suppl. algorithms 20 to 24): 8 iterations
// with shared weights, each a node of its own. Everything but invariant point attention is local to a
// residue, so each iteration is two passes over blocks of residues: project all, then attend and update own
// ones.
//
// All in fp32: frames are composed 8 times only, and atoms are placed with errors of about 1e-5 A.
#include <algorithm>
#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/embedding.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/structure_layers.h"
#include "foldmesh/runtime/cpu/vec.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

constexpr int64_t kBlock = PointAttentionScratch::kQueryBlock;
constexpr int64_t kNumTorsions = 7;
// A in one unit of the frames' translations, of monomer and of multimer models.
constexpr float kPositionScale = 10.0f, kChainPositionScale = 20.0f;
constexpr size_t kFirstProjection = 6, kChainProjections = 9;  // among the multimer's parameters
constexpr float kAngleEpsilon = 1e-12f;

struct ResidualBlock {
  Linear first, second;
};

struct Params {
  // With parameters packed for it, of a multimer model.
  Params(std::span<const tensor::ConstView> list, std::span<const std::byte> packed) {
    ParamList params(list);
    single_norm = params.norm();
    initial = params.linear();
    pair_norm = params.norm();
    attention = packed.empty() ? read_point_attention(params) : read_chain_point_attention(params, packed);
    attention_norm = params.norm();
    for (Linear& layer : transition) layer = params.linear();
    transition_norm = params.norm();
    affine_update = params.linear();
    for (Linear& input : side_chain_inputs) input = params.linear();
    for (ResidualBlock& block : side_chain_blocks) {
      block.first = params.linear();
      block.second = params.linear();
    }
    angles = params.linear();
  }
  Norm single_norm;
  Linear initial;
  Norm pair_norm;
  InvariantPointAttention attention;
  Norm attention_norm;
  Linear transition[3];
  Norm transition_norm;
  Linear affine_update;
  Linear side_chain_inputs[2];  // of the activations, of the initial ones
  ResidualBlock side_chain_blocks[2];
  Linear angles;
};

// --- structure_start ---

struct StartScratch {
  StartScratch(Workspace& workspace, const Shape& z, int n_workers)
      : normed(workspace.take_each(n_workers, z[1] * z[2])) {}
  std::vector<float*> normed;
};

void run_start(const KernelArgs& args) {
  const tensor::View &single = args.inputs[0], &z = args.inputs[1];
  const int64_t n_res = single.dim(0), c = single.dim(1);
  ParamList list(args.params);
  const Norm single_norm = list.norm();
  const Linear initial_projection = list.linear();
  const Norm pair_norm = list.norm();
  const Linear pair_bias = list.linear();
  float *initial = args.outputs[0].as<float>(), *act = args.outputs[1].as<float>();
  const Frames frames(args.outputs[2].as<float>(), args.outputs[2].dim(1));
  for_each_block(args.pool, n_res, kBlock, [&](int64_t first, int64_t n, int) {
    layer_norm(n, c, single.as<float>() + first * c, c, single_norm.scale, single_norm.offset,
               initial + first * c, c);
    apply(initial_projection, n, initial + first * c, act + first * c);
    for (int64_t i = first; i < first + n; ++i) frames.set_identity(i);
  });
  Workspace workspace(args.workspace);
  const StartScratch scratch(workspace, z.shape, args.pool.size());
  const PairRows rows = {args.node.origin.row, z.dim(0), z.dim(1), z.dim(2), z.as<float>(), nullptr};
  prepare_pair_bias(pair_bias, args.pool, rows, pair_norm, scratch.normed, args.outputs[3].as<float>());
}

size_t start_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  StartScratch(workspace, shapes.inputs[1], shapes.n_threads);
  return workspace.bytes();
}

// --- structure_iteration ---

struct IterationScratch {
  IterationScratch(Workspace& workspace, const Shape& act, const Shape& z, int n_workers)
      : temporary(workspace.take_each(n_workers, 3 * kBlock * act[1])),
        attention(workspace, act[0], z[2], n_workers) {}
  std::vector<float*> temporary;
  PointAttentionScratch attention;
};

class Iteration {
 public:
  explicit Iteration(const KernelArgs& args)
      : args_(args),
        params_(args.params, args.packed),
        n_res_(args.inputs[0].dim(0)),
        c_(args.inputs[0].dim(1)),
        act_(args.inputs[0].as<float>()),
        frames_(args.inputs[1].as<float>(), args.inputs[1].dim(1)),
        position_scale_(params_.attention.is_multimer ? kChainPositionScale : kPositionScale),
        initial_(args.inputs[5].as<float>()),
        rows_{args.node.origin.row,  args.inputs[6].dim(0),      n_res_,
              args.inputs[6].dim(2), args.inputs[6].as<float>(), args.inputs[7].as<float>()},
        workspace_(args.workspace),
        scratch_(workspace_, args.inputs[0].shape, args.inputs[6].shape, args.pool.size()) {}

  void run() {
    for_each_block(args_.pool, n_res_, kBlock, [&](int64_t first, int64_t n, int worker) {
      project_points(params_.attention, first, n, n_res_, act_, frames_, scratch_.attention, worker);
    });
    // Positions of other residues are read as projected points only, so frames may change under way.
    for_each_block(args_.pool, rows_.count, kBlock, [&](int64_t begin, int64_t n, int worker) {
      const int64_t first = rows_.first + begin;
      update_activations(first, n, worker);
      update_frames(first, n, worker);
      predict_angles(first, n, worker);
    });
  }

 private:
  // In one of the outputs that hold all iterations, `width` numbers for each residue.
  float* now(size_t output, int64_t first, int64_t width) const {
    return args_.outputs[output].as<float>() + (args_.node.index * n_res_ + first) * width;
  }

  void update_activations(int64_t first, int64_t n, int worker) {
    float *act = act_ + first * c_, *x = scratch_.temporary[worker], *y = x + kBlock * c_;
    attend_points(params_.attention, first, n, rows_, params_.pair_norm, args_.inputs[8].as<float>(), frames_,
                  scratch_.attention, worker, x);
    add(n * c_, x, act);
    layer_norm(n, c_, act, c_, params_.attention_norm.scale, params_.attention_norm.offset, act, c_);
    apply_relu(params_.transition[0], n, act, x);
    apply_relu(params_.transition[1], n, x, y);
    apply(params_.transition[2], n, y, x);
    add(n * c_, x, act);
    layer_norm(n, c_, act, c_, params_.transition_norm.scale, params_.transition_norm.offset, act, c_);
  }

  void update_frames(int64_t first, int64_t n, int worker) {
    float* changes = scratch_.temporary[worker];
    apply(params_.affine_update, n, act_ + first * c_, changes);
    for (int64_t i = 0; i < n; ++i) {
      frames_.update(first + i, changes + i * params_.affine_update.c_out);
      frames_.write_scaled(first + i, position_scale_, now(2, first + i, frames_.width()));
    }
  }

  void predict_angles(int64_t first, int64_t n, int worker) {
    float* relu = scratch_.temporary[worker];
    float *a = relu + kBlock * c_, *b = a + kBlock * c_;
    const float* inputs[2] = {act_, initial_};
    for (int k = 0; k < 2; ++k) {
      rectify(n * c_, inputs[k] + first * c_, relu);
      apply(params_.side_chain_inputs[k], n, relu, k == 0 ? a : b);
    }
    const int64_t size = n * params_.angles.c_in;
    add(size, b, a);
    for (const ResidualBlock& block : params_.side_chain_blocks) {
      rectify(size, a, relu);
      apply_relu(block.first, n, relu, b);
      apply(block.second, n, b, relu);
      add(size, relu, a);
    }
    rectify(size, a, relu);
    float* angles = now(3, first, kNumTorsions * 2);
    float* unnormalized = now(4, first, kNumTorsions * 2);
    apply(params_.angles, n, relu, unnormalized);
    for (int64_t k = 0; k < n * kNumTorsions * 2; k += 2) {
      const float sine = unnormalized[k], cosine = unnormalized[k + 1];
      const float length = std::sqrt(std::max(sine * sine + cosine * cosine, kAngleEpsilon));
      angles[k] = sine / length;
      angles[k + 1] = cosine / length;
    }
  }

  static void rectify(int64_t n, const float* x, float* y) {
    for (int64_t k = 0; k < n; ++k) y[k] = std::max(x[k], 0.0f);
  }

  const KernelArgs& args_;
  Params params_;
  int64_t n_res_, c_;
  float* act_;     // [N, c]
  Frames frames_;  // translations in units of the position scale
  float position_scale_;
  float* initial_;  // [N, c], the normalised single representation
  PairRows rows_;
  Workspace workspace_;
  IterationScratch scratch_;
};

void run_iteration(const KernelArgs& args) { Iteration(args).run(); }

size_t iteration_bytes(const KernelShapes& shapes) {
  Workspace workspace;
  IterationScratch(workspace, shapes.inputs[0], shapes.inputs[6], shapes.n_threads);
  return workspace.bytes();
}

size_t pack_chain_iteration(std::span<const tensor::ConstView> params, Precision, std::byte* memory) {
  return pack_chain_projections(params.subspan(kFirstProjection, kChainProjections), memory);
}

// --- structure_atoms ---

void run_atoms(const KernelArgs& args) {
  const int64_t n_res = args.inputs[2].dim(0), last = args.inputs[0].dim(0) - 1;
  const int32_t* aatype = checked_classes(args.inputs[2], bio::kNumRestypes, "aatype");
  const Frames frames(args.inputs[0].as<float>(), args.inputs[0].dim(2));
  for (int64_t i = 0; i < n_res; ++i) {
    const float* angles = args.inputs[1].as<float>() + (last * n_res + i) * kNumTorsions * 2;
    float* atom14 = args.outputs[0].as<float>() + i * bio::kNumAtom14 * 3;
    place_atoms(aatype[i], frames.rigid(last * n_res + i), angles, atom14);
    float* atom37 = args.outputs[1].as<float>() + i * bio::kNumAtom37 * 3;
    for (int atom = 0; atom < bio::kNumAtom37; ++atom) {
      const bool exists = bio::kAtom37Mask[aatype[i]][atom] != 0;
      const float* from = atom14 + bio::kAtom37ToAtom14[aatype[i]][atom] * 3;
      for (int axis = 0; axis < 3; ++axis) atom37[atom * 3 + axis] = exists ? from[axis] : 0.0f;
    }
  }
}

size_t no_workspace(const KernelShapes&) { return 0; }

}  // namespace

Kernel structure_start_kernel() { return {run_start, start_bytes}; }
Kernel structure_iteration_kernel() { return {run_iteration, iteration_bytes}; }
Kernel chain_structure_iteration_kernel() { return {run_iteration, iteration_bytes, pack_chain_iteration}; }
Kernel structure_atoms_kernel() { return {run_atoms, no_workspace}; }

}  // namespace foldmesh::runtime::cpu
