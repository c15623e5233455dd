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

#if HWY_TARGET == HWY_SCALAR
// Plain code: no layout, no first pass; the callers use the reference.
DiagonalShape Shape(int) { return {.lanes = 1}; }
size_t PairGroupSize(const DiagonalShape&) { return 1; }
void WritePairs(std::span<const bio::Code>, size_t, uint16_t*) { base::throw_internal("no vectors"); }
void PairMaxima(const DiagonalTable&, const PairRows&, int8_t*) { base::throw_internal("no vectors"); }
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
constexpr int turn_of(int n_vectors) { return n_vectors <= 2 ? 4 : n_vectors == 3 ? 2 : 1; }

DiagonalShape Shape(int M) {
  DiagonalShape shape;
  shape.lanes = kLanes;
  shape.n_vectors = (M + kLanes - 1) / kLanes;
  shape.n_bands = (shape.n_vectors + kWidestBand - 1) / kWidestBand;
  shape.turn = turn_of(shape.n_vectors);
  shape.row_vectors =
      shape.n_bands == 1 ? shape.turn * shape.n_vectors : shape.n_vectors + shape.widest_band() - 1;
  return shape;
}

size_t PairGroupSize(const DiagonalShape& shape) {
  return shape.n_bands == 1 ? static_cast<size_t>(targets_at_once(shape.n_vectors)) : 1;
}

using D32 = hn::ScalableTag<uint32_t>;
using Rotation = decltype(hn::SetTableIndices(D32(), static_cast<const int32_t*>(nullptr)));

// For rotate_lanes<kBy>.
template <int kBy>
HWY_INLINE Rotation rotation() {
  constexpr size_t kQuads = hn::MaxLanes(D32());
  // From which group of four lanes each group comes. Fewer lanes than four take their bytes from the group
  // four before, the end of the block before.
  constexpr size_t kBack = kBy < 4 ? 4 : kBy / 4;
  alignas(64) int32_t from[kQuads];
  for (size_t i = 0; i < kQuads; ++i) from[i] = static_cast<int32_t>((i + kQuads - kBack) % kQuads);
  return hn::SetTableIndices(D32(), from);
}

// Moves every lane up by kBy (1, 2, 4 or 8); the last lanes come in at the bottom.
template <int kBy>
HWY_INLINE V rotate_lanes(V v, const Rotation& rotation) {
  const V below = hn::BitCast(D(), hn::TableLookupLanes(hn::BitCast(D32(), v), rotation));
  if constexpr (kBy >= 4) return below;
  return hn::CombineShiftRightBytes<16 - kBy % 16>(D(), v, below);
}

// The compiler must see every register of these loops by its number, so they are written as packs of numbers.
template <int n>
using Numbers = std::make_integer_sequence<int, n>;

// One step of a register that has come to vector q. One that has just passed the end of the row changes
// lanes.
template <int q, int kStep, int kTurn>
HWY_INLINE void step_register(const int8_t* scores, const Rotation& rotation, V& v, V& best) {
  if constexpr (q < kStep) v = rotate_lanes<kTurn>(v, rotation);
  v = hn::SaturatedAdd(v, hn::Load(D(), scores + q * kLanes));
  best = hn::Max(best, v);
}

// One step of a target, step S of a round after which every register is back at its vector.
template <int S, int kStep, int kTurn, int W, int B, int... R>
HWY_INLINE void step_target(const int8_t* scores, const Rotation& rotation, V (&v)[W], V (&best)[B],
                            std::integer_sequence<int, R...>) {
  (step_register<(R + S * kStep) % (kTurn * W), kStep, kTurn>(scores, rotation, v[R], best[R % B]), ...);
}

template <int S, int kStep, int kTurn, int W, int N, int B, typename Row, int... T>
HWY_INLINE void step_group(const int8_t* cells, size_t row_bytes, const Row* HWY_RESTRICT rows, size_t pitch,
                           const Rotation& rotation, V (&v)[N][W], V (&best)[N][B],
                           std::integer_sequence<int, T...>) {
  (step_target<S, kStep, kTurn>(cells + rows[T * pitch] * row_bytes, rotation, v[T], best[T], Numbers<W>()),
   ...);
}

