#include "foldmesh/hmm/domains/null2.h"

#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/vector_unit.h"
#include "foldmesh/simd/fixed_width.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/domains/null2.cc"
#include <hwy/foreach_target.h>
// After foreach_target:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void LaneOdds(const FloatTables&, const float*, const float*, float*) { no_vector_unit(); }

#else

namespace hn = hwy::HWY_NAMESPACE;

// lanes[20][4]: for each canonical residue the four lanes' sums over q of match * odds (+ insert). The table
// of odds by vector has the residues of a vector side by side, so these are sums of whole rows.
void LaneOdds(const FloatTables& t, const float* match, const float* insert, float* lanes) {
  const hn::ScalableTag<float> d;
  constexpr size_t kWidth = hn::MaxLanes(d);
  constexpr int kRow = bio::kNumCanonical * FloatTables::kLanes, kVectors = kRow / static_cast<int>(kWidth);
  static_assert(kVectors * kWidth == kRow);
  hn::Vec<decltype(d)> sum[kVectors];
  for (auto& s : sum) s = hn::Zero(d);
  const float* odds = t.odds_by_vector();
  for (int q = 0; q < t.Q(); ++q, odds += kRow) {
    const auto m = hn::LoadDup128(d, match + static_cast<size_t>(q) * FloatTables::kLanes);
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::Mul(m, hn::Load(d, odds + v * kWidth)));
    if (insert == nullptr) continue;
    const auto i = hn::LoadDup128(d, insert + static_cast<size_t>(q) * FloatTables::kLanes);
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], i);
  }
  for (int v = 0; v < kVectors; ++v) hn::Store(sum[v], d, lanes + v * kWidth);
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(LaneOdds);

Null2Odds null2_odds(const FloatTables& tables, const float* match, const float* insert, float other) {
  HWY_ALIGN_MAX float lanes[bio::kNumCanonical][FloatTables::kLanes];
  HWY_DYNAMIC_DISPATCH(LaneOdds)(tables, match, insert, &lanes[0][0]);
  Null2Odds odds;
  odds.fill(1.0f);
  for (bio::Code a = 0; a < bio::kNumCanonical; ++a) {
    const float* sum = lanes[a];
    odds[a] = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + other;
  }
  set_degenerate_odds(odds);
  return odds;
}

Null2Odds null2_by_nodes(const FloatTables& tables, std::span<const int> nodes,
                         simd::AlignedVector<float>& counts) {
  counts.assign(static_cast<size_t>(tables.Q()) * FloatTables::kLanes, 0.0f);
  for (int k : nodes) counts[tables.place(k)] += 1.0f;
  const float norm = static_cast<float>(1.0 / static_cast<float>(nodes.size()));
  for (float& count : counts) count *= norm;
  return null2_odds(tables, counts.data(), nullptr, 0.0f);
}

void set_degenerate_odds(Null2Odds& odds) {
  for (bio::Code x = bio::kNumCanonical; x < bio::kNumCodes; ++x) {
    if (!bio::is_residue(x)) continue;
    float sum = 0;
    for (bio::Code a : bio::members(x)) sum += odds[a];
    odds[x] = sum / static_cast<float>(bio::members(x).size());
  }
}

float null2_correction(float sum) {
  constexpr float kPrior = 1.0f / 256.0f;
  return table_log_sum(0.0f, static_cast<float>(log_of(kPrior) + sum));
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
