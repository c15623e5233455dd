// Vectors of three doubles.
#ifndef FOLDMESH_RELAX_VEC3_H_
#define FOLDMESH_RELAX_VEC3_H_

#include <array>
#include <cmath>

namespace foldmesh::relax {

using Vec3 = std::array<double, 3>;

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Vec3 operator*(const Vec3& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double norm(const Vec3& a) { return std::sqrt(dot(a, a)); }
inline double distance(const Vec3& a, const Vec3& b) { return norm(a - b); }
// `fallback` where the vector has no direction.
inline Vec3 unit_or(const Vec3& a, const Vec3& fallback) {
  const double length = norm(a);
  return length > 1e-9 ? a * (1 / length) : fallback;
}
// Some unit vector at right angles to the unit vector `a`.
inline Vec3 any_normal(const Vec3& a) {
  const Vec3 axis = std::abs(a[0]) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  return unit_or(cross(a, axis), {0, 0, 1});
}

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_VEC3_H_
