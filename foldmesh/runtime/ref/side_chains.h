// Internal: from backbone frames and torsions to atoms (Jumper et al. 2021, suppl. algorithm 24).
#ifndef FOLDMESH_RUNTIME_REF_SIDE_CHAINS_H_
#define FOLDMESH_RUNTIME_REF_SIDE_CHAINS_H_

#include <array>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/bio/torsions.h"
#include "foldmesh/runtime/ref/rigid.h"

namespace foldmesh::runtime::ref {

// sin and cos of pre-omega, phi, psi, chi1 .. chi4.
using Torsions = std::array<std::array<double, 2>, bio::kNumTorsions>;

using RigidGroups = std::array<Rigid, bio::kNumRigidGroups>;
using Atom14 = std::array<Vec3, bio::kNumAtom14>;
using Atom37 = std::array<Vec3, bio::kNumAtom37>;

// Global frames of the rigid groups of a residue of type 0..20; lengths in A.
RigidGroups rigid_groups(int aatype, const Rigid& backbone, const Torsions& torsions);
// Positions in A; 0 where the residue type has no such atom.
Atom14 atom14_positions(int aatype, const RigidGroups& groups);
Atom37 atom37_positions(int aatype, const Atom14& atoms);

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_SIDE_CHAINS_H_
