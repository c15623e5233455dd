// Structures for tests and benchmarks of relaxation, built from ideal geometry.
#ifndef FOLDMESH_TESTS_RELAX_IDEAL_PEPTIDE_H_
#define FOLDMESH_TESTS_RELAX_IDEAL_PEPTIDE_H_

#include <array>
#include <string>
#include <string_view>

#include "foldmesh/bio/structure.h"

namespace foldmesh::relax {

inline constexpr std::string_view kAllTwenty = "ACDEFGHIKLMNPQRSTVWY";

struct PeptideShape {
  double phi = -57, psi = -47;       // degrees; a helix
  std::array<double, 3> shift = {};  // Å
};

// One chain with all heavy atoms but OXT; side chains take the rotamers with the most room.
bio::Structure ideal_peptide(std::string_view sequence, const PeptideShape& shape = {});
// The chains of both, those of the second under the next letters.
bio::Structure join(const bio::Structure& a, const bio::Structure& b);
// Every atom moved by up to `size` Å along each axis; reproducible.
void shake(bio::Structure& structure, double size, uint64_t seed);
// Residues from `first` on move as one.
void move_from(bio::Structure& structure, size_t first, const std::array<double, 3>& shift);
// A histidine in chain A with an acceptor where NE2 points, so that it carries its hydrogen there.
bio::Structure epsilon_histidine();
// `n` letters, the same for the same seed.
std::string random_sequence(size_t n, uint64_t seed);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_TESTS_RELAX_IDEAL_PEPTIDE_H_
