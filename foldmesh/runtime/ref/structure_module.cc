// Structure module (suppl. algorithms 20-24): eight iterations with the same weights. Frames of monomer
// models are a unit quaternion and a translation, those of multimer models 3x4 matrices.
#include <algorithm>
#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/ipa.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/scratch.h"
#include "foldmesh/runtime/ref/side_chains.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr double kAngleEpsilon = 1e-12, kQuaternionEpsilon = 1e-6;

// What the two kinds of models do differently.
struct Kind {
  bool is_multimer;
  int64_t frame_width;
  double position_scale;  // A per unit of length inside the module
};
constexpr Kind kMonomer = {false, 7, 10}, kMultimer = {true, 12, 20};

struct AngleParams {
  Linear input, initial_input;
  Linear block0_in, block0_out, block1_in, block1_out;
  Linear angles;
};

struct Params {
  LayerNorm single_norm;
  Linear initial_projection;
  LayerNorm pair_norm;
  IpaParams ipa;
  LayerNorm attention_norm;
  Linear transition0, transition1, transition2;
  LayerNorm transition_norm;
  Linear frame_update;
  AngleParams angles;
};

Params read_params(std::span<const tensor::ConstView> views, const Kind& kind) {
  ParamReader params(views);
  Params p;
  p.single_norm = params.layer_norm();
  p.initial_projection = params.linear();
  p.pair_norm = params.layer_norm();
  p.ipa = read_ipa(params, kind.is_multimer);
  p.attention_norm = params.layer_norm();
  p.transition0 = params.linear();
  p.transition1 = params.linear();
  p.transition2 = params.linear();
  p.transition_norm = params.layer_norm();
  p.frame_update = params.linear();
  p.angles.input = params.linear();
  p.angles.initial_input = params.linear();
  p.angles.block0_in = params.linear();
  p.angles.block0_out = params.linear();
  p.angles.block1_in = params.linear();
  p.angles.block1_out = params.linear();
  p.angles.angles = params.linear();
  return p;
}

struct Sizes {
  int64_t n_res, channels, pair_channels, angle_channels;
};

Sizes sizes_of(const tensor::Shape& single, const tensor::Shape& pair, const tensor::Shape& angle_input_w) {
  return {single[0], single[1], pair[2], angle_input_w[1]};
}

struct Scratch {
  double *initial, *pair, *update, *hidden;
  double *frames, *frame_update;  // [N,7] or [N,12] in units of the position scale, [N,6]
  double *angle_act, *angle_hidden, *angle_update;

  Scratch(Arena& arena, const Sizes& n) {
    initial = arena.take(n.n_res * n.channels);
    pair = arena.take(n.n_res * n.n_res * n.pair_channels);
    update = arena.take(n.n_res * n.channels);
    hidden = arena.take(n.n_res * n.channels);
    frames = arena.take(n.n_res * 12);
    frame_update = arena.take(n.n_res * 6);
    angle_act = arena.take(n.n_res * n.angle_channels);
    angle_hidden = arena.take(n.n_res * n.angle_channels);
    angle_update = arena.take(n.n_res * n.angle_channels);
  }
};

constexpr std::string_view kAngleInput = "fold_iteration/rigid_sidechain/input_projection//weights";

size_t workspace_bytes(const KernelShapes& shapes) {
  const Sizes n = sizes_of(shapes.inputs[0], shapes.inputs[1], param(shapes, kAngleInput));
  return bytes_of<Scratch>(n) + ipa_bytes(n.n_res, n.pair_channels, shapes.n_threads);
}

// act := LN(act + transition(act)), three layers deep. Here the sum is normalised, not the branch.
void transition(const Params& p, int64_t n_res, const Scratch& s, double* act) {
  const int64_t size = n_res * p.transition0.n_out;
  apply(p.transition0, act, n_res, s.update);
  relu(s.update, size);
  apply(p.transition1, s.update, n_res, s.hidden);
  relu(s.hidden, size);
  apply(p.transition2, s.hidden, n_res, s.update);
  add(act, s.update, size);
  apply(p.transition_norm, act, n_res, act);
}

