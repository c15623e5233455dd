// SSV (single segment Viterbi): the score of the best single ungapped local match, in 8-bit scores. It stands
// in for MSV (filters/msv.h) wherever it can show that more than one segment would not score higher. Source:
// Knudsen's SSV filter as in HMMER 3.1 and later.
#ifndef FOLDMESH_HMM_FILTERS_SSV_H_
#define FOLDMESH_HMM_FILTERS_SSV_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/filters/filter_result.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Two rows of cells, reused from target to target; shared by SSV and MSV.
struct UngappedScratch {
  std::vector<int16_t> previous, current;
};

// kNoResult when MSV has to decide. `target` is digital and not empty.
FilterResult ssv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                            UngappedScratch& scratch);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_SSV_H_
