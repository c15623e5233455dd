// Products of bf16 numbers with AMX: tiles of 32 x 32 sums, made of four of the unit's (tile_unit.h).
//
// Operands are packed as for AVX512-BF16, by its functions, and filled up with zeros to whole tiles: k to a
// multiple of 32 numbers, rows of a to a multiple of 16. A packed row is a row of words, so that tiles are
// loaded from where they lie; columns of b and words of a beyond the matrix multiply zeros.
#include <algorithm>

#include "foldmesh/runtime/cpu/gemm_kernels.h"
#include "foldmesh/runtime/cpu/tile_unit.h"

namespace foldmesh::runtime::cpu {

#if defined(__x86_64__)
namespace {

constexpr int64_t kPanelWidth = 2 * kTileWords;
constexpr int64_t kNumbers = 2 * kTileWords;  // of k in a tile

int64_t whole_steps(int64_t k) { return (k + kNumbers - 1) / kNumbers * kTileWords; }

// Tiles 0 to 3 are sums, 4 and 5 rows of a, 6 and 7 columns of b.
template <typename Unit, int kRows, int kColumns>
void multiply_tile(const Tile& tile) {
  constexpr bool kTwoRows = kRows == 2, kTwoColumns = kColumns == 2;
  const int64_t c_stride = tile.c_stride;
  float *const c = tile.c, *const lower_c = c + (kTwoRows ? kTileRows * c_stride : 0);
  if (tile.accumulate) {
    Unit::template load<0>(c, c_stride);
    if constexpr (kTwoColumns) Unit::template load<1>(c + kTileWords, c_stride);
    if constexpr (kTwoRows) Unit::template load<2>(lower_c, c_stride);
    if constexpr (kTwoRows && kTwoColumns) Unit::template load<3>(lower_c + kTileWords, c_stride);
  } else {
    Unit::template zero<0>();
    if constexpr (kTwoColumns) Unit::template zero<1>();
    if constexpr (kTwoRows) Unit::template zero<2>();
    if constexpr (kTwoRows && kTwoColumns) Unit::template zero<3>();
  }
  for (int64_t s = 0; s < tile.steps; s += kTileWords) {
    const float *a = tile.a.words + s, *b = tile.b + s * tile.b_stride;
    Unit::template load<6>(b, tile.b_stride);
    Unit::template load<4>(a, tile.steps);
    Unit::template multiply_add<0, 4, 6>();
    if constexpr (kTwoColumns) {
      Unit::template load<7>(b + kTileWords, tile.b_stride);
      Unit::template multiply_add<1, 4, 7>();
    }
    if constexpr (kTwoRows) {
      Unit::template load<5>(a + kTileRows * tile.steps, tile.steps);
      Unit::template multiply_add<2, 5, 6>();
      if constexpr (kTwoColumns) Unit::template multiply_add<3, 5, 7>();
    }
  }
  Unit::template store<0>(c, c_stride);
  if constexpr (kTwoColumns) Unit::template store<1>(c + kTileWords, c_stride);
  if constexpr (kTwoRows) Unit::template store<2>(lower_c, c_stride);
  if constexpr (kTwoRows && kTwoColumns) Unit::template store<3>(lower_c + kTileWords, c_stride);
  if (tile.alpha == 1.0f) return;
  for (int64_t i = 0; i < kRows * kTileRows; ++i) {
    for (int64_t j = 0; j < kColumns * kTileWords; ++j) c[i * c_stride + j] *= tile.alpha;
  }
}

void clear_steps(int64_t first, int64_t end, float* to, int64_t to_stride) {
  for (int64_t s = first; s < end; ++s) std::fill_n(to + s * to_stride, kPanelWidth, 0.0f);
}

void pack_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to, int64_t to_stride) {
  avx512_bf16_kernels()->pack_columns(k, n, from, stride, to, to_stride);
  clear_steps((k + 1) / 2, whole_steps(k), to, to_stride);
}

void pack_stored_columns(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                         int64_t to_stride) {
  avx512_bf16_kernels()->pack_stored_columns(k, n, from, stride, to, to_stride);
  clear_steps((k + 1) / 2, whole_steps(k), to, to_stride);
}

void clear_rows(int64_t m, int64_t steps, float* to) {
  const int64_t whole = (m + kTileRows - 1) / kTileRows * kTileRows;
  std::fill_n(to + m * steps, (whole - m) * steps, 0.0f);
}

void pack_rows(int64_t m, int64_t k, const float* from, int64_t stride, float* to) {
  const int64_t steps = whole_steps(k), used = (k + 1) / 2;
  for (int64_t i = 0; i < m; ++i) {
    avx512_bf16_kernels()->pack_rows(1, k, from + i * stride, stride, to + i * steps);
    std::fill(to + i * steps + used, to + (i + 1) * steps, 0.0f);
  }
  clear_rows(m, steps, to);
}

// Made step by step, a tile at a time, and transposed into rows.
void pack_stored_rows(int64_t m, int64_t k, int64_t readable, const float* from, int64_t stride, float* to) {
  const int64_t steps = whole_steps(k);
  alignas(64) float words[kTileWords * kTileRows + kSpareWords];
  for (int64_t i = 0; i < m; i += kTileRows) {
    const int64_t rows = std::min(kTileRows, m - i);
    for (int64_t l = 0; l < k; l += kNumbers) {
      const int64_t numbers = std::min(kNumbers, k - l), used = (numbers + 1) / 2;
      avx512_bf16_kernels()->pack_stored_rows(rows, numbers, readable - i, from + l * stride + i, stride,
                                              words);
      for (int64_t row = 0; row < rows; ++row) {
        float* tile_row = to + (i + row) * steps + l / 2;
        for (int64_t s = 0; s < used; ++s) tile_row[s] = words[s * rows + row];
        std::fill(tile_row + used, tile_row + kTileWords, 0.0f);
      }
    }
  }
  clear_rows(m, steps, to);
}

template <typename Unit>
constexpr GemmKernels kKernels = {.half_tile = {multiply_tile<Unit, 1, 1>, multiply_tile<Unit, 2, 1>},
                                  .whole_tile = {multiply_tile<Unit, 1, 2>, multiply_tile<Unit, 2, 2>},
                                  .tile_rows = 2 * kTileRows,
                                  .panel_width = kPanelWidth,
                                  .numbers_per_word = 2,
                                  .reads_in_place = false,
                                  .pack_columns = pack_columns,
                                  .pack_stored_columns = pack_stored_columns,
                                  .pack_rows = pack_rows,
                                  .pack_stored_rows = pack_stored_rows,
                                  .row_unit = kTileRows,
                                  .step_unit = kTileWords,
                                  .begin = Unit::begin,
                                  .end = Unit::end};

}  // namespace

AmxState amx_state() {
  static const AmxState state = [] {
    if (avx512_bf16_kernels() == nullptr || !AmxTileUnit::exists()) return AmxState::kMissing;
    return agrees_with_model(multiply_one_tile<AmxTileUnit>) ? AmxState::kWorks : AmxState::kDiffers;
  }();
  return state;
}

const GemmKernels* amx_kernels() {
  return amx_state() == AmxState::kWorks ? &kKernels<AmxTileUnit> : nullptr;
}

const GemmKernels* modelled_amx_kernels() {
  return avx512_bf16_kernels() == nullptr ? nullptr : &kKernels<ModelledTileUnit>;
}

#else

AmxState amx_state() { return AmxState::kMissing; }
const GemmKernels* amx_kernels() { return nullptr; }
const GemmKernels* modelled_amx_kernels() { return nullptr; }

#endif

}  // namespace foldmesh::runtime::cpu
