// Which term applies to which atoms.
#include <algorithm>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/molecule.h"

namespace foldmesh::relax {
namespace {

bool fits(int row_class, int atom_class) { return row_class == kAnyClass || row_class == atom_class; }

class Assigner {
 public:
  explicit Assigner(const Molecule& molecule)
      : molecule_(molecule), field_(*molecule.field), neighbours_(molecule.atoms.size()) {
    for (const Atom& atom : molecule.atoms) class_of_.push_back(molecule.form_atom(atom).atom_class);
    for (const auto& [a, b] : molecule.bonds) {
      neighbours_[a].push_back(b);
      neighbours_[b].push_back(a);
    }
    for (auto& list : neighbours_) std::sort(list.begin(), list.end());
  }

  Terms run() {
    out_.coulomb_scale14 = field_.coulomb_scale14;
    out_.lj_scale14 = field_.lj_scale14;
    for (const Atom& atom : molecule_.atoms) {
      const AtomClass& kind = molecule_.atom_class(atom);
      out_.particles.push_back({kind.mass, molecule_.form_atom(atom).charge, kind.sigma, kind.epsilon});
    }
    bonds();
    angles();
    propers();
    impropers();
    return std::move(out_);
  }

 private:
  char element(size_t atom) const { return field_.classes[static_cast<size_t>(class_of_[atom])].element; }
  double mass(size_t atom) const { return field_.classes[static_cast<size_t>(class_of_[atom])].mass; }

  void bonds() {
    out_.all_bonds = molecule_.bonds;
    std::sort(out_.all_bonds.begin(), out_.all_bonds.end());
    for (const auto& [a, b] : out_.all_bonds) {
      const int i = class_of_[a], j = class_of_[b];
      const auto row = std::find_if(field_.bonds.begin(), field_.bonds.end(), [&](const BondRow& r) {
        return (r.classes[0] == i && r.classes[1] == j) || (r.classes[0] == j && r.classes[1] == i);
      });
      if (row == field_.bonds.end()) missing("bond", {i, j});
      const bool constrained = element(a) == 'H' || element(b) == 'H';
      (constrained ? out_.constraints : out_.bonds).push_back({a, b, row->length, row->k});
    }
  }

  void angles() {
    for (size_t centre = 0; centre < neighbours_.size(); ++centre) {
      const auto& around = neighbours_[centre];
      for (size_t x = 0; x < around.size(); ++x) {
        for (size_t y = x + 1; y < around.size(); ++y) add_angle(around[x], centre, around[y]);
      }
    }
  }

  void add_angle(size_t a, size_t centre, size_t c) {
    const int i = class_of_[a], j = class_of_[centre], k = class_of_[c];
    for (const AngleRow& row : field_.angles) {
      const auto& [p, q, r] = row.classes;
      if (q != j || !((p == i && r == k) || (p == k && r == i))) continue;
      out_.angles.push_back({a, centre, c, row.angle, row.k});
      return;
    }
    missing("angle", {i, j, k});
  }

  // Rows without wildcards win; of several with wildcards, the first.
  const TorsionRow* proper_row(const std::array<int, 4>& c) {
    const auto [known, is_new] = proper_rows_.try_emplace(c, nullptr);
    if (!is_new) return known->second;
    for (const TorsionRow& row : field_.propers) {
      const auto& r = row.classes;
      const bool forward = fits(r[0], c[0]) && fits(r[1], c[1]) && fits(r[2], c[2]) && fits(r[3], c[3]);
      const bool backward = fits(r[0], c[3]) && fits(r[1], c[2]) && fits(r[2], c[1]) && fits(r[3], c[0]);
      if (!forward && !backward) continue;
      if (known->second == nullptr || !row.has_wildcard()) known->second = &row;
      if (!row.has_wildcard()) break;
    }
    return known->second;
  }

  void propers() {
    for (size_t b = 0; b < neighbours_.size(); ++b) {
      for (const size_t c : neighbours_[b]) {
        if (c < b) continue;
        for (const size_t a : neighbours_[b]) {
          if (a == c) continue;
          for (const size_t d : neighbours_[c]) {
            if (d == b || d == a) continue;
            const TorsionRow* row = proper_row({class_of_[a], class_of_[b], class_of_[c], class_of_[d]});
            if (row != nullptr) add_torsion({a, b, c, d}, *row);
          }
        }
      }
    }
  }

  void impropers() {
    for (size_t centre = 0; centre < neighbours_.size(); ++centre) {
      const auto& around = neighbours_[centre];
      for (size_t x = 0; x < around.size(); ++x) {
        for (size_t y = x + 1; y < around.size(); ++y) {
          for (size_t z = y + 1; z < around.size(); ++z)
            add_improper(centre, {around[x], around[y], around[z]});
        }
      }
    }
  }

  // The order of the outer atoms decides the angle. Where a row fits in several orders, OpenMM follows the
  // habits of AMBER's own programs: the last atom is the row's last, and of the other two the carbon comes
  // second.
  void add_improper(size_t centre, const std::array<size_t, 3>& outer) {
    static constexpr int kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const TorsionRow* best = nullptr;
    std::array<size_t, 4> atoms{};
    for (const TorsionRow& row : field_.impropers) {
      if (best != nullptr && row.has_wildcard()) continue;
      if (!fits(row.classes[0], class_of_[centre])) continue;
      for (const auto& order : kOrders) {
        size_t first = outer[order[0]], second = outer[order[1]];
        const size_t last = outer[order[2]];
        if (!fits(row.classes[1], class_of_[first]) || !fits(row.classes[2], class_of_[second]) ||
            !fits(row.classes[3], class_of_[last])) {
          continue;
        }
        const bool alike = element(first) == element(second);
        if (alike ? first > second
                  : element(first) != 'C' && (element(second) == 'C' || mass(first) < mass(second))) {
          std::swap(first, second);
        }
        best = &row;
        atoms = {first, second, centre, last};
        break;
      }
    }
    if (best != nullptr) add_torsion(atoms, *best);
  }

  void add_torsion(const std::array<size_t, 4>& atoms, const TorsionRow& row) {
    for (const TorsionTerm& term : row.terms) {
      if (term.k != 0) out_.torsions.push_back({atoms, term});
    }
  }

  [[noreturn]] void missing(const char* what, std::initializer_list<int> classes) const {
    std::string names;
    for (const int id : classes) names += " " + field_.classes[static_cast<size_t>(id)].name;
    base::throw_internal("force field: no {} for{}", what, names);
  }

  const Molecule& molecule_;
  const ForceField& field_;
  std::vector<std::vector<size_t>> neighbours_;
  std::vector<int> class_of_;
  std::map<std::array<int, 4>, const TorsionRow*> proper_rows_;
  Terms out_;
};

}  // namespace

Terms assign_parameters(const Molecule& molecule) { return Assigner(molecule).run(); }

}  // namespace foldmesh::relax
