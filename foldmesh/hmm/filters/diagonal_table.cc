#include "foldmesh/hmm/filters/diagonal_table.h"

#include <algorithm>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/filters/diagonal_table.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Row numbers of a group's targets lie this far apart.
constexpr size_t kGroupPitch = kLongestGrouped / 2 + 64;

#if HWY_TARGET == HWY_SCALAR
// Plain code: no layout, no first pass; the callers use the reference.
DiagonalShape Shape(int) { return {.lanes = 1}; }
size_t PairGroupSize(const DiagonalShape&) { return 1; }
void PairMaxima(const DiagonalTable&, std::span<const std::span<const bio::Code>>, PairScratch&, int8_t*) {
  base::throw_internal("no vectors");
}
int8_t DiagonalMaximum(const DiagonalTable&, std::span<const bio::Code>) {
  base::throw_internal("no vectors");
}

#else

using D = hn::ScalableTag<int8_t>;
using V = hn::Vec<D>;
using DU16 = hn::ScalableTag<uint16_t>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int8_t kFloor = -128;

// Sets with 32 registers hold wide bands and many targets; the others have 16.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
constexpr int kWidestBand = 9;
constexpr int targets_at_once(int W) { return W == 1 ? 6 : W == 2 ? 4 : W == 3 ? 3 : W <= 5 ? 2 : 1; }
#else
constexpr int kWidestBand = 14;
constexpr int targets_at_once(int W) {
  return W == 1 ? 8 : W == 2 ? 6 : W == 3 ? 4 : W == 4 ? 3 : W <= 8 ? 2 : 1;
}
#endif

// Few vectors would change lanes all the time; their rows can afford to be several times as long.
constexpr int turn_of(int n_vectors) { return n_vectors <= 1 ? 4 : n_vectors <= 3 ? 2 : 1; }

DiagonalShape Shape(int M) {
  DiagonalShape shape;
  shape.lanes = kLanes;
  shape.n_vectors = (M + kLanes - 1) / kLanes;
  shape.n_bands = (shape.n_vectors + kWidestBand - 1) / kWidestBand;
  const int widest = (shape.n_vectors + shape.n_bands - 1) / shape.n_bands;
  shape.turn = turn_of(shape.n_vectors);
  shape.row_vectors = shape.turn * shape.n_vectors + widest - 1;
  return shape;
}

size_t PairGroupSize(const DiagonalShape& shape) {
  return shape.n_bands == 1 ? static_cast<size_t>(targets_at_once(shape.n_vectors)) : 1;
}

// Moves every lane up by kBy (1, 2 or 4); the last lanes come in at the bottom.
template <int kBy>
HWY_INLINE V rotate_lanes(V v) {
  const D d;
  const hn::ScalableTag<uint32_t> d32;
  constexpr size_t kQuads = hn::MaxLanes(d32);
  // From which group of four lanes each group comes: the one before, or the one four before.
  constexpr size_t kBack = kBy == 4 ? 1 : 4;
  alignas(64) int32_t from[kQuads];
  for (size_t i = 0; i < kQuads; ++i) from[i] = static_cast<int32_t>((i + kQuads - kBack) % kQuads);
  const V below = hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(d32, v), hn::SetTableIndices(d32, from)));
  if constexpr (kBy == 4) return below;
  return hn::CombineShiftRightBytes<16 - kBy>(d, v, below);
}

// Walks a band of W vectors, from vector `q` on, down N targets of n rows each, kStep cells a row. In the
// circle of cells the first follows the last; otherwise a diagonal ends there. Every value goes into one of B
// maxima.
template <int W, int N, int B, int kStep, int kTurn, typename Row>
HWY_INLINE void walk_band(const DiagonalTable& table, int q, const Row* HWY_RESTRICT rows, size_t pitch,
                          size_t n, V (&best)[N][B]) {
  const D d;
  const V floor = hn::Set(d, kFloor);
  const int period = kTurn * table.shape.n_vectors;
  const size_t row_bytes = table.shape.row_bytes();
  const int8_t* HWY_RESTRICT cells = table.cells.data();
  V v[N][W];
  for (int t = 0; t < N; ++t) {
    for (int r = 0; r < W; ++r) v[t][r] = floor;
  }
  size_t i = 0;
  while (i < n) {
    const size_t n_steps = static_cast<size_t>((period - q + kStep - 1) / kStep);
    const size_t end = std::min(n, i + n_steps);
    for (const int8_t* at = cells + q * kLanes; i < end; ++i, at += kStep * kLanes) {
      for (int t = 0; t < N; ++t) {
        const int8_t* scores = at + rows[static_cast<size_t>(t) * pitch + i] * row_bytes;
        for (int r = 0; r < W; ++r) {
          v[t][r] = hn::SaturatedAdd(v[t][r], hn::Load(d, scores + r * kLanes));
          best[t][r % B] = hn::Max(best[t][r % B], v[t][r]);
        }
      }
    }
    q += static_cast<int>(n_steps) * kStep - period;
    for (int t = 0; t < N; ++t) {
      for (int r = 0; r < W; ++r) v[t][r] = rotate_lanes<kTurn>(v[t][r]);
    }
  }
}

