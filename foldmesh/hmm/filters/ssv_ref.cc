// SSV written plainly; the definition that faster versions are tested against.
#include <algorithm>

#include "foldmesh/hmm/filters/ssv.h"

namespace foldmesh::hmm {
namespace {

// A segment starts at the level -128 and nothing falls below it, so the begin state needs no cell of its own.
constexpr int16_t kFloor = kSsvFloor;

// current[k] = max(previous[k-1] - cost[k], floor) for k = 1..M; returns the row's maximum.
int16_t extend_diagonals(const int16_t* __restrict previous, const int16_t* __restrict cost, int M,
                         int16_t* __restrict current) {
  int16_t best = kFloor;
  for (int k = 1; k <= M; ++k) {
    const auto extended = static_cast<int16_t>(previous[k - 1] - cost[k]);
    const int16_t value = std::max(extended, kFloor);
    current[k] = value;
    best = std::max(best, value);
  }
  return best;
}

}  // namespace

FilterResult ssv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                            UngappedScratch& scratch) {
  const int L = static_cast<int>(target.size());
  if (!ssv_applies(profile, L)) return FilterResult::no_result();
  scratch.previous.assign(profile.M() + 1, kFloor);
  scratch.current.assign(profile.M() + 1, kFloor);
  int best = kFloor;
  for (bio::Code x : target) {
    best = std::max<int>(best, extend_diagonals(scratch.previous.data(), profile.diagonal_cost(x),
                                                profile.M(), scratch.current.data()));
    // A step gains at most the bias, so no cell gets from below the overflow level to beyond the byte range
    // unseen, and what follows does not matter.
    if (best >= ssv_overflow(profile)) break;
    std::swap(scratch.previous, scratch.current);
  }
  return ssv_result(profile, L, best);
}

}  // namespace foldmesh::hmm
