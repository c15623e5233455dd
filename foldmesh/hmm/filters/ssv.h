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

// Rows of cells, reused from target to target; shared by SSV and MSV.
struct UngappedScratch {
  std::vector<int16_t> previous, current;  // of the reference
  simd::AlignedVector<uint8_t> row;        // striped
};

// SSV's maximum is the best segment's score plus this, the level at which a segment starts.
inline constexpr int kSsvFloor = -128;

// From this maximum on a cell may have left the range of bytes.
inline int ssv_overflow(const Profile& profile) { return -1 - profile.byte_bias(); }
// False when MSV has to decide whatever the maximum: the bytes do not hold the scores of such a target.
bool ssv_applies(const Profile& profile, int L);
// The lowest maximum that is not a result of its own: out of range, or high enough for a second segment to
// matter.
int lowest_without_ssv_result(const Profile& profile, int L);
// The result that follows from the maximum over all cells.
FilterResult ssv_result(const Profile& profile, int L, int maximum);
// The maximum, as a real number, whose result would be a score of `nats`.
double ssv_maximum_for(const Profile& profile, int L, double nats);

// kNoResult when MSV has to decide. `target` is digital and not empty.
FilterResult ssv_filter(const Profile& profile, std::span<const bio::Code> target, UngappedScratch& scratch);
FilterResult ssv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                            UngappedScratch& scratch);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_SSV_H_
