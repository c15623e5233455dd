// Torsion angles of residues whose atoms are known (template features; Jumper et al. 2021, suppl. 1.2.9 and
// table 1).
#ifndef FOLDMESH_BIO_TORSIONS_H_
#define FOLDMESH_BIO_TORSIONS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace foldmesh::bio {

inline constexpr int kNumTorsions = 7;  // pre-omega, phi, psi, chi1 .. chi4

struct ResidueTorsions {
  using SinCos = std::array<double, 2>;
  std::array<SinCos, kNumTorsions> sin_cos;
  // The same, with chi turned by half a circle where that swaps indistinguishable atoms.
  std::array<SinCos, kNumTorsions> alt_sin_cos;
  // 1 where all four atoms are known. Elsewhere the numbers are what the formula makes of atoms at the
  // origin: (0, 0) for a chi that the residue type lacks, otherwise nothing meaningful.
  std::array<uint8_t, kNumTorsions> mask;
};

// One chain of N residues: residue types (anything beyond X counts as X), atom37 positions [N,37,3] in A and
// their mask [N,37]. Pre-omega and phi reach into the residue before; the first one has none, which reads as
// absent atoms at the origin. kInternal when the lengths disagree.
std::vector<ResidueTorsions> torsions_of_atom37(std::span<const int32_t> aatype,
                                                std::span<const float> positions,
                                                std::span<const float> mask);

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_TORSIONS_H_
