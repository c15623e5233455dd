#include "foldmesh/relax/prepare.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/heavy_atoms.h"
#include "foldmesh/relax/hydrogens.h"

namespace foldmesh::relax {
namespace {

using bio::kAtom37C, bio::kAtom37N;
constexpr int kAtom37Oxt = 36;
constexpr double kGap = 2.5, kDisulphide = 3.0, kHbond = 3.5;  // Å
constexpr double kFarthest = 1e5;
const int kRestypeCys = bio::restype_of('C'), kRestypeHis = bio::restype_of('H');

// A run of bonded residues: indices into the structure.
struct Segment {
  std::vector<size_t> residues;
  bool ends_chain = false;
};

class Preparation {
 public:
  Preparation(const bio::Structure& structure, const ForceField& field)
      : structure_(structure), field_(field), heavy_(structure.n_res()) {}

  Prepared run() {
    for (size_t i = 0; i < structure_.n_res(); ++i) read_residue(i);
    find_segments();
    place_heavy_atoms();
    find_disulphides();
    build_molecule();
    place_hydrogens(out_.molecule);
    return std::move(out_);
  }

 private:
  void note(std::string line) { out_.notes.push_back(std::move(line)); }
  std::string name(size_t i) const {
    return fmt::format("{} {} of chain {}", bio::kRestypeNames3[structure_.aatype[i]],
                       structure_.residue_index[i] + 1,
                       structure_.chain_ids[static_cast<size_t>(structure_.chain_index[i])]);
  }

  void read_residue(size_t i) {
    const int aatype = structure_.aatype[i];
    heavy_[i].aatype = aatype;
    if (aatype >= bio::kNumAminoAcids) return;
    for (size_t slot = 0; slot < bio::kNumAtom37; ++slot) {
      if (structure_.atom_mask[i][slot] == 0) continue;
      if (bio::kAtom37Mask[aatype][slot] == 0 && slot != kAtom37Oxt) continue;
      Vec3 p{};
      for (size_t k = 0; k < 3; ++k) {
        p[k] = static_cast<double>(structure_.atom_position[i][slot][k]);
        if (!(std::abs(p[k]) <= kFarthest)) {
          base::throw_input("atom {} of {} is at {} (expected Å within +-{})", bio::kAtom37Names[slot],
                            name(i), p[k], kFarthest);
        }
      }
      heavy_[i].position[slot] = p;
    }
  }

  // Whether residue i can be simulated at all.
  bool usable(size_t i) {
    if (heavy_[i].aatype >= bio::kNumAminoAcids) {
      const auto& mask = structure_.atom_mask[i];
      n_unknown_ += std::any_of(mask.begin(), mask.end(), [](auto m) { return m != 0; }) ? 1 : 0;
      return false;
    }
    size_t n_before = 0, n_after = 0;
    for (const auto& p : heavy_[i].position) n_before += p.has_value() ? 1 : 0;
    if (n_before == 0) return false;
    if (!complete_backbone(heavy_[i])) {
      note(fmt::format("{} has fewer than three of N, CA, C and CB: left as it is", name(i)));
      return false;
    }
    for (const auto& p : heavy_[i].position) n_after += p.has_value() ? 1 : 0;
    out_.n_placed += static_cast<int>(n_after - n_before);
    return true;
  }

  bool bonded_to_next(size_t i) const {
    if (structure_.residue_index[i + 1] - structure_.residue_index[i] == 1) return true;
    const double apart = distance(*heavy_[i].position[kAtom37C], *heavy_[i + 1].position[kAtom37N]);
    return apart <= kGap;
  }

  void find_segments() {
    for (size_t begin = 0, end = 0; begin < structure_.n_res(); begin = end) {
      end = begin;
      while (end < structure_.n_res() && structure_.chain_index[end] == structure_.chain_index[begin]) ++end;
      chain_segments(begin, end);
    }
    if (n_unknown_ > 0) note(fmt::format("{} residues of unknown kind (X) are left as they are", n_unknown_));
    if (segments_.empty()) {
      base::throw_input("no chain has two neighbouring residues with atoms N, CA and C");
    }
  }

  void chain_segments(size_t begin, size_t end) {
    if (end - begin == 1) {
      out_.dropped.push_back(begin);
      note(fmt::format("{} is a chain of its own: removed", name(begin)));
      return;
    }
    std::vector<Segment> found(1);
    for (size_t i = begin; i < end; ++i) {
      if (!usable(i)) {
        out_.left_out.push_back(i);
        found.emplace_back();
        continue;
      }
      auto& residues = found.back().residues;
      if (!residues.empty() && !bonded_to_next(residues.back())) {
        note(fmt::format("gap in the chain between {} and {}", name(residues.back()), name(i)));
        found.emplace_back();
      }
      found.back().residues.push_back(i);
    }
    found.back().ends_chain = !found.back().residues.empty();
    for (Segment& segment : found) {
      if (segment.residues.size() == 1) {
        note(fmt::format("{} stands alone between gaps: left as it is", name(segment.residues.front())));
        out_.left_out.push_back(segment.residues.front());
      } else if (!segment.residues.empty()) {
        segments_.push_back(std::move(segment));
      }
    }
  }

