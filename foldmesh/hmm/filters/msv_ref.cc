// MSV written plainly; the definition that faster versions are tested against.
#include "foldmesh/hmm/filters/msv.h"

#include <algorithm>

namespace foldmesh::hmm {
namespace {

constexpr int16_t kByteMax = 255;

// Unsigned bytes with saturation at both ends, 0 = minus infinity, held in words. Returns the row's maximum.
int16_t msv_row(const int16_t* __restrict previous, const uint8_t* __restrict cost, int16_t begin,
                int16_t bias, int M, int16_t* __restrict current) {
  int16_t best = 0;
  for (int k = 1; k <= M; ++k) {
    const int16_t entered = std::max(previous[k - 1], begin);
    const int16_t raised = std::min(static_cast<int16_t>(entered + bias), kByteMax);
    const int16_t value = std::max(static_cast<int16_t>(raised - cost[k]), int16_t{0});
    current[k] = value;
    best = std::max(best, value);
  }
  return best;
}

}  // namespace

FilterResult msv_result(const Profile& profile, int L, int xj) {
  const float score =
      static_cast<float>(xj - profile.byte_move(L) - Profile::kByteBase) / profile.byte_scale();
  return {FilterStatus::kOk, static_cast<float>(score - kLengthFudge)};
}

FilterResult full_msv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                                 UngappedScratch& scratch) {
  const int L = static_cast<int>(target.size());
  const int enter = msv_entry_cost(profile, L);
  const auto bias = static_cast<int16_t>(profile.byte_bias());
  scratch.previous.assign(profile.M() + 1, 0);
  scratch.current.assign(profile.M() + 1, 0);

  int xj = 0;
  int begin = std::max(Profile::kByteBase - enter, 0);
  for (bio::Code x : target) {
    const int end = msv_row(scratch.previous.data(), profile.byte_cost(x), static_cast<int16_t>(begin), bias,
                            profile.M(), scratch.current.data());
    if (end + bias >= kByteMax) return FilterResult::out_of_range();
    xj = std::max(xj, end - profile.byte_end());
    begin = std::max(std::max(Profile::kByteBase, xj) - enter, 0);
    std::swap(scratch.previous, scratch.current);
  }
  return msv_result(profile, L, xj);
}

FilterResult msv_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                            UngappedScratch& scratch) {
  const FilterResult ssv = ssv_filter_ref(profile, target, scratch);
  return ssv.status == FilterStatus::kNoResult ? full_msv_filter_ref(profile, target, scratch) : ssv;
}

}  // namespace foldmesh::hmm
