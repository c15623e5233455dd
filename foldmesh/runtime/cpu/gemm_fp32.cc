// Products of fp32 numbers, and of fp32 numbers rounded to bf16 for machines that cannot multiply bf16.
#include <algorithm>
#include <array>

#include "foldmesh/runtime/cpu/gemm_kernels.h"
#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/runtime/cpu/gemm_fp32.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::runtime::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
constexpr int64_t kPanelWidth = 2 * kLanes;
// The sums of a tile, one row of a panel and one element of a fit the registers: 32 of AVX-512 and NEON,
// else 16.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
#define FOLDMESH_TILES(kVectors)                                                          \
  multiply_tile<1, kVectors>, multiply_tile<2, kVectors>, multiply_tile<3, kVectors>,     \
      multiply_tile<4, kVectors>, multiply_tile<5, kVectors>, multiply_tile<6, kVectors>, \
      multiply_tile<7, kVectors>, multiply_tile<8, kVectors>, multiply_tile<9, kVectors>, \
      multiply_tile<10, kVectors>, multiply_tile<11, kVectors>, multiply_tile<12, kVectors>
constexpr int64_t kTileRows = 12;
#else
#define FOLDMESH_TILES(kVectors)                                                      \
  multiply_tile<1, kVectors>, multiply_tile<2, kVectors>, multiply_tile<3, kVectors>, \
      multiply_tile<4, kVectors>, multiply_tile<5, kVectors>, multiply_tile<6, kVectors>
constexpr int64_t kTileRows = 6;
#endif

// kRows rows times kVectors vectors of columns.
template <int kRows, int kVectors>
HWY_NOINLINE void multiply_tile(const Tile& tile) {
  const D d;
  V sums[kRows][kVectors];
  HWY_UNROLL(12)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      sums[i][v] = tile.accumulate ? hn::LoadU(d, tile.c + i * tile.c_stride + v * kLanes) : hn::Zero(d);
    }
  }
  // Every third row has a pointer, so that all rows are reached with few registers.
  constexpr int kPointers = (kRows + 2) / 3;
  const int64_t row = tile.a.row, step = tile.a.step;
  const float* rows[kPointers];
  HWY_UNROLL(4)
  for (int i = 0; i < kPointers; ++i) rows[i] = tile.a.words + 3 * i * row;
  const float* b = tile.b;
  for (int64_t s = 0; s < tile.steps; ++s) {
    V columns[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * kLanes);
    b += tile.b_stride;
    HWY_UNROLL(12)
    for (int i = 0; i < kRows; ++i) {
      const V element = hn::Set(d, rows[i / 3][i % 3 * row]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; ++v) sums[i][v] = hn::MulAdd(element, columns[v], sums[i][v]);
    }
    HWY_UNROLL(4)
    for (int i = 0; i < kPointers; ++i) rows[i] += step;
  }
  const V alpha = hn::Set(d, tile.alpha);
  HWY_UNROLL(12)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      hn::StoreU(hn::Mul(sums[i][v], alpha), d, tile.c + i * tile.c_stride + v * kLanes);
    }
  }
}

void pack_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to, int64_t to_stride) {
  const D d;
  if (n == kPanelWidth) {
    for (int64_t l = 0; l < k; ++l, from += stride, to += to_stride) {
      const V low = hn::LoadU(d, from), high = hn::LoadU(d, from + kLanes);
      hn::StoreU(low, d, to);
      hn::StoreU(high, d, to + kLanes);
    }
    return;
  }
  for (int64_t l = 0; l < k; ++l, from += stride, to += to_stride) {
    for (int64_t j = 0; j < n; ++j) to[j] = from[j];
    for (int64_t j = n; j < kPanelWidth; ++j) to[j] = 0.0f;
  }
}

#if HWY_TARGET != HWY_SCALAR
// Four numbers of each of a vector's blocks of four: block q from columns[4 * q].
HWY_INLINE V load_blocks(const float* const* columns, int64_t l) {
  const hn::FixedTag<float, 4> d4;
  const auto block = [&](int q) HWY_ATTR { return hn::LoadU(d4, columns[4 * q] + l); };
#if HWY_TARGET <= HWY_AVX3
  const hn::FixedTag<float, 8> d8;
  return hn::Combine(D(), hn::Combine(d8, block(3), block(2)), hn::Combine(d8, block(1), block(0)));
#elif HWY_TARGET == HWY_AVX2
  return hn::Combine(D(), block(1), block(0));
#else
  return block(0);
#endif
}

