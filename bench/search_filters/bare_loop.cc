#include "bench/search_filters/bare_loop.h"

#include <algorithm>
#include <utility>

#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/search_filters/bare_loop.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<int8_t>;
using V = hn::Vec<D>;
constexpr size_t kBytes = hn::MaxLanes(D());

template <int W, int N>
V band(const hmm::DiagonalTable& table, int first, const uint16_t* HWY_RESTRICT rows, size_t n) {
  const D d;
  constexpr int B = N > 1 ? 1 : std::min(W, 4);
  const size_t row_bytes = table.shape.row_bytes();
  const int8_t* HWY_RESTRICT cells = table.cells.data();
  const int period = table.shape.turn * table.shape.n_vectors;
  V v[N][W], best[N][B];
  for (int t = 0; t < N; ++t) {
    for (V& lanes : v[t]) lanes = hn::Set(d, -128);
    for (V& lanes : best[t]) lanes = hn::Set(d, -128);
  }
  size_t i = 0;
  for (int q = first; i < n; q -= period) {
    for (; q < period && i < n; q += 2, ++i) {
      const int8_t* at = cells + static_cast<size_t>(q) * kBytes;
      for (int t = 0; t < N; ++t) {
        const int8_t* scores = at + rows[static_cast<size_t>(t) * n + i] * row_bytes;
        for (int r = 0; r < W; ++r) {
          v[t][r] = hn::SaturatedAdd(v[t][r], hn::Load(d, scores + static_cast<size_t>(r) * kBytes));
          best[t][r % B] = hn::Max(best[t][r % B], v[t][r]);
        }
      }
    }
  }
  for (int t = 0; t < N; ++t) {
    for (const V& lanes : best[t]) best[0][0] = hn::Max(best[0][0], lanes);
  }
  return best[0][0];
}

template <int W>
V any_band(const hmm::DiagonalTable& table, int first, std::span<const uint16_t> rows, int n_streams) {
  const size_t n = rows.size() / static_cast<size_t>(n_streams);
  switch (n_streams) {
    case 8:
      return band<W, (W <= 1 ? 8 : 1)>(table, first, rows.data(), n);
    case 6:
      return band<W, (W <= 2 ? 6 : 1)>(table, first, rows.data(), n);
    case 4:
      return band<W, (W <= 3 ? 4 : 1)>(table, first, rows.data(), n);
    case 3:
      return band<W, (W <= 4 ? 3 : 1)>(table, first, rows.data(), n);
    case 2:
      return band<W, (W <= 8 ? 2 : 1)>(table, first, rows.data(), n);
    default:
      return band<W, 1>(table, first, rows.data(), n);
  }
}

template <int... kWidths>
V band_of_width(int width, const hmm::DiagonalTable& table, int first, std::span<const uint16_t> rows,
                int n_streams, std::integer_sequence<int, kWidths...>) {
  V best = hn::Set(D(), -128);
  ((width == kWidths + 1 ? void(best = any_band<kWidths + 1>(table, first, rows, n_streams)) : void()), ...);
  return best;
}

int BareLoop(const hmm::DiagonalTable& table, std::span<const uint16_t> rows, int n_streams) {
  const hmm::DiagonalShape& shape = table.shape;
  V best = hn::Set(D(), -128);
  for (int b = 0; b < shape.n_bands; ++b) {
    const int first = shape.band_begin(b);
    best = hn::Max(best, band_of_width(shape.band_begin(b + 1) - first, table, first, rows, n_streams,
                                       std::make_integer_sequence<int, 14>()));
  }
  alignas(64) int8_t lanes[kBytes];
  hn::Store(best, D(), lanes);
  return *std::max_element(lanes, lanes + kBytes);
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::bench {

HWY_EXPORT(BareLoop);

int bare_loop(const hmm::DiagonalTable& table, std::span<const uint16_t> rows, int n_streams) {
  return HWY_DYNAMIC_DISPATCH(BareLoop)(table, rows, n_streams);
}

}  // namespace foldmesh::bench
#endif  // HWY_ONCE
