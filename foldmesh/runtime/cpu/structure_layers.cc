#include "foldmesh/runtime/cpu/structure_layers.h"

#include <algorithm>
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

namespace {

Rotation rotation_of(const float* quaternion) {
  const float w = quaternion[0], x = quaternion[1], y = quaternion[2], z = quaternion[3];
  return {{{{w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)},
            {2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)},
            {2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z}}}};
}

// The translation moves with the old rotation.
std::array<float, 3> moved(const Rigid& frame, const float* by) {
  std::array<float, 3> result = frame.translation;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto& row = frame.rotation.m[axis];
    result[axis] += row[0] * by[0] + row[1] * by[1] + row[2] * by[2];
  }
  return result;
}

void turn_quaternion(const float* change, float* quaternion) {
  const float b = change[0], c = change[1], d = change[2];
  const float w = quaternion[0], x = quaternion[1], y = quaternion[2],
              z = quaternion[3];  // times (1, b, c, d) from the right
  const std::array<float, 4> product = {w - x * b - y * c - z * d, x + w * b + y * d - z * c,
                                        y + w * c - x * d + z * b, z + w * d + x * c - y * b};
  float squares = 0.0f;
  for (const float component : product) squares += component * component;
  const float length = std::sqrt(squares);
  for (size_t k = 0; k < 4; ++k) quaternion[k] = product[k] / length;
}

// Of the quaternion (1, b, c, d), normalised.
Rotation rotation_by(const float* change) {
  constexpr float kLeastSquares = 1e-6f;
  const float b = change[0], c = change[1], d = change[2];
  const float w = 1.0f / std::sqrt(std::max(1.0f + b * b + c * c + d * d, kLeastSquares));
  const float x = w * b, y = w * c, z = w * d;
  return {{{{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
            {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
            {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}}}};
}

}  // namespace

Rigid Frames::rigid(int64_t i) const {
  const float* frame = at(i);
  if (width_ == kQuaternions) return {rotation_of(frame), {frame[4], frame[5], frame[6]}};
  Rigid rigid;
  for (size_t row = 0; row < 3; ++row) {
    std::copy_n(frame + 4 * row, 3, rigid.rotation.m[row].begin());
    rigid.translation[row] = frame[4 * row + 3];
  }
  return rigid;
}

void Frames::set_identity(int64_t i) const {
  float* frame = at(i);
  std::fill_n(frame, width_, 0.0f);
  frame[0] = 1.0f;
  if (width_ == kMatrices) frame[5] = frame[10] = 1.0f;
}

void Frames::update(int64_t i, const float* change) const {
  const Rigid old = rigid(i);
  const std::array<float, 3> translation = moved(old, change + 3);
  float* frame = at(i);
  if (width_ == kQuaternions) {
    turn_quaternion(change, frame);
    std::copy_n(translation.begin(), 3, frame + 4);
    return;
  }
  const Rotation turn = rotation_by(change);
  for (size_t row = 0; row < 3; ++row) {
    const auto& r = old.rotation.m[row];
    for (size_t column = 0; column < 3; ++column) {
      frame[4 * row + column] =
          r[0] * turn.m[0][column] + r[1] * turn.m[1][column] + r[2] * turn.m[2][column];
    }
    frame[4 * row + 3] = translation[row];
  }
}

void Frames::write_scaled(int64_t i, float scale, float* to) const {
  std::copy_n(at(i), width_, to);
  if (width_ == kQuaternions) {
    for (int64_t k = 4; k < 7; ++k) to[k] *= scale;
  } else {
    for (int64_t k = 3; k < 12; k += 4) to[k] *= scale;
  }
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

void place_atoms(int32_t restype, const Rigid& backbone, const float* angles, float* atom14) {
  constexpr int kFirstChi = 4;
  Transform base;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) base.rotation[i][j] = backbone.rotation.m[i][j];
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
