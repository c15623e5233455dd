// AMBER ff99SB for proteins as a value: atom classes, residue forms, and the tables that bonded terms are
// looked up in. The numbers are those of OpenMM's amber99sb.xml; they are built into the program
// (amber99sb.txt, made by tools/convert_amber99sb.py; format in docs/design/relax.md).
// Units: nm, kJ/mol, rad, dalton, elementary charges.
#ifndef FOLDMESH_RELAX_FORCE_FIELD_H_
#define FOLDMESH_RELAX_FORCE_FIELD_H_

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foldmesh::relax {

inline constexpr int kAnyClass = -1;

struct AtomClass {
  std::string name;
  char element = 'C';
  double mass = 0, sigma = 0, epsilon = 0;
};

struct FormAtom {
  std::string name;
  int atom_class = 0;
  double charge = 0;
};

// A residue as it stands in a chain: protonation and terminus are part of it ("HID", "NALA", "CCYX").
struct ResidueForm {
  std::string name;
  std::vector<FormAtom> atoms;
  std::vector<std::pair<int, int>> bonds;  // inside the residue
  std::vector<int> open;                   // atoms bonded to other residues

  int find(std::string_view atom) const;  // -1 when there is none
};

struct TorsionTerm {
  int periodicity = 0;
  double phase = 0, k = 0;  // k (1 + cos(periodicity phi - phase))
};
struct BondRow {
  std::array<int, 2> classes{};
  double length = 0, k = 0;  // k/2 (r - length)^2
};
struct AngleRow {
  std::array<int, 3> classes{};
  double angle = 0, k = 0;
};
struct TorsionRow {
  std::array<int, 4> classes{};  // kAnyClass where any will do
  std::vector<TorsionTerm> terms;
  bool has_wildcard() const;
};

struct ForceField {
  double coulomb_scale14 = 1, lj_scale14 = 1;
  std::vector<AtomClass> classes;
  std::vector<BondRow> bonds;
  std::vector<AngleRow> angles;
  std::vector<TorsionRow> propers;
  std::vector<TorsionRow> impropers;  // class of the central atom first
  std::map<std::string, ResidueForm, std::less<>> forms;

  // kInternal when there is no such form.
  const ResidueForm& form(std::string_view name) const;
  char element(const FormAtom& atom) const { return classes[static_cast<size_t>(atom.atom_class)].element; }
};

// Reads the text of such a file; throws kInput naming `path` and the line.
ForceField parse_force_field(std::string_view text, const std::string& path);
// The one that is built in.
const ForceField& amber99sb();

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_FORCE_FIELD_H_
