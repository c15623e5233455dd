#include "foldmesh/features/chain_templates.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using Vec3 = std::array<double, 3>;

Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 operator*(double factor, const Vec3& v) { return {factor * v[0], factor * v[1], factor * v[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vec3 normalized(const Vec3& v) {
  constexpr double kLeastNorm = 1e-6;
  return 1 / std::max(std::sqrt(dot(v, v)), kLeastNorm) * v;
}

struct SinCos {
  double sine = 0, cosine = 1;
};
// Of the angle between the planes of the first and of the last three points.
SinCos dihedral(const std::array<Vec3, 4>& p) {
  const Vec3 first = p[1] - p[0], axis = p[2] - p[1], last = p[3] - p[2];
  const Vec3 normal = cross(first, axis), other_normal = cross(axis, last);
  const double sine = std::sqrt(dot(axis, axis)) * dot(first, other_normal),
               cosine = dot(normal, other_normal);
  const double length = std::hypot(sine, cosine);
  return length > 0 ? SinCos{sine / length, cosine / length} : SinCos{};
}

// One residue of one template.
class Residue {
 public:
  Residue(int32_t type, const float* positions, const float* mask)
      : type_(type), positions_(positions), mask_(mask) {}

  int beta_slot() const { return type_ == bio::kRestypeGly ? bio::kAtom37Ca : bio::kAtom37Cb; }
  Vec3 atom(int slot) const {
    const float* at = positions_ + 3 * slot;
    return {double{at[0]}, double{at[1]}, double{at[2]}};
  }
  float mask(int slot) const { return mask_[slot]; }

  void write_frame(float* frame) const {
    const Vec3 origin = atom(bio::kAtom37Ca), to_n = atom(bio::kAtom37N) - origin;
    const Vec3 x = normalized(atom(bio::kAtom37C) - origin);
    const Vec3 y = normalized(to_n - dot(x, to_n) * x);
    const Vec3 z = cross(x, y);
    for (size_t row = 0; row < 3; ++row) {
      const double values[4] = {x[row], y[row], z[row], origin[row]};
      frame = std::transform(values, values + 4, frame, [](double v) { return static_cast<float>(v); });
    }
  }
  void write_chi(float* chi) const {
    if (type_ >= bio::kNumAminoAcids) return;
    for (int k = 0; k < bio::kNumChi; ++k) {
      const uint8_t* slots = bio::kChiAtom37[type_][k];
      float known = bio::kChiMask[type_][k];
      std::array<Vec3, 4> atoms;
      for (size_t a = 0; a < 4; ++a) {
        known *= mask(slots[a]);
        atoms[a] = atom(slots[a]);
      }
      if (known == 0) continue;
      const SinCos angle = dihedral(atoms);
      chi[k] = known * static_cast<float>(angle.sine);
      chi[bio::kNumChi + k] = known * static_cast<float>(angle.cosine);
      chi[2 * bio::kNumChi + k] = known;
    }
  }

 private:
  int32_t type_;
  const float *positions_, *mask_;
};

}  // namespace

ChainTemplates chain_templates(int64_t n_templates, int64_t n_res, std::span<const int32_t> aatype,
                               std::span<const float> positions, std::span<const float> mask) {
  const auto n = static_cast<size_t>(n_templates * n_res);
  if (aatype.size() != n || mask.size() != n * bio::kNumAtom37 || positions.size() != 3 * mask.size()) {
    base::throw_internal("template arrays do not fit {} templates of {} residues", n_templates, n_res);
  }
  ChainTemplates out = {tensor::Tensor(DType::kF32, {n_templates, n_res, 3}),
                        tensor::Tensor(DType::kF32, {n_templates, n_res}),
                        tensor::Tensor(DType::kF32, {n_templates, n_res, 12}),
                        tensor::Tensor(DType::kF32, {n_templates, n_res}),
                        tensor::Tensor(DType::kF32, {n_templates, n_res, 3 * bio::kNumChi})};
  for (size_t i = 0; i < n; ++i) {
    const Residue residue(aatype[i], positions.data() + i * bio::kNumAtom37 * 3,
                          mask.data() + i * bio::kNumAtom37);
    std::copy_n(positions.data() + (i * bio::kNumAtom37 + static_cast<size_t>(residue.beta_slot())) * 3, 3,
                out.pseudo_beta.as<float>() + 3 * i);
    out.pseudo_beta_mask.as<float>()[i] = residue.mask(residue.beta_slot());
    residue.write_frame(out.backbone_frame.as<float>() + 12 * i);
    out.backbone_mask.as<float>()[i] =
        residue.mask(bio::kAtom37N) * residue.mask(bio::kAtom37Ca) * residue.mask(bio::kAtom37C);
    residue.write_chi(out.chi.as<float>() + 3 * bio::kNumChi * i);
  }
  return out;
}

bool is_empty_template(std::span<const int32_t> aatype, std::span<const float> mask) {
  return std::all_of(aatype.begin(), aatype.end(), [](int32_t type) { return type == 0; }) &&
         std::all_of(mask.begin(), mask.end(), [](float m) { return m == 0; });
}

}  // namespace foldmesh::features