// A frame turned and moved by its update (b, c, d, translation), which is expressed in the frame itself.

void update_frame(const double* update, double* frame) {
  const Vec3 moved = apply(rigid_of(frame, 7), {update[3], update[4], update[5]});  // by the rotation before
  const Quaternion old = {frame[0], frame[1], frame[2], frame[3]};
  const Quaternion turned = normalized(multiply(old, {1, update[0], update[1], update[2]}));
  const double values[7] = {turned.w, turned.x, turned.y, turned.z, moved[0], moved[1], moved[2]};
  std::copy_n(values, 7, frame);
}

void update_matrix_frame(const double* update, double* frame) {
  const double squares = 1 + update[0] * update[0] + update[1] * update[1] + update[2] * update[2];
  const double factor = 1 / std::sqrt(std::max(squares, kQuaternionEpsilon));
  const double w = factor, x = factor * update[0], y = factor * update[1], z = factor * update[2];
  Rigid change;
  change.rotation = {{{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
                      {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
                      {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}}};
  change.translation = {update[3], update[4], update[5]};
  const Rigid result = compose(rigid_of(frame, 12), change);
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) frame[4 * i + j] = result.rotation[i][j];
    frame[4 * i + 3] = result.translation[i];
  }
}

void update_frames(const Kind& kind, const Linear& layer, const double* act, int64_t n_res,
                   const Scratch& s) {
  apply(layer, act, n_res, s.frame_update);
  for (int64_t i = 0; i < n_res; ++i) {
    const double* update = s.frame_update + i * 6;
    double* frame = s.frames + i * kind.frame_width;
    kind.is_multimer ? update_matrix_frame(update, frame) : update_frame(update, frame);
  }
}

// Whether number k of a frame belongs to its translation.
bool is_translation(const Kind& kind, int64_t k) { return kind.is_multimer ? k % 4 == 3 : k >= 4; }

void set_identity(const Kind& kind, int64_t n_res, double* frames) {
  const int64_t width = kind.frame_width;
  std::fill_n(frames, n_res * width, 0.0);
  for (int64_t i = 0; i < n_res; ++i) {
    frames[i * width] = 1;
    if (kind.is_multimer) frames[i * width + 5] = frames[i * width + 10] = 1;
  }
}

// act += out(relu(in(relu(act))))
void residual_block(const Linear& in, const Linear& out, int64_t n_res, const Scratch& s) {
  const int64_t size = n_res * in.n_in;
  std::copy_n(s.angle_act, size, s.angle_update);
  relu(s.angle_update, size);
  apply(in, s.angle_update, n_res, s.angle_hidden);
  relu(s.angle_hidden, size);
  apply(out, s.angle_hidden, n_res, s.angle_update);
  add(s.angle_act, s.angle_update, size);
}

// unnormalized and angles [N,7,2]
void predict_angles(const AngleParams& p, const double* act, int64_t n_res, const Scratch& s,
                    double* unnormalized, double* angles) {
  const int64_t size = n_res * p.input.n_in;
  std::copy_n(act, size, s.update);
  relu(s.update, size);
  apply(p.input, s.update, n_res, s.angle_act);
  std::copy_n(s.initial, size, s.update);
  relu(s.update, size);
  apply(p.initial_input, s.update, n_res, s.angle_update);
  add(s.angle_act, s.angle_update, n_res * p.input.n_out);
  residual_block(p.block0_in, p.block0_out, n_res, s);
  residual_block(p.block1_in, p.block1_out, n_res, s);
  relu(s.angle_act, n_res * p.input.n_out);
  apply(p.angles, s.angle_act, n_res, unnormalized);
  for (int64_t k = 0; k < n_res * bio::kNumTorsions; ++k) {
    const double sine = unnormalized[2 * k], cosine = unnormalized[2 * k + 1];
    const double norm = std::sqrt(std::max(sine * sine + cosine * cosine, kAngleEpsilon));
    angles[2 * k] = sine / norm;
    angles[2 * k + 1] = cosine / norm;
  }
}