  void place_heavy_atoms() {
    std::vector<Vec3> others;
    for (const HeavyAtoms& residue : heavy_) {
      for (const auto& p : residue.position) {
        if (p) others.push_back(*p);
      }
    }
    for (const Segment& segment : segments_) {
      for (size_t k = 0; k < segment.residues.size(); ++k) {
        HeavyAtoms& residue = heavy_[segment.residues[k]];
        const bool is_last = k + 1 == segment.residues.size();
        std::optional<Vec3> next_n;
        if (!is_last) next_n = heavy_[segment.residues[k + 1]].position[kAtom37N];
        out_.n_placed += complete_side_chain(residue, next_n, others);
        if (is_last) {
          add_oxt(residue);
        } else {
          residue.position[kAtom37Oxt].reset();
        }
      }
    }
    if (out_.n_placed > 0) note(fmt::format("{} missing heavy atoms placed", out_.n_placed));
  }

  // Nearest free partner among the sulphurs before, as OpenMM's Topology finds them.
  void find_disulphides() {
    const int slot = 10;  // SG
    std::vector<size_t> cysteines;
    for (const Segment& segment : segments_) {
      for (const size_t i : segment.residues) {
        if (structure_.aatype[i] == kRestypeCys) cysteines.push_back(i);
      }
    }
    std::vector<bool> taken(structure_.n_res());
    for (size_t x = 0; x < cysteines.size(); ++x) {
      double nearest = kDisulphide;
      std::optional<size_t> partner;
      for (size_t y = 0; y < x; ++y) {
        const double d = distance(*heavy_[cysteines[x]].position[slot], *heavy_[cysteines[y]].position[slot]);
        if (d < nearest && !taken[cysteines[y]]) {
          nearest = d;
          partner = cysteines[y];
        }
      }
      if (!partner) continue;
      taken[*partner] = taken[cysteines[x]] = true;
      disulphides_.emplace_back(*partner, cysteines[x]);
      note(fmt::format("disulphide bond between {} and {}", name(*partner), name(cysteines[x])));
    }
    bridged_ = taken;
  }

  std::string form_name(size_t i) const {
    if (structure_.aatype[i] == kRestypeCys) return bridged_[i] ? "CYX" : "CYS";
    if (structure_.aatype[i] == kRestypeHis) return histidine_form(i);
    return std::string(bio::kRestypeNames3[structure_.aatype[i]]);
  }

  // Neutral histidine carries its hydrogen on ND1, unless only NE2 would have somebody to give it to.
  std::string histidine_form(size_t i) const {
    const auto& p = heavy_[i].position;
    const auto slot = [](std::string_view atom) {
      return static_cast<size_t>(std::find(bio::kAtom37Names, bio::kAtom37Names + bio::kNumAtom37, atom) -
                                 bio::kAtom37Names);
    };
    const Vec3 &nd1 = *p[slot("ND1")], &ne2 = *p[slot("NE2")], &cg = *p[slot("CG")], &ce1 = *p[slot("CE1")],
               &cd2 = *p[slot("CD2")];
    const bool nd1_gives = donates(i, nd1, cg, ce1), ne2_gives = donates(i, ne2, cd2, ce1);
    return ne2_gives && !nd1_gives ? "HIE" : "HID";
  }

  bool donates(size_t i, const Vec3& donor, const Vec3& neighbour1, const Vec3& neighbour2) const {
    const Vec3 towards = unit_or(donor * 2 - neighbour1 - neighbour2, {1, 0, 0});
    const Vec3 hydrogen = donor + towards;  // 1 Å away
    const double limit = std::cos(50 * std::numbers::pi / 180);
    for (const Segment& segment : segments_) {
      for (const size_t j : segment.residues) {
        if (j == i) continue;
        for (size_t slot = 0; slot < bio::kNumAtom37; ++slot) {
          const char element = bio::kAtom37Names[slot].front();
          if (!heavy_[j].position[slot] || (element != 'O' && element != 'N')) continue;
          const Vec3& acceptor = *heavy_[j].position[slot];
          if (distance(donor, acceptor) <= kHbond &&
              dot(towards, unit_or(acceptor - hydrogen, towards)) > limit) {
            return true;
          }
        }
      }
    }
    return false;
  }

  void build_molecule() {
    Molecule& molecule = out_.molecule;
    molecule.field = &field_;
    std::vector<size_t> residue_of(structure_.n_res());
    for (const Segment& segment : segments_) {
      for (size_t k = 0; k < segment.residues.size(); ++k) {
        const size_t i = segment.residues[k];
        const char* terminus = k == 0 ? "N" : k + 1 == segment.residues.size() ? "C" : "";
        residue_of[i] = molecule.residues.size();
        add_residue(i, field_.form(terminus + form_name(i)));
        if (k > 0) bond(residue_of[segment.residues[k - 1]], "C", residue_of[i], "N");
      }
    }
    for (const auto& [a, b] : disulphides_) bond(residue_of[a], "SG", residue_of[b], "SG");
  }