// Walks all W vectors of a row down N targets of n rows each, `pitch` apart, kStep cells a row. Every value
// goes into one of B maxima.
template <int kStep, int kTurn, int W, int N, int B, typename Row, int... S>
HWY_INLINE void walk_circle(const DiagonalTable& table, const Row* HWY_RESTRICT rows, size_t pitch, size_t n,
                            V (&best)[N][B], std::integer_sequence<int, S...>) {
  const size_t row_bytes = table.shape.row_bytes();
  const int8_t* HWY_RESTRICT cells = table.cells.data();
  const Rotation turn = rotation<kTurn>();
  V v[N][W];
  for (int t = 0; t < N; ++t) {
    for (int r = 0; r < W; ++r) v[t][r] = hn::Set(D(), kFloor);
  }
  const Row* const end = rows + n;
  for (; end - rows >= static_cast<ptrdiff_t>(sizeof...(S)); rows += sizeof...(S)) {
    (step_group<S, kStep, kTurn>(cells, row_bytes, rows + S, pitch, turn, v, best, Numbers<N>()), ...);
  }
  (void)((rows < end &&
          (step_group<S, kStep, kTurn>(cells, row_bytes, rows++, pitch, turn, v, best, Numbers<N>()),
           true)) &&
         ...);
}

// The same for one target and a band of W vectors of many, from vector `q` on. All its registers change lanes
// together, when the whole band has passed the end of the row's own vectors.
template <int W, int B, int kStep, typename Row>
HWY_INLINE void walk_band(const DiagonalTable& table, int q, const Row* HWY_RESTRICT rows, size_t n,
                          V (&best)[B]) {
  const D d;
  const int Q = table.shape.n_vectors;
  const size_t row_bytes = table.shape.row_bytes();
  const int8_t* HWY_RESTRICT cells = table.cells.data();
  const Rotation turn = rotation<1>();
  V v[W];
  for (V& lanes : v) lanes = hn::Set(d, kFloor);
  size_t i = 0;
  while (i < n) {
    const size_t n_steps = static_cast<size_t>((Q - q + kStep - 1) / kStep);
    const size_t end = std::min(n, i + n_steps);
    for (const int8_t* at = cells + q * kLanes; i < end; ++i, at += kStep * kLanes) {
      const int8_t* scores = at + rows[i] * row_bytes;
      for (int r = 0; r < W; ++r) {
        v[r] = hn::SaturatedAdd(v[r], hn::Load(d, scores + r * kLanes));
        best[r % B] = hn::Max(best[r % B], v[r]);
      }
    }
    q += static_cast<int>(n_steps) * kStep - Q;
    for (V& lanes : v) lanes = rotate_lanes<1>(lanes, turn);
  }
}

template <class T, class VT>
HWY_INLINE int8_t highest_lane(T d, VT v) {
  const hn::Half<T> half;
  const auto low = hn::LowerHalf(half, v), high = hn::UpperHalf(half, v);
  if constexpr (hn::MaxLanes(d) > 16) {
    return highest_lane(half, hn::Max(low, high));
  } else {
    const hn::RepartitionToWide<T> wide;
    const auto words = hn::Max(hn::PromoteTo(wide, low), hn::PromoteTo(wide, high));
    return static_cast<int8_t>(hn::GetLane(hn::MaxOfLanes(wide, words)));
  }
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
    constexpr int kTurn = turn_of(W), kPeriod = kTurn * W % kStep == 0 ? kTurn * W / kStep : kTurn * W;
    walk_circle<kStep, kTurn, W>(table, rows, pitch, n, best, Numbers<kPeriod>());
  } else if constexpr (N == 1 && W > 2) {
    for (int band = 0; band < shape.n_bands; ++band) {
      const int begin = shape.band_begin(band);
      if (shape.band_begin(band + 1) - begin == W) {
        walk_band<W, B, kStep>(table, begin, rows, n, best[0]);
      } else {
        V narrow[std::min(W - 1, 4)];
        for (V& lanes : narrow) lanes = best[0][0];
        walk_band<W - 1, std::min(W - 1, 4), kStep>(table, begin, rows, n, narrow);
        for (const V& lanes : narrow) best[0][0] = hn::Max(best[0][0], lanes);
      }
    }
  }
  for (int t = 0; t < N; ++t) {
    for (int b = 1; b < B; ++b) best[t][0] = hn::Max(best[t][0], best[t][b]);
    maxima[t] = highest_lane(D(), best[t][0]);
  }
}

