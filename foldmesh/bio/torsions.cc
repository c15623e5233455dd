#include "foldmesh/bio/torsions.h"

#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::bio {
namespace {

// Keeps lengths of degenerate vectors away from 0.
constexpr double kEpsilon = 1e-8;
constexpr size_t kPsi = 2, kFirstChi = 3;

using Vec3 = std::array<double, 3>;

Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 scaled(const Vec3& v, double factor) { return {v[0] * factor, v[1] * factor, v[2] * factor}; }
Vec3 normalized(const Vec3& v) { return scaled(v, 1.0 / std::sqrt(dot(v, v) + kEpsilon)); }
Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

// An atom and whether it is known.
struct Atom {
  Vec3 position = {0, 0, 0};
  bool known = false;
};

using FourAtoms = std::array<Atom, 4>;

// Sine and cosine of the dihedral angle: where the fourth atom lies around the axis from the second to the
// third, counted from the first.
ResidueTorsions::SinCos dihedral(const FourAtoms& atoms) {
  const Vec3& origin = atoms[2].position;
  const Vec3 x_axis = normalized(origin - atoms[1].position);
  const Vec3 to_first = atoms[0].position - origin;
  const Vec3 y_axis = normalized(to_first - scaled(x_axis, dot(x_axis, to_first)));
  const Vec3 z_axis = cross(x_axis, y_axis);
  const Vec3 to_fourth = atoms[3].position - origin;
  const double sine = dot(z_axis, to_fourth), cosine = dot(y_axis, to_fourth);
  const double norm = std::sqrt(sine * sine + cosine * cosine + kEpsilon);
  return {sine / norm, cosine / norm};
}

class Chain {
 public:
  Chain(std::span<const float> positions, std::span<const float> mask) : positions_(positions), mask_(mask) {}

  // Residue -1 has no atoms.
  Atom atom(int64_t residue, int slot) const {
    if (residue < 0) return {};
    const auto at = static_cast<size_t>(residue * kNumAtom37 + slot);
    return {{positions_[3 * at], positions_[3 * at + 1], positions_[3 * at + 2]}, mask_[at] != 0};
  }

 private:
  std::span<const float> positions_, mask_;
};

FourAtoms torsion_atoms(const Chain& chain, int64_t i, int type, size_t torsion) {
  const auto atom = [&](int64_t residue, int slot) { return chain.atom(residue, slot); };
  switch (torsion) {
    case 0:
      return {atom(i - 1, kAtom37Ca), atom(i - 1, kAtom37C), atom(i, kAtom37N), atom(i, kAtom37Ca)};
    case 1:
      return {atom(i - 1, kAtom37C), atom(i, kAtom37N), atom(i, kAtom37Ca), atom(i, kAtom37C)};
    case kPsi:
      return {atom(i, kAtom37N), atom(i, kAtom37Ca), atom(i, kAtom37C), atom(i, kAtom37O)};
    default:
      break;
  }
  const auto& slots = kChiAtom37[type][torsion - kFirstChi];
  return {atom(i, slots[0]), atom(i, slots[1]), atom(i, slots[2]), atom(i, slots[3])};
}

ResidueTorsions torsions_of_residue(const Chain& chain, int64_t i, int type) {
  ResidueTorsions out;
  for (size_t t = 0; t < kNumTorsions; ++t) {
    const FourAtoms atoms = torsion_atoms(chain, i, type, t);
    const bool is_chi = t >= kFirstChi;
    auto& [sine, cosine] = out.sin_cos[t] = dihedral(atoms);
    if (t == kPsi) {  // measured to O, which is opposite to the next residue's N
      sine = -sine;
      cosine = -cosine;
    }
    const bool exists = !is_chi || kChiMask[type][t - kFirstChi] != 0;
    out.mask[t] = exists && atoms[0].known && atoms[1].known && atoms[2].known && atoms[3].known;
    const bool periodic = is_chi && kChiPiPeriodic[type][t - kFirstChi] != 0;
    out.alt_sin_cos[t] = periodic ? ResidueTorsions::SinCos{-sine, -cosine} : out.sin_cos[t];
  }
  return out;
}

}  // namespace

std::vector<ResidueTorsions> torsions_of_atom37(std::span<const int32_t> aatype,
                                                std::span<const float> positions,
                                                std::span<const float> mask) {
  const size_t n_res = aatype.size();
  if (mask.size() != n_res * kNumAtom37 || positions.size() != 3 * mask.size()) {
    base::throw_internal("{} residues with {} coordinates and {} masks", n_res, positions.size(),
                         mask.size());
  }
  const Chain chain(positions, mask);
  std::vector<ResidueTorsions> out;
  out.reserve(n_res);
  for (size_t i = 0; i < n_res; ++i) {
    const bool known_type = aatype[i] >= 0 && aatype[i] < kRestypeX;
    out.push_back(torsions_of_residue(chain, static_cast<int64_t>(i), known_type ? aatype[i] : kRestypeX));
  }
  return out;
}

}  // namespace foldmesh::bio
