// MSV (multiple segment Viterbi), the first filter: the best chain of ungapped local matches, in 8-bit
// scores. Source: Eddy 2011.
#ifndef FOLDMESH_HMM_FILTERS_MSV_H_
#define FOLDMESH_HMM_FILTERS_MSV_H_

#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/filters/filter_result.h"
#include "foldmesh/hmm/filters/ssv.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Cost of N/J -> B -> M_k; the reference adds the two parts in a byte.
inline int msv_entry_cost(const Profile& profile, int L) {
  return (profile.byte_move(L) + profile.byte_entry()) % 256;
}
// The result that follows from the highest value of J.
FilterResult msv_result(const Profile& profile, int L, int xj);

// `target` is digital and not empty.
FilterResult full_msv_filter(const Profile& profile, std::span<const bio::Code> target,
                             UngappedScratch& scratch);
FilterResult full_msv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                                 UngappedScratch& scratch);

// What the pipeline scores by: SSV's result where it has one, else MSV's. (On hopeless targets SSV's is
// slightly higher than MSV's would be, because it counts the empty segment.)
FilterResult msv_filter(const Profile& profile, std::span<const bio::Code> target, UngappedScratch& scratch);
FilterResult msv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                            UngappedScratch& scratch);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_MSV_H_
