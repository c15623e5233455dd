// Products of bf16 numbers with AVX512-BF16: one instruction adds two products to each of 16 sums, that of
// the upper halves first, every addition rounded as a fused multiply-add.
#include "foldmesh/runtime/cpu/gemm_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>

namespace foldmesh::runtime::cpu {

#if defined(__x86_64__)
namespace {

#define FOLDMESH_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,avx2")))

constexpr int64_t kLanes = 16;
constexpr int64_t kPanelWidth = 2 * kLanes;

FOLDMESH_BF16 inline __m512bh load_words(const float* words) { return (__m512bh)_mm512_loadu_si512(words); }

template <int kRows, int kVectors>
FOLDMESH_BF16 __attribute__((noinline)) void multiply_tile(const Tile& tile) {
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 12
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[i][v] =
          tile.accumulate ? _mm512_loadu_ps(tile.c + i * tile.c_stride + v * kLanes) : _mm512_setzero_ps();
    }
  }
  // Every third row has a pointer, so that all rows are reached with few registers.
  constexpr int kPointers = (kRows + 2) / 3;
  const int64_t row = tile.a.row, step = tile.a.step;
  const float* rows[kPointers];
#pragma GCC unroll 4
  for (int i = 0; i < kPointers; ++i) rows[i] = tile.a.words + 3 * i * row;
  const float* b = tile.b;
  for (int64_t s = 0; s < tile.steps; ++s) {
    __m512bh columns[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) columns[v] = load_words(b + v * kLanes);
    b += tile.b_stride;
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i) {
      const __m512bh pair = (__m512bh)_mm512_set1_ps(rows[i / 3][i % 3 * row]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], pair, columns[v]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kPointers; ++i) rows[i] += step;
  }
  const __m512 alpha = _mm512_set1_ps(tile.alpha);
#pragma GCC unroll 12
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      _mm512_storeu_ps(tile.c + i * tile.c_stride + v * kLanes, _mm512_mul_ps(sums[i][v], alpha));
    }
  }
}

inline __mmask16 first_lanes(int64_t n) {
  return n >= kLanes ? static_cast<__mmask16>(0xffff)
                     : static_cast<__mmask16>((1u << std::max<int64_t>(n, 0)) - 1);
}

// Words of 16 columns at two consecutive l.
FOLDMESH_BF16 inline __m512i pair_up(__m512 first, __m512 second) {
  const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(first, second);  // 16 of second, then 16 of first
  // clang-format off
  const __m512i order = _mm512_set_epi16(
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
      23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  // clang-format on
  return _mm512_permutexvar_epi16(order, halves);
}

// Words of 32 consecutive numbers of a row, of which n exist.
FOLDMESH_BF16 inline __m512i pairs_of_row(const float* from, int64_t n) {
  const __m512 low = _mm512_maskz_loadu_ps(first_lanes(n), from);
  const __m512 high =
      n > kLanes ? _mm512_maskz_loadu_ps(first_lanes(n - kLanes), from + kLanes) : _mm512_setzero_ps();
  // Masked, since gcc 12 warns of its own plain form.
  return _mm512_maskz_rol_epi32(0xffff, (__m512i)_mm512_cvtne2ps_pbh(high, low), 16);
}

FOLDMESH_BF16 void pack_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                                int64_t to_stride) {
  const __mmask16 low = first_lanes(n), high = first_lanes(n - kLanes);
  for (int64_t l = 0; l < k; l += 2, from += 2 * stride, to += to_stride) {
    const float* second = l + 1 < k ? from + stride : from;
    const __mmask16 pair = l + 1 < k ? 0xffff : 0;
    _mm512_storeu_si512(to,
                        pair_up(_mm512_maskz_loadu_ps(low, from), _mm512_maskz_loadu_ps(low & pair, second)));
    // No address beyond the row is formed for a panel of one vector.
    const int64_t next = n > kLanes ? kLanes : 0;
    _mm512_storeu_si512(to + kLanes, pair_up(_mm512_maskz_loadu_ps(high, from + next),
                                             _mm512_maskz_loadu_ps(high & pair, second + next)));
  }
}

FOLDMESH_BF16 void row_to_words(int64_t k, const float* from, float* to) {
  int64_t l = 0;
  for (; l + 2 * kLanes <= k; l += 2 * kLanes)
    _mm512_storeu_si512(to + l / 2, pairs_of_row(from + l, 2 * kLanes));
  if (l < k)
    _mm512_mask_storeu_epi32(to + l / 2, first_lanes((k - l + 1) / 2), pairs_of_row(from + l, k - l));
}

void pack_rows(int64_t m, int64_t k, const float* from, int64_t stride, float* to) {
  const int64_t steps = (k + 1) / 2;
  for (int64_t i = 0; i < m; ++i) row_to_words(k, from + i * stride, to + i * steps);
}

// Columns become words first, and words are transposed as fp32 numbers are.
void pack_stored_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                         int64_t to_stride) {
  alignas(64) thread_local float words[kPanelWidth * kMaxSteps];
  pack_rows(n, k, from, stride, words);
  const int64_t steps = (k + 1) / 2;
  fp32_kernels().pack_stored_columns(steps, n, words, steps, to, to_stride);
}

FOLDMESH_BF16 void pack_stored_rows(int64_t m, int64_t k, int64_t readable, const float* from, int64_t stride,
                                    float* to) {
  const __mmask16 lanes = first_lanes(std::min(m, readable));
  for (int64_t l = 0; l < k; l += 2, from += 2 * stride, to += m) {
    const __m512 first = _mm512_maskz_loadu_ps(lanes, from);
    const __m512 second = l + 1 < k ? _mm512_maskz_loadu_ps(lanes, from + stride) : _mm512_setzero_ps();
    _mm512_mask_storeu_epi32(to, lanes, pair_up(first, second));
  }
}

#define FOLDMESH_TILES(kVectors)                                                          \
  multiply_tile<1, kVectors>, multiply_tile<2, kVectors>, multiply_tile<3, kVectors>,     \
      multiply_tile<4, kVectors>, multiply_tile<5, kVectors>, multiply_tile<6, kVectors>, \
      multiply_tile<7, kVectors>, multiply_tile<8, kVectors>, multiply_tile<9, kVectors>, \
      multiply_tile<10, kVectors>, multiply_tile<11, kVectors>, multiply_tile<12, kVectors>

constexpr GemmKernels kKernels = {
    {FOLDMESH_TILES(1)}, {FOLDMESH_TILES(2)}, 12,        kPanelWidth,     2, false,
    pack_columns,        pack_stored_columns, pack_rows, pack_stored_rows};

}  // namespace

const GemmKernels* avx512_bf16_kernels() {
  static const bool has_it = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has_it ? &kKernels : nullptr;
}

#else

const GemmKernels* avx512_bf16_kernels() { return nullptr; }

#endif

}  // namespace foldmesh::runtime::cpu
