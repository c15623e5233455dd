// Hydrogens by geometry: directions of sp2 and sp3 atoms, rotors staggered.
#ifndef FOLDMESH_RELAX_HYDROGENS_H_
#define FOLDMESH_RELAX_HYDROGENS_H_

#include "foldmesh/relax/molecule.h"

namespace foldmesh::relax {

// Sets the position of every hydrogen from the heavy atoms. Hydroxyl and thiol hydrogens take, of the
// staggered (for phenols planar) positions, the one farthest from other heavy atoms.
void place_hydrogens(Molecule& molecule);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_HYDROGENS_H_
