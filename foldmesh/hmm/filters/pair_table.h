// Scores of pairs of successive residues, and how far their diagonal maxima can lie below SSV's. The bound
// and its proof: docs/design/search-filters.md.
#ifndef FOLDMESH_HMM_FILTERS_PAIR_TABLE_H_
#define FOLDMESH_HMM_FILTERS_PAIR_TABLE_H_

#include "foldmesh/hmm/filters/diagonal_table.h"

namespace foldmesh::hmm {

class Profile;  // hmm/profile.h

struct PairTable {
  DiagonalTable scores;  // empty when pairs are of no use for this profile
  // For every target: SSV's maximum <= pair maximum + slack, or the pair maximum is 127.
  int slack = 0;
};

// SSV's scores of every code.
DiagonalTable make_diagonal_table(const Profile& profile);
PairTable make_pair_table(const Profile& profile);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_PAIR_TABLE_H_
