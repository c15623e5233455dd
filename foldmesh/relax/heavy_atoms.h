// Heavy atoms of one residue that are missing, placed by the ideal geometry of bio/residue_tables.h.
#ifndef FOLDMESH_RELAX_HEAVY_ATOMS_H_
#define FOLDMESH_RELAX_HEAVY_ATOMS_H_

#include <array>
#include <optional>
#include <vector>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/relax/vec3.h"

namespace foldmesh::relax {

// Positions in Å by atom37 slot, OXT included.
struct HeavyAtoms {
  int aatype = 0;
  std::array<std::optional<Vec3>, bio::kNumAtom37> position;
};

// Places N, CA, C and CB, where three of these four are known. False when fewer are.
bool complete_backbone(HeavyAtoms& residue);

// Places all the other atoms of the residue type. O lies in the plane of the peptide bond to `next_n`, if
// that is known. A side chain that is not there takes, angle by angle, the rotamer farthest from `others`.
// Returns how many atoms were placed.
int complete_side_chain(HeavyAtoms& residue, const std::optional<Vec3>& next_n,
                        const std::vector<Vec3>& others);

// The second oxygen of a C-terminus, opposite to O. Does nothing when it is there.
void add_oxt(HeavyAtoms& residue);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_HEAVY_ATOMS_H_