HWY_INLINE hn::Vec<hn::ScalableTag<uint8_t> > classes_of(hn::Vec<hn::ScalableTag<uint8_t> > codes) {
  const hn::ScalableTag<uint8_t> d;
  return hn::IfThenElse(hn::Eq(codes, hn::Set(d, bio::kX)), hn::Set(d, kClassX),
                        hn::Min(codes, hn::Set(d, kClassOther)));
}

HWY_INLINE hn::Vec<DU16> pairs_of(hn::Vec<hn::ScalableTag<uint8_t> > classes) {
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

void WritePairs(std::span<const bio::Code> target, size_t n, uint16_t* HWY_RESTRICT rows) {
  constexpr size_t kBytes = kLanes;
  const size_t even = target.size() & ~size_t{1};
  if (even < kBytes) {
    write_few_pairs(target.data(), even, rows);
  } else {
    for (size_t i = 0; i + kBytes <= even; i += kBytes) {
      hn::StoreU(pairs_at(target.data() + i), DU16(), rows + i / 2);
    }
    const size_t last = even - kBytes;  // the last vector overlaps the one before
    hn::StoreU(pairs_at(target.data() + last), DU16(), rows + last / 2);
  }
  // The last residue of a target of odd length; of an even one this is written over.
  const bio::Code x = target.back();
  const int last_class = x == bio::kX ? kClassX : std::min<int>(x, kClassOther);
  rows[even / 2] = static_cast<uint16_t>(last_class * kPairRadix + kClassNone);
  size_t i = (target.size() + 1) / 2;
  do {
    hn::StoreU(hn::Set(DU16(), kNoPair), DU16(), rows + i);
    i += kBytes / 2;
  } while (i < n);
}

template <int W>
void pair_maxima_of_width(const DiagonalTable& table, const PairRows& targets, int8_t* maxima) {
  constexpr int N = targets_at_once(W);
  if (N == 1 || targets.n_targets == 1) return walk<W, 1, 2>(table, targets.first, 0, targets.n_rows, maxima);
  int8_t all[N];
  walk<W, N, 2>(table, targets.first, targets.pitch, targets.n_rows, all);
  std::copy_n(all, targets.n_targets, maxima);
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
  const int width = shape.widest_band();
  ((width == kWidths + 1 ? f.template operator()<kWidths + 1>() : void()), ...);
}

void check_lanes(const DiagonalTable& table) {
  if (table.shape.lanes != kLanes) base::throw_internal("the profile was made for another instruction set");
}

struct PairMaximaOfWidth {
  const DiagonalTable& table;
  const PairRows& targets;
  int8_t* maxima;
  template <int W>
  void operator()() const {
    pair_maxima_of_width<W>(table, targets, maxima);
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

void PairMaxima(const DiagonalTable& table, const PairRows& targets, int8_t* maxima) {
  check_lanes(table);
  call_with_width(table.shape, PairMaximaOfWidth{table, targets, maxima}, Numbers<kWidestBand>());
}

int8_t DiagonalMaximum(const DiagonalTable& table, std::span<const bio::Code> target) {
  check_lanes(table);
  int8_t maximum = kFloor;
  call_with_width(table.shape, DiagonalMaximumOfWidth{table, target, &maximum}, Numbers<kWidestBand>());
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
HWY_EXPORT(WritePairs);
HWY_EXPORT(PairMaxima);
HWY_EXPORT(DiagonalMaximum);

DiagonalShape diagonal_shape(int M) { return HWY_DYNAMIC_DISPATCH(Shape)(M); }

size_t pair_group_size(const DiagonalShape& shape) { return HWY_DYNAMIC_DISPATCH(PairGroupSize)(shape); }

void write_pairs(std::span<const bio::Code> target, size_t n, uint16_t* rows) {
  HWY_DYNAMIC_DISPATCH(WritePairs)(target, n, rows);
}

void pair_maxima(const DiagonalTable& pairs, const PairRows& targets, int8_t* maxima) {
  HWY_DYNAMIC_DISPATCH(PairMaxima)(pairs, targets, maxima);
}

int8_t diagonal_maximum(const DiagonalTable& scores, std::span<const bio::Code> target) {
  return HWY_DYNAMIC_DISPATCH(DiagonalMaximum)(scores, target);
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
