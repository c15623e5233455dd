// Two sequences aligned from end to end (Needleman & Wunsch 1970 with affine gaps, Gotoh 1982).
#ifndef FOLDMESH_TEMPLATES_SEQUENCE_ALIGNMENT_H_
#define FOLDMESH_TEMPLATES_SEQUENCE_ALIGNMENT_H_

#include <string_view>

#include "foldmesh/templates/hit.h"

namespace foldmesh::templates {

// Pairs of aligned residues with the highest sum of BLOSUM62 scores (X and unknown letters score 0) less 11
// for opening a gap and 1 for each residue in it; gaps at the ends are free. Ties: a pair goes before a gap.
// Throws kInput when the two are so long that the table would take more than 512 MiB.
Mapping align(std::string_view first, std::string_view second);

// How often unrelated sequences of these lengths are aligned as well as this by chance (Karlin & Altschul
// 1990 with the constants of gapped BLOSUM62 alignments, Altschul & Gish 1996).
double e_value(std::string_view first, std::string_view second, const Mapping& pairs);

// How many of the pairs are the same letter.
int count_identical(std::string_view first, std::string_view second, const Mapping& pairs);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_SEQUENCE_ALIGNMENT_H_
