#include "foldmesh/runtime/cpu/structure_layers.h"

#include <cmath>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/vec.h"

namespace foldmesh::runtime::cpu {

void apply(const Linear& linear, int64_t n, const float* x, float* y) {
  gemm(n, linear.c_out, linear.c_in, {x, linear.c_in}, {linear.weights, linear.c_out}, y, linear.c_out);
  add_bias(n, linear.c_out, linear.bias, y, linear.c_out);
}

void apply_relu(const Linear& linear, int64_t n, const float* x, float* y) {
  gemm(n, linear.c_out, linear.c_in, {x, linear.c_in}, {linear.weights, linear.c_out}, y, linear.c_out);
  add_bias_relu(n, linear.c_out, linear.bias, y, linear.c_out);
}

const tensor::ConstView& ParamList::take() {
  if (left_.empty()) base::throw_internal("structure module: too few parameters");
  const tensor::ConstView& param = left_.front();
  left_ = left_.subspan(1);
  return param;
}

Norm ParamList::norm() {
  const float* scale = vector();
  return {scale, vector()};
}

Linear ParamList::linear() {
  const tensor::ConstView& weights = take();
  return {weights.as<float>(), vector(), weights.dim(0), weights.dim(1)};
}

Rotation rotation_of(const std::array<float, 4>& quaternion) {
  const auto [w, x, y, z] = quaternion;
  return {{{{w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)},
            {2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)},
            {2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z}}}};
}

void update_frame(const float* change, Frame& frame) {
  const Rotation rotation = rotation_of(frame.quaternion);  // the translation moves with the old rotation
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto& row = rotation.m[axis];
    frame.translation[axis] += row[0] * change[3] + row[1] * change[4] + row[2] * change[5];
  }
  const float b = change[0], c = change[1], d = change[2];
  const auto [w, x, y, z] = frame.quaternion;  // times (1, b, c, d) from the right
  const std::array<float, 4> product = {w - x * b - y * c - z * d, x + w * b + y * d - z * c,
                                        y + w * c - x * d + z * b, z + w * d + x * c - y * b};
  float squares = 0.0f;
  for (const float component : product) squares += component * component;
  const float length = std::sqrt(squares);
  for (size_t k = 0; k < 4; ++k) frame.quaternion[k] = product[k] / length;
}

namespace {

struct Transform {
  float rotation[3][3];
  float translation[3];
};

Transform compose(const Transform& outer, const Transform& inner) {
  Transform result;
  for (int i = 0; i < 3; ++i) {
    const float* row = outer.rotation[i];
    for (int j = 0; j < 3; ++j) {
      result.rotation[i][j] =
          row[0] * inner.rotation[0][j] + row[1] * inner.rotation[1][j] + row[2] * inner.rotation[2][j];
    }
    result.translation[i] =
        outer.translation[i] +
        (row[0] * inner.translation[0] + row[1] * inner.translation[1] + row[2] * inner.translation[2]);
  }
  return result;
}

// The group's frame in its parent after turning it by the torsion about its x axis.
Transform turned_default_frame(int32_t restype, int group, float sine, float cosine) {
  Transform frame;
  for (int i = 0; i < 3; ++i) {
    const float* row = bio::kRigidGroupDefaultFrame[restype][group][i];
    frame.rotation[i][0] = row[0];
    frame.rotation[i][1] = row[1] * cosine + row[2] * sine;
    frame.rotation[i][2] = row[2] * cosine - row[1] * sine;
    frame.translation[i] = row[3];
  }
  return frame;
}

}  // namespace

void place_atoms(int32_t restype, const Frame& backbone, const float* angles, float* atom14) {
  constexpr int kFirstChi = 4;
  Transform base;
  const Rotation rotation = rotation_of(backbone.quaternion);
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) base.rotation[i][j] = rotation.m[i][j];
    base.translation[i] = backbone.translation[i];
  }
  Transform global[bio::kNumRigidGroups];
  Transform chi = {};
  for (int group = 0; group < bio::kNumRigidGroups; ++group) {
    const float sine = group == 0 ? 0.0f : angles[(group - 1) * 2];
    const float cosine = group == 0 ? 1.0f : angles[(group - 1) * 2 + 1];
    const Transform local = turned_default_frame(restype, group, sine, cosine);
    if (group >= kFirstChi) {  // each chi turns in the frame of the one before
      chi = group == kFirstChi ? local : compose(chi, local);
      global[group] = compose(base, chi);
    } else {
      global[group] = compose(base, local);
    }
  }
  for (int atom = 0; atom < bio::kNumAtom14; ++atom) {
    const Transform& frame = global[bio::kAtom14ToRigidGroup[restype][atom]];
    const float* position = bio::kAtom14LiteraturePosition[restype][atom];
    const bool exists = bio::kAtom14Mask[restype][atom] != 0;
    for (int i = 0; i < 3; ++i) {
      const float* row = frame.rotation[i];
      const float value =
          row[0] * position[0] + row[1] * position[1] + row[2] * position[2] + frame.translation[i];
      atom14[atom * 3 + i] = exists ? value : 0.0f;
    }
  }
}

}  // namespace foldmesh::runtime::cpu