// Four steps of every column: each block of four lanes is a 4 x 4 matrix of its own.
HWY_INLINE void transpose_four(const float* const* columns, int64_t l, float* to, int64_t to_stride) {
  const D d;
  const hn::Repartition<double, D> pairs;
  for (int64_t j = 0; j < kPanelWidth; j += kLanes) {
    const V c0 = load_blocks(columns + j, l), c1 = load_blocks(columns + j + 1, l);
    const V c2 = load_blocks(columns + j + 2, l), c3 = load_blocks(columns + j + 3, l);
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, c0, c1));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, c2, c3));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, c0, c1));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, c2, c3));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, to + j);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, to + j + to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, to + j + 2 * to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, to + j + 3 * to_stride);
  }
}
#endif

void pack_stored_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                         int64_t to_stride) {
  static constexpr float kZeros[kMaxSteps] = {};
  const float* columns[kPanelWidth];
  for (int64_t j = 0; j < kPanelWidth; ++j) columns[j] = j < n ? from + j * stride : kZeros;
  int64_t l = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; l + 4 <= k; l += 4) transpose_four(columns, l, to + l * to_stride, to_stride);
#endif
  for (; l < k; ++l) {
    for (int64_t j = 0; j < kPanelWidth; ++j) to[l * to_stride + j] = columns[j][l];
  }
}

void pack_rows(int64_t m, int64_t k, const float* from, int64_t stride, float* to) {
  for (int64_t i = 0; i < m; ++i) std::copy_n(from + i * stride, k, to + i * k);
}

// Whole vectors are copied where they exist; what is too much is overwritten by the next step.
void pack_stored_rows(int64_t m, int64_t k, int64_t readable, const float* from, int64_t stride, float* to) {
  const int64_t whole = (m + kLanes - 1) / kLanes * kLanes;
  for (int64_t l = 0; l < k; ++l, from += stride, to += m) {
    if (whole <= readable) {
      for (int64_t i = 0; i < whole; i += kLanes) hn::StoreU(hn::LoadU(D(), from + i), D(), to + i);
    } else {
      for (int64_t i = 0; i < m; ++i) to[i] = from[i];
    }
  }
}

// The nearest number with 8 bits of mantissa, the even one of two; NaN stays NaN.
HWY_INLINE V round_to_bf16(V v) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, v);
  const auto last = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto rounded = hn::And(hn::Add(bits, hn::Add(last, hn::Set(du, 0x7fff))), hn::Set(du, 0xffff0000));
  return hn::IfThenElse(hn::Eq(v, v), hn::BitCast(d, rounded), v);
}

void round_words(int64_t n, float* words) {
  const D d;
  const int64_t whole = n / kLanes * kLanes;
  for (int64_t i = 0; i < whole; i += kLanes)
    hn::StoreU(round_to_bf16(hn::LoadU(d, words + i)), d, words + i);
  for (int64_t i = whole; i < n; ++i) words[i] = hn::GetLane(round_to_bf16(hn::Set(d, words[i])));
}

void pack_rounded_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                          int64_t to_stride) {
  pack_columns(k, n, from, stride, to, to_stride);
  for (int64_t l = 0; l < k; ++l) round_words(kPanelWidth, to + l * to_stride);
}
void pack_rounded_stored_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                                 int64_t to_stride) {
  pack_stored_columns(k, n, from, stride, to, to_stride);
  for (int64_t l = 0; l < k; ++l) round_words(kPanelWidth, to + l * to_stride);
}
void pack_rounded_rows(int64_t m, int64_t k, const float* from, int64_t stride, float* to) {
  pack_rows(m, k, from, stride, to);
  round_words(m * k, to);
}
void pack_rounded_stored_rows(int64_t m, int64_t k, int64_t readable, const float* from, int64_t stride,
                              float* to) {
  pack_stored_rows(m, k, readable, from, stride, to);
  round_words(m * k, to);
}

const GemmKernels* Fp32Kernels() {
  static constexpr GemmKernels kKernels = {
      {FOLDMESH_TILES(1)}, {FOLDMESH_TILES(2)}, kTileRows, kPanelWidth,     1, true,
      pack_columns,        pack_stored_columns, pack_rows, pack_stored_rows};
  return &kKernels;
}

const GemmKernels* RoundingKernels() {
  static constexpr GemmKernels kKernels = {{FOLDMESH_TILES(1)},
                                           {FOLDMESH_TILES(2)},
                                           kTileRows,
                                           kPanelWidth,
                                           1,
                                           false,
                                           pack_rounded_columns,
                                           pack_rounded_stored_columns,
                                           pack_rounded_rows,
                                           pack_rounded_stored_rows};
  return &kKernels;
}

#undef FOLDMESH_TILES

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::runtime::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::runtime::cpu {

HWY_EXPORT(Fp32Kernels);
HWY_EXPORT(RoundingKernels);

const GemmKernels& fp32_kernels() { return *HWY_DYNAMIC_DISPATCH(Fp32Kernels)(); }
const GemmKernels& rounding_kernels() { return *HWY_DYNAMIC_DISPATCH(RoundingKernels)(); }

}  // namespace foldmesh::runtime::cpu
#endif  // HWY_ONCE