HWY_INLINE int8_t highest_lane(V v) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Half<D> half;
  const auto both =
      hn::Max(hn::PromoteTo(d16, hn::LowerHalf(half, v)), hn::PromoteTo(d16, hn::UpperHalf(half, v)));
  return static_cast<int8_t>(hn::GetLane(hn::MaxOfLanes(d16, both)));
}

// N targets over all bands of the table, which are W or W - 1 vectors wide.
template <int W, int N, int kStep, typename Row>
void walk(const DiagonalTable& table, const Row* rows, size_t pitch, size_t n, int8_t* maxima) {
  constexpr int B = N > 1 ? 1 : std::min(W, 4);
  V best[N][B];
  for (int t = 0; t < N; ++t) {
    for (int b = 0; b < B; ++b) best[t][b] = hn::Set(D(), kFloor);
  }
  const DiagonalShape& shape = table.shape;
  if (shape.n_bands == 1) {
    walk_band<W, N, B, kStep, turn_of(W)>(table, 0, rows, pitch, n, best);
  } else if constexpr (N == 1 && W > 2) {
    for (int band = 0; band < shape.n_bands; ++band) {
      const int begin = shape.band_begin(band);
      if (shape.band_begin(band + 1) - begin == W) {
        walk_band<W, N, B, kStep, 1>(table, begin, rows, pitch, n, best);
      } else {
        V narrow[1][std::min(W - 1, 4)];
        for (V& lanes : narrow[0]) lanes = best[0][0];
        walk_band<W - 1, N, std::min(W - 1, 4), kStep, 1>(table, begin, rows, pitch, n, narrow);
        for (const V& lanes : narrow[0]) best[0][0] = hn::Max(best[0][0], lanes);
      }
    }
  }
  for (int t = 0; t < N; ++t) {
    for (int b = 1; b < B; ++b) best[t][0] = hn::Max(best[t][0], best[t][b]);
    maxima[t] = highest_lane(best[t][0]);
  }
}

HWY_INLINE hn::Vec<hn::ScalableTag<uint8_t>> classes_of(hn::Vec<hn::ScalableTag<uint8_t>> codes) {
  const hn::ScalableTag<uint8_t> d;
  return hn::IfThenElse(hn::Eq(codes, hn::Set(d, bio::kX)), hn::Set(d, kClassX),
                        hn::Min(codes, hn::Set(d, kClassOther)));
}

HWY_INLINE hn::Vec<DU16> pairs_of(hn::Vec<hn::ScalableTag<uint8_t>> classes) {
  const DU16 d;
  const auto both = hn::BitCast(d, classes);  // little endian: the first of a pair is the low byte
  const auto first = hn::And(both, hn::Set(d, 0xff)), second = hn::ShiftRight<8>(both);
  return hn::Add(hn::Mul(first, hn::Set(d, kPairRadix)), second);
}

HWY_INLINE hn::Vec<DU16> pairs_at(const bio::Code* codes) {
  return pairs_of(classes_of(hn::LoadU(hn::ScalableTag<uint8_t>(), codes)));
}

// The pairs of a target of even length below that of a vector.
HWY_INLINE void write_few_pairs(const bio::Code* target, size_t size, uint16_t* HWY_RESTRICT rows) {
  alignas(64) bio::Code codes[kLanes] = {};
  std::copy_n(target, size, codes);
  hn::StoreU(pairs_at(codes), DU16(), rows);
}

// Pair rows of a target, followed by kNoPair up to n at least; `rows` has room for a vector more.
void write_pairs(std::span<const bio::Code> target, size_t n, uint16_t* HWY_RESTRICT rows) {
  constexpr size_t kBytes = kLanes;
  const size_t even = target.size() & ~size_t{1};
  if (even < kBytes) {
    write_few_pairs(target.data(), even, rows);
  } else {
    for (size_t i = 0; i + kBytes <= even; i += kBytes)
      hn::StoreU(pairs_at(target.data() + i), DU16(), rows + i / 2);
    const size_t last = even - kBytes;  // the last vector overlaps the one before
    hn::StoreU(pairs_at(target.data() + last), DU16(), rows + last / 2);
  }
  size_t i = even / 2;
  if (even < target.size()) {
    const bio::Code x = target[even];
    rows[i++] = static_cast<uint16_t>((x == bio::kX ? kClassX : std::min<int>(x, kClassOther)) * kPairRadix +
                                      kClassNone);
  }
  for (; i < n; ++i) rows[i] = kNoPair;
}

