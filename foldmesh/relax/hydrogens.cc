#include "foldmesh/relax/hydrogens.h"

#include <algorithm>
#include <numbers>

namespace foldmesh::relax {
namespace {

constexpr double kDegree = std::numbers::pi / 180, kTetrahedral = 109.5 * kDegree, kTrigonal = 120 * kDegree;

double bond_length(char element) {  // Å
  switch (element) {
    case 'N':
      return 1.01;
    case 'O':
      return 0.96;
    case 'S':
      return 1.336;
    default:
      return 1.09;
  }
}

class Placer {
 public:
  explicit Placer(Molecule& molecule)
      : molecule_(molecule), heavy_(molecule.atoms.size()), hydrogens_(molecule.atoms.size()) {
    for (const auto& [a, b] : molecule.bonds) {
      (molecule.atoms[b].is_hydrogen ? hydrogens_ : heavy_)[a].push_back(b);
      (molecule.atoms[a].is_hydrogen ? hydrogens_ : heavy_)[b].push_back(a);
    }
  }

  void run() {
    for (size_t parent = 0; parent < molecule_.atoms.size(); ++parent) {
      if (!hydrogens_[parent].empty() && !molecule_.atoms[parent].is_hydrogen) around(parent);
    }
  }

 private:
  const Vec3& at(size_t atom) const { return molecule_.atoms[atom].position; }
  char element(size_t atom) const { return molecule_.atom_class(molecule_.atoms[atom]).element; }

  void put(size_t parent, size_t hydrogen, const Vec3& direction) {
    molecule_.atoms[hydrogen].position = at(parent) + direction * bond_length(element(parent));
  }

  void around(size_t parent) {
    if (heavy_[parent].size() == 1) {
      rotor(parent);
      return;
    }
    Vec3 sum{};
    for (const size_t other : heavy_[parent]) sum = sum + unit_or(at(other) - at(parent), {1, 0, 0});
    const Vec3 first = unit_or(at(heavy_[parent][0]) - at(parent), {1, 0, 0});
    const Vec3 away = unit_or(sum * -1, any_normal(first));
    if (hydrogens_[parent].size() == 1) {
      put(parent, hydrogens_[parent][0], away);
      return;
    }
    // Two hydrogens, two heavy neighbours: above and below their plane.
    const Vec3 normal = unit_or(cross(first, at(heavy_[parent][1]) - at(parent)), any_normal(away));
    const double half = kTetrahedral / 2;
    put(parent, hydrogens_[parent][0], away * std::cos(half) + normal * std::sin(half));
    put(parent, hydrogens_[parent][1], away * std::cos(half) - normal * std::sin(half));
  }

  // One heavy neighbour: hydrogens on a cone around the bond, by their dihedral angle to an atom behind it.
  void rotor(size_t parent) {
    const size_t neighbour = heavy_[parent][0];
    const Vec3 axis = unit_or(at(neighbour) - at(parent), {1, 0, 0});
    Vec3 behind = any_normal(axis);
    for (const size_t other : heavy_[neighbour]) {
      if (other == parent) continue;
      behind = at(other) - at(neighbour);
      break;
    }
    const Vec3 e1 = unit_or(behind - axis * dot(behind, axis), any_normal(axis)), e2 = cross(axis, e1);
    const size_t n = hydrogens_[parent].size();
    const bool at_ring = element(parent) == 'O' && heavy_[neighbour].size() == 3 && is_planar(neighbour);
    const double cone = n == 2 || at_ring ? kTrigonal : kTetrahedral;
    const auto direction = [&](double dihedral) {
      return axis * std::cos(cone) + (e1 * std::cos(dihedral) + e2 * std::sin(dihedral)) * std::sin(cone);
    };
    if (n == 1) {
      put(parent, hydrogens_[parent][0], widest(parent, direction, at_ring));
      return;
    }
    for (size_t i = 0; i < n; ++i) {
      const double step = n == 2 ? 180 : 120;
      put(parent, hydrogens_[parent][i], direction((180 + step * static_cast<double>(i)) * kDegree));
    }
  }

  // A carbon with three heavy neighbours and no hydrogen.
  bool is_planar(size_t atom) const { return hydrogens_[atom].empty(); }

  template <typename Direction>
  Vec3 widest(size_t parent, const Direction& direction, bool at_ring) const {
    static constexpr double kStaggered[] = {180, 60, -60}, kFlat[] = {180, 0, 0};
    Vec3 best = direction(180 * kDegree);
    double room = -1;
    for (const double angle : at_ring ? kFlat : kStaggered) {
      const Vec3 candidate = direction(angle * kDegree);
      const Vec3 position = at(parent) + candidate * bond_length(element(parent));
      double nearest = 1e9;
      for (size_t i = 0; i < molecule_.atoms.size(); ++i) {
        if (i != parent && !molecule_.atoms[i].is_hydrogen)
          nearest = std::min(nearest, distance2(i, position));
      }
      if (nearest > room + 1e-9) {
        room = nearest;
        best = candidate;
      }
    }
    return best;
  }
  double distance2(size_t atom, const Vec3& position) const {
    const Vec3 v = at(atom) - position;
    return dot(v, v);
  }

  Molecule& molecule_;
  std::vector<std::vector<size_t>> heavy_, hydrogens_;  // neighbours
};

}  // namespace

void place_hydrogens(Molecule& molecule) { Placer(molecule).run(); }

}  // namespace foldmesh::relax