  void add_residue(size_t source, const ResidueForm& form) {
    Molecule& molecule = out_.molecule;
    const size_t index = molecule.residues.size(), first = molecule.atoms.size();
    std::vector<size_t> atom_of(form.atoms.size());
    const auto add = [&](int form_atom, const Vec3& position, bool is_hydrogen, bool given) {
      atom_of[static_cast<size_t>(form_atom)] = molecule.atoms.size();
      molecule.atoms.push_back({index, form_atom, position, is_hydrogen, given});
    };
    for (size_t slot = 0; slot < bio::kNumAtom37; ++slot) {
      const int form_atom = form.find(bio::kAtom37Names[slot]);
      if (form_atom < 0) continue;
      const auto& position = heavy_[source].position[slot];
      if (!position) base::throw_internal("relax: {} lacks {}", name(source), bio::kAtom37Names[slot]);
      add(form_atom, *position, false, structure_.atom_mask[source][slot] != 0);
    }
    for (size_t a = 0; a < form.atoms.size(); ++a) {
      if (field_.element(form.atoms[a]) == 'H') add(static_cast<int>(a), {}, true, false);
    }
    for (const auto& [a, b] : form.bonds) {
      molecule.bonds.emplace_back(atom_of[static_cast<size_t>(a)], atom_of[static_cast<size_t>(b)]);
    }
    molecule.residues.push_back({source, &form, first, molecule.atoms.size() - first});
  }

  size_t find_atom(size_t residue, std::string_view atom_name) const {
    const Molecule& molecule = out_.molecule;
    const Residue& r = molecule.residues[residue];
    for (size_t a = r.first_atom; a < r.first_atom + r.n_atoms; ++a) {
      if (molecule.form_atom(molecule.atoms[a]).name == atom_name) return a;
    }
    base::throw_internal("relax: form {} has no {}", r.form->name, atom_name);
  }
  void bond(size_t residue1, std::string_view atom1, size_t residue2, std::string_view atom2) {
    out_.molecule.bonds.emplace_back(find_atom(residue1, atom1), find_atom(residue2, atom2));
  }

  const bio::Structure& structure_;
  const ForceField& field_;
  std::vector<HeavyAtoms> heavy_;
  std::vector<Segment> segments_;
  std::vector<std::pair<size_t, size_t>> disulphides_;
  std::vector<bool> bridged_;
  size_t n_unknown_ = 0;  // X with atoms
  Prepared out_;
};

// Residue i of a structure goes to the end of another one.
void copy_residue(const bio::Structure& from, size_t i, bio::Structure& to) {
  to.aatype.push_back(from.aatype[i]);
  to.atom_position.push_back(from.atom_position[i]);
  to.atom_mask.push_back(from.atom_mask[i]);
  to.residue_index.push_back(from.residue_index[i]);
  to.chain_index.push_back(from.chain_index[i]);
  to.plddt.push_back(from.plddt[i]);
}

bool ends_chain(const bio::Structure& s, size_t i) {
  return i + 1 == s.n_res() || s.chain_index[i + 1] != s.chain_index[i];
}

}  // namespace

Prepared prepare(const bio::Structure& structure, const ForceField& field) {
  return Preparation(structure, field).run();
}

bio::Structure to_structure(const Prepared& prepared, const bio::Structure& original) {
  const Molecule& molecule = prepared.molecule;
  std::vector<const Residue*> simulated(original.n_res());
  for (const Residue& residue : molecule.residues) simulated[residue.source] = &residue;
  bio::Structure out;
  out.chain_ids = original.chain_ids;
  for (size_t i = 0; i < original.n_res(); ++i) {
    if (std::find(prepared.dropped.begin(), prepared.dropped.end(), i) != prepared.dropped.end()) continue;
    copy_residue(original, i, out);
    out.hydrogens.emplace_back();
    if (simulated[i] == nullptr) continue;
    auto& position = out.atom_position.back();
    auto& mask = out.atom_mask.back();
    position = {};
    mask = {};
    const Residue& residue = *simulated[i];
    for (size_t a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
      const Atom& atom = molecule.atoms[a];
      const std::string& name = molecule.form_atom(atom).name;
      std::array<float, 3> p{};
      for (size_t k = 0; k < 3; ++k) p[k] = static_cast<float>(atom.position[k]);
      if (atom.is_hydrogen) {
        out.hydrogens.back().push_back({name, p});
        continue;
      }
      const auto* found = std::find(bio::kAtom37Names, bio::kAtom37Names + bio::kNumAtom37, name);
      const auto slot = static_cast<size_t>(found - bio::kAtom37Names);
      if (slot == kAtom37Oxt && !ends_chain(original, i)) continue;
      position[slot] = p;
      mask[slot] = 1;
    }
  }
  return out;
}

}  // namespace foldmesh::relax
