// Atoms that coincide, or nearly so, have no direction to part in and forces beyond single precision.
#ifndef FOLDMESH_RELAX_SEPARATE_H_
#define FOLDMESH_RELAX_SEPARATE_H_

#include <vector>

#include "foldmesh/relax/vec3.h"

namespace foldmesh::relax {

inline constexpr double kClosest = 0.3;  // Å

// Moves atoms that are nearer than kClosest to one before them, by some tenths of an Å in directions that
// depend on the atom's index only. Returns how many were moved.
int separate_atoms(std::vector<Vec3>& positions);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_SEPARATE_H_