// `frames` with translations in A
void place_atoms(const Kind& kind, const int32_t* aatype, const double* frames, const double* angles,
                 int64_t n_res, double* atom14, double* atom37) {
  for (int64_t i = 0; i < n_res; ++i) {
    const int type = checked_class(aatype[i], bio::kNumRestypes, "aatype");
    Torsions torsions;
    for (size_t t = 0; t < bio::kNumTorsions; ++t) {
      const double* angle = angles + (i * bio::kNumTorsions + static_cast<int64_t>(t)) * 2;
      torsions[t] = {angle[0], angle[1]};
    }
    const Atom14 atoms = atom14_positions(
        type, rigid_groups(type, rigid_of(frames + i * kind.frame_width, kind.frame_width), torsions));
    const Atom37 sparse = atom37_positions(type, atoms);
    for (const Vec3& atom : atoms) atom14 = std::copy_n(atom.data(), 3, atom14);
    for (const Vec3& atom : sparse) atom37 = std::copy_n(atom.data(), 3, atom37);
  }
}

void run(const KernelArgs& args, const Kind& kind) {
  const Params p = read_params(args.params, kind);
  const Sizes n = sizes_of(args.inputs[0].shape, args.inputs[1].shape, param(args, kAngleInput).shape);
  const auto s = shared_scratch<Scratch>(args.workspace, n);
  const std::span<std::byte> ipa_workspace = args.workspace.subspan(bytes_of<Scratch>(n));
  const double* z = args.inputs[1].as<double>();
  double* act = args.outputs[0].as<double>();
  double* frames = args.outputs[1].as<double>();
  double* angles = args.outputs[2].as<double>();
  double* unnormalized = args.outputs[3].as<double>();

  apply(p.single_norm, args.inputs[0].as<double>(), n.n_res, s.initial);
  apply(p.initial_projection, s.initial, n.n_res, act);
  const int64_t pair_row = n.n_res * n.pair_channels;
  args.pool.parallel_for(
      n.n_res, [&](int64_t i, int) { apply(p.pair_norm, z + i * pair_row, n.n_res, s.pair + i * pair_row); });
  set_identity(kind, n.n_res, s.frames);
  const int64_t width = kind.frame_width;
  const IpaInputs ipa_inputs = {n.n_res, n.pair_channels, act, s.pair, args.inputs[3].as<double>(), s.frames,
                                width};
  const int64_t n_iterations = args.outputs[1].dim(0);
  for (int64_t iteration = 0; iteration < n_iterations; ++iteration) {
    invariant_point_attention(p.ipa, ipa_inputs, args.pool, ipa_workspace, s.update);
    add(act, s.update, n.n_res * n.channels);
    apply(p.attention_norm, act, n.n_res, act);
    transition(p, n.n_res, s, act);
    update_frames(kind, p.frame_update, act, n.n_res, s);
    double* frames_out = frames + iteration * n.n_res * width;
    for (int64_t k = 0; k < n.n_res * width; ++k) {
      frames_out[k] = s.frames[k] * (is_translation(kind, k % width) ? kind.position_scale : 1);
    }
    const int64_t angles_at = iteration * n.n_res * bio::kNumTorsions * 2;
    predict_angles(p.angles, act, n.n_res, s, unnormalized + angles_at, angles + angles_at);
  }
  place_atoms(kind, args.inputs[2].as<int32_t>(), frames + (n_iterations - 1) * n.n_res * width,
              angles + (n_iterations - 1) * n.n_res * bio::kNumTorsions * 2, n.n_res,
              args.outputs[4].as<double>(), args.outputs[5].as<double>());
}

}  // namespace

const Kernel kStructureModule = {[](const KernelArgs& args) { run(args, kMonomer); }, workspace_bytes};
const Kernel kChainStructureModule = {[](const KernelArgs& args) { run(args, kMultimer); }, workspace_bytes};

}  // namespace foldmesh::runtime::ref
