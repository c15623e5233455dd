// Internal: rotations, rigid transformations and quaternions in double precision.
#ifndef FOLDMESH_RUNTIME_REF_RIGID_H_
#define FOLDMESH_RUNTIME_REF_RIGID_H_

#include <array>
#include <cmath>
#include <cstdint>

namespace foldmesh::runtime::ref {

using Vec3 = std::array<double, 3>;
using Mat3 = std::array<std::array<double, 3>, 3>;

// x -> rotation x + translation. The rotation need not be orthogonal: groups that a residue type lacks have a
// zero one.
struct Rigid {
  Mat3 rotation = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Vec3 translation = {0, 0, 0};
};

inline Vec3 rotate(const Mat3& r, const Vec3& v) {
  Vec3 out;
  for (size_t i = 0; i < 3; ++i) out[i] = r[i][0] * v[0] + r[i][1] * v[1] + r[i][2] * v[2];
  return out;
}

inline Vec3 apply(const Rigid& rigid, const Vec3& v) {
  const Vec3 rotated = rotate(rigid.rotation, v);
  return {rotated[0] + rigid.translation[0], rotated[1] + rigid.translation[1],
          rotated[2] + rigid.translation[2]};
}

// The point that apply() would send to v, for an orthogonal rotation.
inline Vec3 apply_inverse(const Rigid& rigid, const Vec3& v) {
  Vec3 out;
  for (size_t i = 0; i < 3; ++i) {
    out[i] = 0;
    for (size_t k = 0; k < 3; ++k) out[i] += rigid.rotation[k][i] * (v[k] - rigid.translation[k]);
  }
  return out;
}

// First `inner`, then `outer`.
inline Rigid compose(const Rigid& outer, const Rigid& inner) {
  Rigid out;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      out.rotation[i][j] = 0;
      for (size_t k = 0; k < 3; ++k) out.rotation[i][j] += outer.rotation[i][k] * inner.rotation[k][j];
    }
  }
  out.translation = apply(outer, inner.translation);
  return out;
}

struct Quaternion {
  double w = 1, x = 0, y = 0, z = 0;
};

// Of a unit quaternion.
inline Mat3 rotation_of(const Quaternion& q) {
  const auto [w, x, y, z] = q;
  return {{{w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)},
           {2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)},
           {2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z}}};
}

// Out of 7 numbers: unit quaternion w,x,y,z and translation; or of 12: a 3x4 matrix, the translation its last
// column.
inline Rigid rigid_of(const double* frame, int64_t width) {
  if (width == 7)
    return {rotation_of({frame[0], frame[1], frame[2], frame[3]}), {frame[4], frame[5], frame[6]}};
  Rigid out;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) out.rotation[i][j] = frame[4 * i + j];
    out.translation[i] = frame[4 * i + 3];
  }
  return out;
}

// Hamilton product.
inline Quaternion multiply(const Quaternion& a, const Quaternion& b) {
  return {a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
          a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

inline Quaternion normalized(const Quaternion& q) {
  const double norm = std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  return {q.w / norm, q.x / norm, q.y / norm, q.z / norm};
}

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_RIGID_H_
