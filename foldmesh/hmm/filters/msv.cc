#include "foldmesh/hmm/filters/msv.h"

#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/filters/msv_levels.h"
#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/filters/msv.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
int HighestCell(const StripedTable<uint8_t>&, std::span<const bio::Code>, const MsvLevels&, uint8_t*) {
  base::throw_internal("no vectors");
}
#else

using D = hn::ScalableTag<uint8_t>;
using V = hn::Vec<D>;
constexpr size_t kBytes = hn::MaxLanes(D());

HWY_INLINE int highest_lane(V v) {
  const hn::ScalableTag<uint16_t> d16;
  const hn::Half<D> half;
  const auto both =
      hn::Max(hn::PromoteTo(d16, hn::LowerHalf(half, v)), hn::PromoteTo(d16, hn::UpperHalf(half, v)));
  return hn::GetLane(hn::MaxOfLanes(d16, both));
}

// Every lane one up, 0 (minus infinity) into the first.
HWY_INLINE V one_lane_up(V v) {
  const D d;
  alignas(64) uint8_t lanes[2 * kBytes];
  hn::Store(hn::Zero(d), d, lanes);
  hn::Store(v, d, lanes + kBytes);
  return hn::LoadU(d, lanes + kBytes - 1);
}

// One row of cells in place of the row before; returns each lane's highest.
HWY_INLINE V next_row(const uint8_t* HWY_RESTRICT cost, int n_vectors, V begin, V bias,
                      uint8_t* HWY_RESTRICT row) {
  const D d;
  V best = hn::Zero(d);
  V previous = one_lane_up(hn::Load(d, row + static_cast<size_t>(n_vectors - 1) * kBytes));
  for (int q = 0; q < n_vectors; ++q, cost += kBytes, row += kBytes) {
    const V raised = hn::SaturatedAdd(hn::Max(previous, begin), bias);
    const V value = hn::SaturatedSub(raised, hn::Load(d, cost));
    previous = hn::Load(d, row);
    hn::Store(value, d, row);
    best = hn::Max(best, value);
  }
  return best;
}

// The highest cell of all rows; out of range as soon as it is 255 - bias. The maximum over lanes is only
// taken where it matters to the next row, since each row would have to wait for it.
int HighestCell(const StripedTable<uint8_t>& costs, std::span<const bio::Code> target,
                const MsvLevels& levels, uint8_t* HWY_RESTRICT row) {
  const D d;
  const V bias = hn::Set(d, static_cast<uint8_t>(levels.bias));
  int xj = 0;
  V begin = hn::Set(d, static_cast<uint8_t>(levels.begin(xj)));
  V without_effect = hn::Set(d, static_cast<uint8_t>(levels.highest_without_effect(xj)));
  V best = hn::Zero(d);
  for (bio::Code x : target) {
    const V best_of_row = next_row(costs.row(x), costs.n_vectors, begin, bias, row);
    best = hn::Max(best, best_of_row);
    if (hn::AllTrue(d, hn::Eq(hn::Max(best_of_row, without_effect), without_effect))) continue;
    const int highest = highest_lane(best_of_row);
    if (highest + levels.bias >= 255) return highest;
    xj = highest - levels.end;
    begin = hn::Set(d, static_cast<uint8_t>(levels.begin(xj)));
    without_effect = hn::Set(d, static_cast<uint8_t>(levels.highest_without_effect(xj)));
  }
  return highest_lane(best);
}
#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(HighestCell);

FilterResult full_msv_filter(const Profile& profile, std::span<const bio::Code> target,
                             UngappedScratch& scratch) {
  const StripedTable<uint8_t>& costs = profile.striped_byte_costs();
  if (costs.empty()) return full_msv_filter_ref(profile, target, scratch);
  check_lanes(costs);
  const int L = static_cast<int>(target.size());
  const MsvLevels levels{Profile::kByteBase, msv_entry_cost(profile, L), profile.byte_end(),
                         profile.byte_bias()};
  scratch.row.assign(static_cast<size_t>(costs.lanes * costs.n_vectors), 0);
  const int highest = HWY_DYNAMIC_DISPATCH(HighestCell)(costs, target, levels, scratch.row.data());
  if (highest + levels.bias >= 255) return FilterResult::out_of_range();
  return msv_result(profile, L, std::max(highest - levels.end, 0));
}

FilterResult msv_filter(const Profile& profile, std::span<const bio::Code> target, UngappedScratch& scratch) {
  const FilterResult ssv = ssv_filter(profile, target, scratch);
  return ssv.status == FilterStatus::kNoResult ? full_msv_filter(profile, target, scratch) : ssv;
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
