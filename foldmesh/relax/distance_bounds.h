// Distances that stereochemistry fixes inside residues (bonded and 1-3 pairs): mean -/+ 12 standard
// deviations of the library of Engh & Huber, as AlphaFold 2's violation check takes them (Jumper et al. 2021,
// suppl. 1.9.11).
#ifndef FOLDMESH_RELAX_DISTANCE_BOUNDS_H_
#define FOLDMESH_RELAX_DISTANCE_BOUNDS_H_

#include <array>
#include <cstdint>
#include <span>

namespace foldmesh::relax {

struct DistanceBound {
  uint8_t restype, atom1, atom2;  // atom14 slots, atom1 < atom2
  float lower, upper;             // Å
};
std::span<const DistanceBound> distance_bounds();

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_DISTANCE_BOUNDS_H_
