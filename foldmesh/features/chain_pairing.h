// Which sequences of different chains belong together: rows of UniProt alignments paired by species, as
// AlphaFold-Multimer does it (Evans et al. 2021, supplement 7.1; the details are those of the released code).
#ifndef FOLDMESH_FEATURES_CHAIN_PAIRING_H_
#define FOLDMESH_FEATURES_CHAIN_PAIRING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/features/raw_features.h"

namespace foldmesh::features {

inline constexpr int32_t kNoRow = -1;  // a chain that lacks the species has a row of gaps

// One entry per pair: the row of each chain, or kNoRow. The first pair is that of the queries, rows 0.
//
// A species counts when at least two chains have it and none has more than 600 rows of it. Each chain's rows
// of a species are ordered by descending similarity to its query (share of equal columns; equals keep their
// order), and the k-th rows are paired for as many k as all chains with the species have. Species come in
// byte order. Then pairs are ordered by the number of chains with a row, most first, and by the product of
// their row numbers, kNoRow counting as 1, smallest first; equals keep their order. Products wrap around at
// 2^64.
//
// `chains` are alignments of each chain, row 0 the query, whose species is ignored.
std::vector<std::vector<int32_t>> pair_rows(std::span<const RawFeatures* const> chains);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_CHAIN_PAIRING_H_
