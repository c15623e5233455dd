// SSV written plainly; the definition that faster versions are tested against.
#include <algorithm>

#include "foldmesh/hmm/filters/ssv.h"

namespace foldmesh::hmm {
namespace {

// A segment starts at the level -128 and nothing falls below it, so the begin state needs no cell of its own.
constexpr int16_t kFloor = -128;

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
  const int bias = profile.byte_bias(), end = profile.byte_end();
  const int move = profile.byte_move(static_cast<int>(target.size()));
  const int begin =
      Profile::kByteBase - move - profile.byte_entry();  // level of a segment's start in MSV's scale
  if (move + profile.byte_entry() + end + bias >= 127) return FilterResult::no_result();

  scratch.previous.assign(profile.M() + 1, kFloor);
  scratch.current.assign(profile.M() + 1, kFloor);
  int best = kFloor;
  for (bio::Code x : target) {
    best = std::max<int>(best, extend_diagonals(scratch.previous.data(), profile.diagonal_cost(x),
                                                profile.M(), scratch.current.data()));
    // A step gains at most `bias`, so no cell gets from below this level to beyond the byte range unseen.
    if (best + 256 >= 255 - bias) {
      return begin >= 128 ? FilterResult::out_of_range() : FilterResult::no_result();
    }
    std::swap(scratch.previous, scratch.current);
  }

  const int in_msv_scale = best - kFloor + begin;
  if (in_msv_scale >= 255 - bias) return FilterResult::out_of_range();
  const int ended = in_msv_scale - end;
  if (ended > Profile::kByteBase) return FilterResult::no_result();  // J could start a second segment above N
  const float score = static_cast<float>(ended - move - Profile::kByteBase) / profile.byte_scale();
  return {FilterStatus::kOk, static_cast<float>(score - kLengthFudge)};
}

}  // namespace foldmesh::hmm
