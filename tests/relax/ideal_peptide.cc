#include "tests/relax/ideal_peptide.h"

#include <numbers>
#include <vector>

#include "foldmesh/base/rng.h"
#include "foldmesh/relax/heavy_atoms.h"

namespace foldmesh::relax {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

// The atom d with bond length c-d, angle b-c-d and dihedral a-b-c-d.
Vec3 extend(const Vec3& a, const Vec3& b, const Vec3& c, double length, double angle, double dihedral) {
  const Vec3 x = unit_or(c - b, {1, 0, 0});
  const Vec3 z = unit_or(cross(b - a, x), {0, 0, 1}), y = cross(z, x);
  return c + x * (-length * std::cos(angle)) +
         (y * std::cos(dihedral) + z * std::sin(dihedral)) * (length * std::sin(angle));
}

}  // namespace

bio::Structure ideal_peptide(std::string_view sequence, const PeptideShape& shape) {
  const size_t n = sequence.size();
  std::vector<Vec3> backbone = {{0, 0, 0}, {1.458, 0, 0}, {1.458 + 1.525 * 0.358, 1.525 * 0.934, 0}};
  while (backbone.size() < 3 * n + 1) {
    const size_t k = backbone.size();
    const Vec3 &a = backbone[k - 3], &b = backbone[k - 2], &c = backbone[k - 1];
    switch (k % 3) {
      case 0:
        backbone.push_back(extend(a, b, c, 1.329, 116.6 * kDegree, shape.psi * kDegree));
        break;
      case 1:
        backbone.push_back(extend(a, b, c, 1.458, 121.7 * kDegree, std::numbers::pi));
        break;
      default:
        backbone.push_back(extend(a, b, c, 1.525, 111.0 * kDegree, shape.phi * kDegree));
        break;
    }
  }
  bio::Structure out;
  out.chain_ids = {"A"};
  std::vector<Vec3> others;
  for (const Vec3& p : backbone) others.push_back(p);
  for (size_t i = 0; i < n; ++i) {
    HeavyAtoms residue;
    residue.aatype = bio::restype_of(sequence[i]);
    residue.position[bio::kAtom37N] = backbone[3 * i];
    residue.position[bio::kAtom37Ca] = backbone[3 * i + 1];
    residue.position[bio::kAtom37C] = backbone[3 * i + 2];
    complete_backbone(residue);
    complete_side_chain(residue, backbone[3 * i + 3], others);
    out.aatype.push_back(residue.aatype);
    out.residue_index.push_back(static_cast<int>(i));
    out.chain_index.push_back(0);
    out.plddt.push_back(90);
    auto& positions = out.atom_position.emplace_back();
    auto& mask = out.atom_mask.emplace_back();
    for (size_t slot = 0; slot < bio::kNumAtom37; ++slot) {
      if (!residue.position[slot]) continue;
      others.push_back(*residue.position[slot]);
      mask[slot] = 1;
      for (size_t k = 0; k < 3; ++k) {
        positions[slot][k] = static_cast<float>((*residue.position[slot])[k] + shape.shift[k]);
      }
    }
  }
  return out;
}

bio::Structure join(const bio::Structure& a, const bio::Structure& b) {
  bio::Structure out = a;
  const int n_chains = static_cast<int>(a.chain_ids.size());
  for (size_t i = 0; i < b.n_res(); ++i) {
    out.aatype.push_back(b.aatype[i]);
    out.atom_position.push_back(b.atom_position[i]);
    out.atom_mask.push_back(b.atom_mask[i]);
    out.residue_index.push_back(b.residue_index[i]);
    out.chain_index.push_back(b.chain_index[i] + n_chains);
    out.plddt.push_back(b.plddt[i]);
  }
  for (size_t c = 0; c < b.chain_ids.size(); ++c) {
    out.chain_ids.push_back(std::string(1, static_cast<char>('A' + n_chains + static_cast<int>(c))));
  }
  return out;
}

void shake(bio::Structure& structure, double size, uint64_t seed) {
  base::Rng rng(seed);
  for (size_t i = 0; i < structure.n_res(); ++i) {
    for (auto& position : structure.atom_position[i]) {
      for (float& x : position) x += static_cast<float>((2 * rng.uniform() - 1) * size);
    }
  }
}

void move_from(bio::Structure& structure, size_t first, const std::array<double, 3>& shift) {
  for (size_t i = first; i < structure.n_res(); ++i) {
    for (auto& position : structure.atom_position[i]) {
      for (size_t k = 0; k < 3; ++k) position[k] += static_cast<float>(shift[k]);
    }
  }
}

bio::Structure epsilon_histidine() {
  const bio::Structure chain = ideal_peptide("AHA");
  const auto at = [](const bio::Structure& s, size_t i, std::string_view name) {
    size_t slot = 0;
    while (bio::kAtom37Names[slot] != name) ++slot;
    const auto& p = s.atom_position[i][slot];
    return Vec3{static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  };
  const Vec3 ne2 = at(chain, 1, "NE2");
  const Vec3 acceptor = ne2 + unit_or(ne2 * 2 - at(chain, 1, "CD2") - at(chain, 1, "CE1"), {1, 0, 0}) * 2.9;
  bio::Structure other = ideal_peptide("GG");
  move_from(other, 0, acceptor - at(other, 0, "O"));
  return join(chain, other);
}

std::string random_sequence(size_t n, uint64_t seed) {
  base::Rng rng(seed);
  std::string out;
  while (out.size() < n) out += kAllTwenty[rng.below(kAllTwenty.size())];
  return out;
}

}  // namespace foldmesh::relax
