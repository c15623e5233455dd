// Violations of stereochemistry, as AlphaFold 2 counts them after relaxation (Jumper et al. 2021,
// suppl. 1.9.11): broken peptide bonds, clashes between residues, and distances out of bounds inside
// residues. Limits are 12 standard deviations of literature values, and an overlap of 1.5 Å.
//
// Two traps of the original are kept, because the numbers are compared with its: pairs of atoms in slot 5 of
// atom14 (the sulphur of CYS, but any residue's) never clash, and residues with equal numbers in different
// chains are not compared.
#ifndef FOLDMESH_RELAX_VIOLATIONS_H_
#define FOLDMESH_RELAX_VIOLATIONS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/bio/structure.h"

namespace foldmesh::relax {

using Atom14Values = std::array<double, bio::kNumAtom14>;
using Atom14Positions = std::array<std::array<double, 3>, bio::kNumAtom14>;

// Residues in the order of the chain; `atom_mask` is 1 where an atom is known.
struct ViolationInput {
  std::vector<int> aatype, residue_index;
  std::vector<Atom14Positions> positions;  // Å
  std::vector<Atom14Values> atom_mask;
};

struct Violations {
  // Peptide bonds. A violated bond marks both its residues.
  double c_n_loss_mean = 0, ca_c_n_loss_mean = 0, c_n_ca_loss_mean = 0;
  std::vector<double> bond_loss_sum;  // [n_res]
  std::vector<double> bond_mask;      // [n_res], 1 where violated; so are the masks below
  // Clashes between residues.
  double clash_mean_loss = 0;
  std::vector<Atom14Values> clash_loss_sum, clash_mask;
  // Inside residues.
  std::vector<Atom14Values> within_loss_sum, within_mask;
  std::vector<double> per_residue;  // [n_res], 1 where any of the three is violated

  // Share of residues with each kind, and of C-alpha steps longer than 3.802 + 1.5 Å.
  double extreme_ca_ca = 0, between_bond = 0, between_clash = 0, within = 0, any = 0;
};

// kInternal when the lengths disagree. O(n_res^2) with a small constant.
Violations find_violations(const ViolationInput& input);

// Residues of a structure; those of type X have no atoms and violate nothing.
ViolationInput violation_input(const bio::Structure& structure);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_VIOLATIONS_H_
