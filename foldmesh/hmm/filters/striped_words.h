// The Viterbi filter's 16-bit scores laid out for vectors.
#ifndef FOLDMESH_HMM_FILTERS_STRIPED_WORDS_H_
#define FOLDMESH_HMM_FILTERS_STRIPED_WORDS_H_

#include <cstdint>

#include "foldmesh/hmm/filters/striped_table.h"

namespace foldmesh::hmm {

class Profile;  // hmm/profile.h

// Both tables are empty where there are no vectors.
struct StripedWords {
  static constexpr int kKinds = 8;  // of transitions, in the order of TransitionTable
  StripedTable<int16_t> scores;     // a row for each code
  // One row of n_vectors * kKinds vectors: the kinds of one vector of nodes stand together.
  StripedTable<int16_t> transitions;
};

StripedWords make_striped_words(const Profile& profile);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_STRIPED_WORDS_H_
