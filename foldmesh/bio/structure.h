// A protein structure as the network predicts it: one row per residue, atoms in the atom37 slots of
// bio/residue_tables.h.
#ifndef FOLDMESH_BIO_STRUCTURE_H_
#define FOLDMESH_BIO_STRUCTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::bio {

struct Hydrogen {
  std::string name;               // "HB2"
  std::array<float, 3> position;  // Å
};

// All vectors over residues have length n_res(). Residues of one chain are contiguous, chains in ascending
// order.
struct Structure {
  std::vector<int> aatype;                                                  // residue types 0..20
  std::vector<std::array<std::array<float, 3>, kNumAtom37>> atom_position;  // Å; 0 where the mask is 0
  std::vector<std::array<uint8_t, kNumAtom37>> atom_mask;                   // 1 where the atom is present
  std::vector<int> residue_index;      // 0-based number within the chain; files show it plus 1
  std::vector<int> chain_index;        // into chain_ids
  std::vector<std::string> chain_ids;  // letters and digits
  std::vector<float> plddt;            // 0..100, per residue
  // Known after relaxation only: empty, or one list per residue.
  std::vector<std::vector<Hydrogen>> hydrogens = {};

  size_t n_res() const { return aatype.size(); }
};

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_STRUCTURE_H_
