#include "foldmesh/hmm/filters/ssv.h"

#include <algorithm>

#include "foldmesh/hmm/filters/diagonal_table.h"

namespace foldmesh::hmm {
namespace {

// Level of a segment's start in MSV's scale.
int begin_level(const Profile& profile, int L) {
  return Profile::kByteBase - profile.byte_move(L) - profile.byte_entry();
}

}  // namespace

bool ssv_applies(const Profile& profile, int L) {
  return profile.byte_move(L) + profile.byte_entry() + profile.byte_end() + profile.byte_bias() < 127;
}

int lowest_without_ssv_result(const Profile& profile, int L) {
  const int begin = begin_level(profile, L);
  const int second_segment = Profile::kByteBase + 1 + profile.byte_end() - begin + kSsvFloor;
  const int out_of_range = 255 - profile.byte_bias() - begin + kSsvFloor;
  return std::min({second_segment, out_of_range, ssv_overflow(profile)});
}

FilterResult ssv_result(const Profile& profile, int L, int maximum) {
  const int begin = begin_level(profile, L);
  if (maximum >= ssv_overflow(profile)) {
    return begin >= 128 ? FilterResult::out_of_range() : FilterResult::no_result();
  }
  const int in_msv_scale = maximum - kSsvFloor + begin;
  if (in_msv_scale >= 255 - profile.byte_bias()) return FilterResult::out_of_range();
  const int ended = in_msv_scale - profile.byte_end();
  if (ended > Profile::kByteBase) return FilterResult::no_result();  // J could start a second segment above N
  const float score =
      static_cast<float>(ended - profile.byte_move(L) - Profile::kByteBase) / profile.byte_scale();
  return {FilterStatus::kOk, static_cast<float>(score - kLengthFudge)};
}

double ssv_maximum_for(const Profile& profile, int L, double nats) {
  const double ended = (nats + kLengthFudge) * static_cast<double>(profile.byte_scale()) +
                       profile.byte_move(L) + Profile::kByteBase;
  return ended + profile.byte_end() - begin_level(profile, L) + kSsvFloor;
}

FilterResult ssv_filter(const Profile& profile, std::span<const bio::Code> target, UngappedScratch& scratch) {
  if (profile.diagonal_table().empty()) return ssv_filter_ref(profile, target, scratch);
  const int L = static_cast<int>(target.size());
  if (!ssv_applies(profile, L)) return FilterResult::no_result();
  return ssv_result(profile, L, diagonal_maximum(profile.diagonal_table(), target));
}

}  // namespace foldmesh::hmm
