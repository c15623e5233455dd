#include "bench/gemm/fma_peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
#if defined(__x86_64__)
namespace {
__attribute__((target("avx512f,avx512bf16"))) double avx512_bf16_rounds(int64_t rounds, float* sink) {
  constexpr int kChains = 12;
  __m512 sums[kChains];
  for (__m512& sum : sums) sum = _mm512_set1_ps(sink[0]);
  const __m512bh x = (__m512bh)_mm512_set1_ps(sink[0]), y = (__m512bh)_mm512_set1_ps(sink[1]);
  for (int64_t round = 0; round < rounds; ++round) {
    HWY_UNROLL(12)
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], x, y);
  }
  __m512 total = sums[0];
  for (int i = 1; i < kChains; ++i) total = _mm512_add_ps(total, sums[i]);
  sink[0] += _mm512_cvtss_f32(total);
  return 2.0 * kChains * 32 * static_cast<double>(rounds);
}
}  // namespace

double bf16_rounds(int64_t rounds, float* sink) {
  return __builtin_cpu_supports("avx512bf16") ? avx512_bf16_rounds(rounds, sink) : 0;
}
#else
double bf16_rounds(int64_t, float*) { return 0; }
#endif

double fma_rounds(int64_t rounds, float* sink) { return HWY_DYNAMIC_DISPATCH(FmaRounds)(rounds, sink); }

}  // namespace foldmesh::bench
#endif  // HWY_ONCE
