#include "bench/gemm/fma_peak.h"

#include "foldmesh/simd/fixed_width.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/gemm/fma_peak.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

double FmaRounds(int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  constexpr int kChains = 12;  // more than latency times units, fewer than registers
  hn::Vec<decltype(d)> sums[kChains];
  HWY_UNROLL(12)
  for (int i = 0; i < kChains; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  const auto x = hn::Set(d, sink[0]), y = hn::Set(d, sink[1]);
  for (int64_t round = 0; round < rounds; ++round) {
    HWY_UNROLL(12)
    for (int i = 0; i < kChains; ++i) sums[i] = hn::MulAdd(x, y, sums[i]);
  }
  auto total = sums[0];
  HWY_UNROLL(12)
  for (int i = 1; i < kChains; ++i) total = hn::Add(total, sums[i]);
  sink[0] += hn::GetLane(total);
  return 2.0 * kChains * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::bench {

HWY_EXPORT(FmaRounds);
double fma_rounds(int64_t rounds, float* sink) { return HWY_DYNAMIC_DISPATCH(FmaRounds)(rounds, sink); }

}  // namespace foldmesh::bench
#endif  // HWY_ONCE
