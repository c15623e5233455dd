// The Viterbi filter: the best gapped local alignment(s), in 16-bit scores. Source: Eddy 2011; Farrar 2007.
#ifndef FOLDMESH_HMM_FILTERS_VITERBI_H_
#define FOLDMESH_HMM_FILTERS_VITERBI_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/filters/filter_result.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Rows of match, insert and delete cells, reused from target to target.
struct ViterbiScratch {
  std::vector<int16_t> previous[3], current[3];  // of the reference
  simd::AlignedVector<int16_t> cells;            // one row, striped, the three states of a vector together
};

// The result that follows from the highest value of C.
FilterResult viterbi_result(const Profile& profile, int L, int xc);

// kOk with -infinity when no path exists. `target` is digital and not empty.
FilterResult viterbi_filter(const Profile& profile, std::span<const bio::Code> target,
                            ViterbiScratch& scratch);
FilterResult viterbi_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                                ViterbiScratch& scratch);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_VITERBI_H_
