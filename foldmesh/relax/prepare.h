// From a structure as files and networks give it to a molecule that can be simulated: missing heavy atoms and
// terminal OXT placed from ideal geometry, disulphides found, hydrogens added for pH 7, residue forms chosen.
// Atoms that are there do not move. The rules are those of OpenMM's Modeller, which AlphaFold 2 uses;
// hydrogens are placed by geometry instead of by a minimisation from random positions, so the result is
// reproducible.
#ifndef FOLDMESH_RELAX_PREPARE_H_
#define FOLDMESH_RELAX_PREPARE_H_

#include <string>
#include <vector>

#include "foldmesh/bio/structure.h"
#include "foldmesh/relax/molecule.h"

namespace foldmesh::relax {

struct Prepared {
  Molecule molecule;
  // Residues of the input that are not in the molecule but stay in the result as they are: no atoms (X), too
  // few to place the others, or alone between two gaps.
  std::vector<size_t> left_out;
  // Chains of one residue, which AlphaFold removes, too.
  std::vector<size_t> dropped;
  int n_placed = 0;                // heavy atoms that were missing, without OXT
  std::vector<std::string> notes;  // one line each, for people
};

// Residues of one chain are bonded to the next one, however far it is, unless their numbers show a gap and
// the atoms are more than 2.5 Å apart. Throws kInput when a position is not finite or beyond 100,000 Å, and
// when no chain has two residues with N, CA and C (or CB in the place of one of them).
Prepared prepare(const bio::Structure& structure, const ForceField& field);

// The structure with the molecule's positions, hydrogens and OXT (at chain ends, not at gaps); without the
// dropped residues.
bio::Structure to_structure(const Prepared& prepared, const bio::Structure& original);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_PREPARE_H_
