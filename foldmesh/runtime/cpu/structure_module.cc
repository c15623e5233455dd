// The structure module of the monomer models (Jumper et al. 2021, suppl. algorithms 20 to 24): 8 iterations
// with shared weights. Everything but invariant point attention is local to a residue, so each iteration is
// two passes over blocks of residues: project, then attend and update.
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

constexpr int kIterations = 8;
constexpr int64_t kBlock = PointAttentionScratch::kQueryBlock;
constexpr int64_t kNumTorsions = 7;
constexpr float kPositionScale = 10.0f;  // A in one unit of the frames' translations
constexpr float kAngleEpsilon = 1e-12f;

struct ResidualBlock {
  Linear first, second;
};

struct Params {
  explicit Params(std::span<const tensor::ConstView> list) {
    ParamList params(list);
    single_norm = params.norm();
    initial = params.linear();
    pair_norm = params.norm();
    attention = read_point_attention(params);
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

struct Scratch {
  Scratch(Workspace& workspace, int64_t n_res, int64_t c, int64_t c_z, int n_workers)
      : initial(workspace.take(n_res * c)),
        frames(workspace.take<Frame>(n_res)),
        temporary(workspace.take_each(n_workers, 3 * kBlock * c)),
        attention(workspace, n_res, c_z, n_workers) {}
  float* initial;  // [N, c], the normalised single representation
  Frame* frames;   // translations in units of kPositionScale
  std::vector<float*> temporary;
  PointAttentionScratch attention;
};

class StructureModule {
 public:
  explicit StructureModule(const KernelArgs& args)
      : args_(args),
        params_(args.params),
        n_res_(args.inputs[0].dim(0)),
        c_(args.inputs[0].dim(1)),
        c_z_(args.inputs[1].dim(2)),
        pair_(args.inputs[1].as<float>()),
        aatype_(checked_classes(args.inputs[2], bio::kNumRestypes, "aatype")),
        mask_(args.inputs[3].as<float>()),
        act_(args.outputs[0].as<float>()),
        workspace_(args.workspace),
        scratch_(workspace_, n_res_, c_, c_z_, args.pool.size()) {}

  void run() {
    prepare_pair_bias(params_.attention, args_.pool, n_res_, c_z_, pair_, params_.pair_norm,
                      scratch_.attention);
    for_each_block(args_.pool, n_res_, kBlock, [&](int64_t first, int64_t n, int worker) {
      initialise(first, n);
      project(first, n, worker);
    });
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      // Positions of other residues are read as projected points only, so frames may change under way.
      for_each_block(args_.pool, n_res_, kBlock, [&](int64_t first, int64_t n, int worker) {
        update_activations(first, n, worker);
        update_frames(first, n, iteration, worker);
        predict_angles(first, n, iteration, worker);
      });
      if (iteration + 1 < kIterations) {
        for_each_block(args_.pool, n_res_, kBlock,
                       [&](int64_t first, int64_t n, int worker) { project(first, n, worker); });
      }
    }
    for (int64_t i = 0; i < n_res_; ++i) write_atoms(i);
  }

 private:
  void initialise(int64_t first, int64_t n) {
    float* initial = scratch_.initial + first * c_;
    layer_norm(n, c_, args_.inputs[0].as<float>() + first * c_, c_, params_.single_norm.scale,
               params_.single_norm.offset, initial, c_);
    apply(params_.initial, n, initial, act_ + first * c_);
    for (int64_t i = first; i < first + n; ++i) scratch_.frames[i] = {{1, 0, 0, 0}, {0, 0, 0}};
  }

  void project(int64_t first, int64_t n, int worker) {
    project_points(params_.attention, first, n, n_res_, act_, scratch_.frames, scratch_.attention, worker);
  }

  void update_activations(int64_t first, int64_t n, int worker) {
    float *act = act_ + first * c_, *x = scratch_.temporary[worker], *y = x + kBlock * c_;
    attend_points(params_.attention, first, n, n_res_, c_z_, pair_, params_.pair_norm, mask_, scratch_.frames,
                  scratch_.attention, worker, x);
    add(n * c_, x, act);
    layer_norm(n, c_, act, c_, params_.attention_norm.scale, params_.attention_norm.offset, act, c_);
    apply_relu(params_.transition[0], n, act, x);
    apply_relu(params_.transition[1], n, x, y);
    apply(params_.transition[2], n, y, x);
    add(n * c_, x, act);
    layer_norm(n, c_, act, c_, params_.transition_norm.scale, params_.transition_norm.offset, act, c_);
  }

  void update_frames(int64_t first, int64_t n, int iteration, int worker) {
    float* changes = scratch_.temporary[worker];
    apply(params_.affine_update, n, act_ + first * c_, changes);
    for (int64_t i = 0; i < n; ++i) {
      Frame& frame = scratch_.frames[first + i];
      update_frame(changes + i * params_.affine_update.c_out, frame);
      float* out = args_.outputs[1].as<float>() + (iteration * n_res_ + first + i) * 7;
      out = std::copy_n(frame.quaternion.data(), 4, out);
      for (size_t axis = 0; axis < 3; ++axis) out[axis] = frame.translation[axis] * kPositionScale;
    }
  }

  void predict_angles(int64_t first, int64_t n, int iteration, int worker) {
    float* relu = scratch_.temporary[worker];
    float *a = relu + kBlock * c_, *b = a + kBlock * c_;
    const float* inputs[2] = {act_, scratch_.initial};
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
    const int64_t at = (iteration * n_res_ + first) * kNumTorsions * 2;
    float* unnormalized = args_.outputs[3].as<float>() + at;
    float* angles = args_.outputs[2].as<float>() + at;
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

  void write_atoms(int64_t i) {
    Frame backbone = scratch_.frames[i];
    for (float& coordinate : backbone.translation) coordinate *= kPositionScale;
    const float* angles = args_.outputs[2].as<float>() + ((kIterations - 1) * n_res_ + i) * kNumTorsions * 2;
    float* atom14 = args_.outputs[4].as<float>() + i * bio::kNumAtom14 * 3;
    place_atoms(aatype_[i], backbone, angles, atom14);
    float* atom37 = args_.outputs[5].as<float>() + i * bio::kNumAtom37 * 3;
    for (int atom = 0; atom < bio::kNumAtom37; ++atom) {
      const bool exists = bio::kAtom37Mask[aatype_[i]][atom] != 0;
      const float* from = atom14 + bio::kAtom37ToAtom14[aatype_[i]][atom] * 3;
      for (int axis = 0; axis < 3; ++axis) atom37[atom * 3 + axis] = exists ? from[axis] : 0.0f;
    }
  }

  const KernelArgs& args_;
  Params params_;
  int64_t n_res_, c_, c_z_;
  const float* pair_;
  const int32_t* aatype_;
  const float* mask_;
  float* act_;  // [N, c], the first output
  Workspace workspace_;
  Scratch scratch_;
};

void run(const KernelArgs& args) { StructureModule(args).run(); }

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  Scratch(workspace, shapes.inputs[0][0], shapes.inputs[0][1], shapes.inputs[1][2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel structure_module_kernel() { return {run, bytes}; }

}  // namespace foldmesh::runtime::cpu