template <int W>
void pair_maxima_of_width(const DiagonalTable& table, std::span<const std::span<const bio::Code>> targets,
                          PairScratch& scratch, int8_t* maxima) {
  constexpr int N = targets_at_once(W);
  size_t longest = 0;
  for (const auto& target : targets) longest = std::max(longest, target.size());
  const size_t n = (longest + 1) / 2;
  if (N == 1 || targets.size() == 1) {
    if (scratch.pairs.size() < n + kLanes) scratch.pairs.resize(n + kLanes);
    write_pairs(targets[0], n, scratch.pairs.data());
    walk<W, 1, 2>(table, scratch.pairs.data(), 0, n, maxima);
    return;
  }
  if (scratch.pairs.size() < N * kGroupPitch) scratch.pairs.resize(N * kGroupPitch);
  for (size_t t = 0; t < N; ++t) {
    const auto target = t < targets.size() ? targets[t] : std::span<const bio::Code>();
    write_pairs(target, n, scratch.pairs.data() + t * kGroupPitch);
  }
  int8_t all[N];
  walk<W, N, 2>(table, scratch.pairs.data(), kGroupPitch, n, all);
  std::copy_n(all, targets.size(), maxima);
}

template <int W>
void diagonal_maximum_of_width(const DiagonalTable& table, std::span<const bio::Code> target,
                               int8_t* maximum) {
  walk<W, 1, 1>(table, target.data(), 0, target.size(), maximum);
}

// Calls f.template operator()<W>() for the table's widest band.
template <typename F, int... kWidths>
HWY_INLINE void call_with_width(const DiagonalShape& shape, const F& f,
                                std::integer_sequence<int, kWidths...>) {
  const int width = shape.row_vectors - shape.turn * shape.n_vectors + 1;
  ((width == kWidths + 1 ? f.template operator()<kWidths + 1>() : void()), ...);
}

void check_lanes(const DiagonalTable& table) {
  if (table.shape.lanes != kLanes) base::throw_internal("the profile was made for another instruction set");
}

struct PairMaximaOfWidth {
  const DiagonalTable& table;
  std::span<const std::span<const bio::Code>> targets;
  PairScratch& scratch;
  int8_t* maxima;
  template <int W>
  void operator()() const {
    pair_maxima_of_width<W>(table, targets, scratch, maxima);
  }
};

struct DiagonalMaximumOfWidth {
  const DiagonalTable& table;
  std::span<const bio::Code> target;
  int8_t* maximum;
  template <int W>
  void operator()() const {
    diagonal_maximum_of_width<W>(table, target, maximum);
  }
};

void PairMaxima(const DiagonalTable& table, std::span<const std::span<const bio::Code>> targets,
                PairScratch& scratch, int8_t* maxima) {
  check_lanes(table);
  call_with_width(table.shape, PairMaximaOfWidth{table, targets, scratch, maxima},
                  std::make_integer_sequence<int, kWidestBand>());
}

int8_t DiagonalMaximum(const DiagonalTable& table, std::span<const bio::Code> target) {
  check_lanes(table);
  int8_t maximum = kFloor;
  call_with_width(table.shape, DiagonalMaximumOfWidth{table, target, &maximum},
                  std::make_integer_sequence<int, kWidestBand>());
  return maximum;
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(Shape);
HWY_EXPORT(PairGroupSize);
HWY_EXPORT(PairMaxima);
HWY_EXPORT(DiagonalMaximum);

DiagonalShape diagonal_shape(int M) { return HWY_DYNAMIC_DISPATCH(Shape)(M); }

size_t pair_group_size(const DiagonalShape& shape) { return HWY_DYNAMIC_DISPATCH(PairGroupSize)(shape); }

void pair_maxima(const DiagonalTable& pairs, std::span<const std::span<const bio::Code>> targets,
                 PairScratch& scratch, int8_t* maxima) {
  HWY_DYNAMIC_DISPATCH(PairMaxima)(pairs, targets, scratch, maxima);
}

int8_t diagonal_maximum(const DiagonalTable& scores, std::span<const bio::Code> target) {
  return HWY_DYNAMIC_DISPATCH(DiagonalMaximum)(scores, target);
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
