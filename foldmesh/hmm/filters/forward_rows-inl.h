// Rows of Forward and Backward over Highway, for one instruction set at a time: included once per target by
// the files that walk through targets (no include guard of the usual kind).
//
// A vector is cut into blocks of four lanes. A block is one of the reference's four-lane vectors and belongs
// to one target, so a vector works on as many targets of the same profile as it has blocks, and kGroups such
// vectors are worked on side by side because the sums and the deletions along a row wait for one another.
// Every block follows the scalar definition (forward_ref.cc, backward_ref.cc) operation by operation; blocks
// never mix, so the bits do not depend on the width.
//
// A row has two parts: match and insert cells, [Q][2][kGroups][lanes], and delete cells, [Q][kGroups][lanes].
#if defined(FOLDMESH_HMM_FILTERS_FORWARD_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOLDMESH_HMM_FILTERS_FORWARD_ROWS_INL_H_
#undef FOLDMESH_HMM_FILTERS_FORWARD_ROWS_INL_H_
#else
#define FOLDMESH_HMM_FILTERS_FORWARD_ROWS_INL_H_
#endif

#include "foldmesh/simd/fixed_width.h"
// After fixed_width.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/float_tables.h"
#include "foldmesh/hmm/numeric.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr int kShortModel = 100;  // below it the delete passes always run to the end
inline constexpr float kForwardRescaleAbove = 1.0e4f;

template <class D>
constexpr int blocks_in() {
  return static_cast<int>(hn::MaxLanes(D())) / FloatTables::kLanes;
}

// Block b from rows[b] + offset.
template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const float* const* rows, size_t offset) {
  if constexpr (blocks_in<D>() == 1) {
    return hn::Load(d, rows[0] + offset);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, rows + blocks_in<decltype(half)>(), offset),
                       load_blocks(half, rows, offset));
  }
}

// In every lane of a block the sum of its lanes, (a0 + a1) + (a2 + a3).
template <class V>
HWY_INLINE V block_sum(V v) {
  const V pairs = hn::Add(v, hn::Shuffle2301(v));
  return hn::Add(pairs, hn::Shuffle1032(pairs));
}

// In every lane of a block the lowest of its lanes.
template <class V>
HWY_INLINE V block_min(V v) {
  const V pairs = hn::Min(v, hn::Shuffle2301(v));
  return hn::Min(pairs, hn::Shuffle1032(pairs));
}

// Lane r to lane r + 1 of its block, 0 into lane 0; and the other way round.
template <class D>
HWY_INLINE hn::Vec<D> next_lane(D d, hn::Vec<D> v) {
  return hn::ShiftLeftLanes<1>(d, v);
}
template <class D>
HWY_INLINE hn::Vec<D> previous_lane(D d, hn::Vec<D> v) {
  return hn::ShiftRightLanes<1>(d, v);
}

// Blocks with a lane set: all lanes set.
template <class D>
HWY_INLINE hn::Mask<D> any_in_block(D d, hn::Mask<D> mask) {
  return hn::Gt(block_sum(hn::IfThenElseZero(mask, hn::Set(d, 1.0f))), hn::Zero(d));
}

struct Row {
  float* mi;  // match and insert cells
  float* d;   // delete cells
};

// How targets lie in rows and vectors. Slot s is block s % kBlocks of group s / kBlocks.
template <class D, int kGroups>
struct Layout {
  static constexpr int kBlocks = blocks_in<D>();
  static constexpr int kSlots = kBlocks * kGroups;
  static constexpr size_t kLanes = static_cast<size_t>(kBlocks) * FloatTables::kLanes;

  static constexpr size_t m(int q, int group) {
    return static_cast<size_t>(2 * q * kGroups + group) * kLanes;
  }
  static constexpr size_t i(int q, int group) { return m(q, group) + kGroups * kLanes; }
  static constexpr size_t d(int q, int group) { return static_cast<size_t>(q * kGroups + group) * kLanes; }
  static constexpr size_t mi_size(int Q) { return m(Q, 0); }
  static constexpr size_t d_size(int Q) { return d(Q, 0); }
};

// --- Forward ---

// Match cells of vector q from the cells before them, in the reference's order.
template <class D>
HWY_INLINE hn::Vec<D> match_cells(const float* step, D d, hn::Vec<D> begin, hn::Vec<D> m, hn::Vec<D> i,
                                  hn::Vec<D> del, hn::Vec<D> odds) {
  const auto column = [&](int c) { return hn::LoadDup128(d, step + c * FloatTables::kLanes); };
  auto into = hn::Add(hn::Mul(begin, column(FloatTables::kBM)), hn::Mul(m, column(FloatTables::kMM)));
  into = hn::Add(into, hn::Mul(i, column(FloatTables::kIM)));
  into = hn::Add(into, hn::Mul(del, column(FloatTables::kDM)));
  return hn::Mul(into, odds);
}

// What the first pass through a row leaves behind.
template <class V, int kGroups>
struct FirstPassState {
  V sum[kGroups];     // of the match cells, lane by lane
  V carry[kGroups];   // deletions that leave each lane
  V lowest[kGroups];  // delete cell of each lane
};

// All cells of a row from the row before, which may be the same memory; the delete cells as if no deletion
// came in from the lane before. odds[s]: the match odds of slot s's residue.
template <class D, int kGroups>
HWY_INLINE FirstPassState<hn::Vec<D>, kGroups> forward_first_pass(D d, const FloatTables& t,
                                                                  const float* const* odds,
                                                                  const hn::Vec<D>* begin, Row previous,
                                                                  Row row) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  constexpr size_t kStep = FloatTables::kForwardColumns * FloatTables::kLanes;
  const int Q = t.Q();
  FirstPassState<V, kGroups> state;
  V m[kGroups], i[kGroups], del[kGroups], seed[kGroups];
  const float* last_step = t.forward_steps() + (Q - 1) * kStep;
  const V last_md = hn::LoadDup128(d, last_step + FloatTables::kMD * FloatTables::kLanes);
  for (int g = 0; g < kGroups; ++g) {
    // The last match cell of a lane leads to the first delete cell of the next, so it is needed first; Q
    // >= 2.
    const V last =
        match_cells(last_step, d, begin[g], hn::Load(d, previous.mi + At::m(Q - 2, g)),
                    hn::Load(d, previous.mi + At::i(Q - 2, g)), hn::Load(d, previous.d + At::d(Q - 2, g)),
                    load_blocks(d, odds + g * At::kBlocks, static_cast<size_t>(Q - 1) * 4));
    seed[g] = next_lane(d, hn::Mul(last, last_md));
    m[g] = next_lane(d, hn::Load(d, previous.mi + At::m(Q - 1, g)));
    i[g] = next_lane(d, hn::Load(d, previous.mi + At::i(Q - 1, g)));
    del[g] = next_lane(d, hn::Load(d, previous.d + At::d(Q - 1, g)));
    state.sum[g] = state.carry[g] = hn::Zero(d);
    state.lowest[g] = hn::Set(d, std::numeric_limits<float>::infinity());
  }
  const float* step = t.forward_steps();
  for (int q = 0; q < Q; ++q, step += kStep) {
    const auto column = [&](int c) { return hn::LoadDup128(d, step + c * FloatTables::kLanes); };
    const V mi = column(FloatTables::kMI), ii = column(FloatTables::kII), md = column(FloatTables::kMD);
    const size_t at = static_cast<size_t>(q) * FloatTables::kLanes;
    const V dd = hn::LoadDup128(d, t.dd() + at), unused = hn::LoadDup128(d, t.unused_deletes() + at);
    for (int g = 0; g < kGroups; ++g) {
      const V match =
          match_cells(step, d, begin[g], m[g], i[g], del[g], load_blocks(d, odds + g * At::kBlocks, at));
      m[g] = hn::Load(d, previous.mi + At::m(q, g));
      i[g] = hn::Load(d, previous.mi + At::i(q, g));
      del[g] = hn::Load(d, previous.d + At::d(q, g));
      hn::Store(match, d, row.mi + At::m(q, g));
      hn::Store(hn::Add(hn::Mul(m[g], mi), hn::Mul(i[g], ii)), d, row.mi + At::i(q, g));
      state.sum[g] = hn::Add(state.sum[g], match);
      const V deleted = hn::Add(state.carry[g], seed[g]);
      hn::Store(deleted, d, row.d + At::d(q, g));
      state.carry[g] = hn::Mul(deleted, dd);
      state.lowest[g] = hn::Min(state.lowest[g], hn::Add(deleted, unused));
      seed[g] = hn::Mul(match, md);
    }
  }
  return state;
}

// Carries deletions on from lane to lane; returns in `sum` the lane sums of the row, the match cells' first.
template <class D, int kGroups>
HWY_INLINE void forward_more_passes(D d, const FloatTables& t, Row row,
                                    FirstPassState<hn::Vec<D>, kGroups>& state, hn::Vec<D>* sum) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  V negligible[kGroups];
  for (int g = 0; g < kGroups; ++g) {
    // Adding less than this to any delete cell does not change its bits.
    negligible[g] = hn::Mul(block_min(state.lowest[g]), hn::Set(d, 0x1p-26f));
  }
  for (int pass = 1; pass < FloatTables::kLanes; ++pass) {
    hn::Mask<D> changed[kGroups];
    auto small = hn::Eq(negligible[0], negligible[0]);
    for (int g = 0; g < kGroups; ++g) {
      state.carry[g] = next_lane(d, state.carry[g]);
      small = hn::And(small, hn::Le(state.carry[g], negligible[g]));
    }
    // What is carried only shrinks, in this pass and in those that follow.
    if (pass > 1 && hn::AllTrue(d, small)) break;
    for (int g = 0; g < kGroups; ++g) {
      changed[g] = hn::Gt(state.carry[g], state.carry[g]);
      sum[g] = state.sum[g];
    }
    for (int q = 0; q < Q; ++q) {
      const V dd = hn::LoadDup128(d, t.dd() + static_cast<size_t>(q) * FloatTables::kLanes);
      for (int g = 0; g < kGroups; ++g) {
        float* cell = row.d + At::d(q, g);
        const V before = hn::Load(d, cell), del = hn::Add(state.carry[g], before);
        changed[g] = hn::Or(changed[g], hn::Gt(del, before));
        state.carry[g] = hn::Mul(state.carry[g], dd);
        sum[g] = hn::Add(sum[g], del);
        hn::Store(del, d, cell);
      }
    }
    if (t.M() < kShortModel) continue;
    // A target whose cells stayed as they were is done: from here on it carries nothing.
    bool any = false;
    for (int g = 0; g < kGroups; ++g) {
      any |= !hn::AllFalse(d, changed[g]);
      state.carry[g] = hn::IfThenElseZero(any_in_block(d, changed[g]), state.carry[g]);
    }
    if (!any) break;
  }
}

// The special states of the slots of one group, the same value in all lanes of a block.
template <class D>
struct Flanks {
  hn::Vec<D> N, J, B, C, E, scale;
};

// Length models of the slots of one group.
template <class D>
struct FlankOdds {
  hn::Vec<D> loop, move, e_to_c, e_to_j;
};

template <class D>
FlankOdds<D> load_flank_odds(D d, const LengthModel* const* lengths) {
  HWY_ALIGN float values[4][hn::MaxLanes(D())];
  for (int b = 0; b < blocks_in<D>(); ++b) {
    const LengthModel& length = *lengths[b];
    const float all[4] = {length.loop, length.move, length.e_to_c, length.e_to_j};
    for (int v = 0; v < 4; ++v) std::fill_n(values[v] + b * FloatTables::kLanes, FloatTables::kLanes, all[v]);
  }
  return {hn::Load(d, values[0]), hn::Load(d, values[1]), hn::Load(d, values[2]), hn::Load(d, values[3])};
}

// Writes the flanks as SpecialRows, slot after slot.
template <class D>
HWY_INLINE void store_flanks(D d, const Flanks<D>& f, SpecialRow* rows) {
  const hn::Repartition<double, D> pairs;
  HWY_ALIGN float first[hn::MaxLanes(D())], second[hn::MaxLanes(D())];
  const auto nj = hn::BitCast(pairs, hn::InterleaveLower(d, f.N, f.J));
  const auto bc = hn::BitCast(pairs, hn::InterleaveLower(d, f.B, f.C));
  hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, nj, bc)), d, first);
  hn::Store(hn::InterleaveLower(d, f.E, f.scale), d, second);
  for (int b = 0; b < blocks_in<D>(); ++b) {
    std::memcpy(&rows[b].N, first + b * FloatTables::kLanes, 4 * sizeof(float));
    std::memcpy(&rows[b].E, second + b * FloatTables::kLanes, 2 * sizeof(float));
  }
}

// A stored row's flanks, in all lanes.
template <class D>
HWY_INLINE Flanks<D> spread_flanks(D d, const SpecialRow& row) {
  return {hn::Set(d, row.N), hn::Set(d, row.J), hn::Set(d, row.B),
          hn::Set(d, row.C), hn::Set(d, row.E), hn::Set(d, row.scale)};
}

template <class D>
HWY_INLINE void next_forward_flanks(const FlankOdds<D>& t, hn::Vec<D> E, Flanks<D>& f) {
  f.E = E;
  f.N = hn::Mul(f.N, t.loop);
  f.C = hn::Add(hn::Mul(f.C, t.loop), hn::Mul(E, t.e_to_c));
  f.J = hn::Add(hn::Mul(f.J, t.loop), hn::Mul(E, t.e_to_j));
  f.B = hn::Add(hn::Mul(f.J, t.move), hn::Mul(f.N, t.move));
}

// Divides the rows of the slots in `big` by their E.
template <class D, int kGroups>
HWY_NOINLINE void rescale_forward(D d, int Q, int group, hn::Mask<D> big, Flanks<D>& f, Row row) {
  using At = Layout<D, kGroups>;
  const auto one = hn::Set(d, 1.0f);
  f.scale = hn::IfThenElse(big, f.E, one);
  f.N = hn::Div(f.N, f.scale);
  f.C = hn::Div(f.C, f.scale);
  f.J = hn::Div(f.J, f.scale);
  f.B = hn::Div(f.B, f.scale);
  f.E = hn::IfThenElse(big, one, f.E);
  const auto inverse = hn::Div(one, f.scale);
  for (int q = 0; q < Q; ++q) {
    for (float* cell : {row.mi + At::m(q, group), row.mi + At::i(q, group), row.d + At::d(q, group)}) {
      hn::Store(hn::Mul(hn::Load(d, cell), inverse), d, cell);
    }
  }
}

// --- Backward ---

// Row i from row i + 1 (which may be the same memory) as far as it leads into row i + 1; the ways to E and
// through deletions are still missing. `entered` gets sum_k B->M_k e(x_{i+1}, k) M(i+1, k).
template <class D, int kGroups>
HWY_INLINE void open_backward_row(D d, const FloatTables& t, const float* const* odds, Row next, Row row,
                                  hn::Vec<D>* entered) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  V after[kGroups], sum[kGroups];  // emitted match cells of vector q + 1
  for (int g = 0; g < kGroups; ++g) {
    const V emitted = hn::Mul(hn::Load(d, next.mi + At::m(0, g)), load_blocks(d, odds + g * At::kBlocks, 0));
    after[g] = previous_lane(d, emitted);
    sum[g] = hn::Zero(d);
  }
  for (int q = Q - 1; q >= 0; --q) {
    const float* step =
        t.backward_steps() + static_cast<size_t>(q) * FloatTables::kBackwardColumns * FloatTables::kLanes;
    const auto column = [&](int c) { return hn::LoadDup128(d, step + c * FloatTables::kLanes); };
    const V bm = column(FloatTables::kEntry), mm = column(FloatTables::kToMM);
    const V im = column(FloatTables::kToIM), dm = column(FloatTables::kToDM);
    const V mi = column(FloatTables::kFromMI), ii = column(FloatTables::kFromII);
    for (int g = 0; g < kGroups; ++g) {
      const V insert = hn::Load(d, next.mi + At::i(q, g));
      const V emitted =
          hn::Mul(hn::Load(d, next.mi + At::m(q, g)),
                  load_blocks(d, odds + g * At::kBlocks, static_cast<size_t>(q) * FloatTables::kLanes));
      hn::Store(hn::Add(hn::Mul(insert, mi), hn::Mul(after[g], mm)), d, row.mi + At::m(q, g));
      hn::Store(hn::Add(hn::Mul(insert, ii), hn::Mul(after[g], im)), d, row.mi + At::i(q, g));
      hn::Store(hn::Mul(after[g], dm), d, row.d + At::d(q, g));
      sum[g] = hn::Add(sum[g], hn::Mul(emitted, bm));
      after[g] = emitted;
    }
  }
  for (int g = 0; g < kGroups; ++g) entered[g] = block_sum(sum[g]);
}

// The same sum for row 0, which the reference takes upwards.
template <class D, int kGroups>
HWY_INLINE hn::Vec<D> first_row_entry(D d, const FloatTables& t, const float* const* odds, Row next,
                                      int group) {
  using At = Layout<D, kGroups>;
  auto sum = hn::Zero(d);
  for (int q = 0; q < t.Q(); ++q) {
    const float* step =
        t.backward_steps() + static_cast<size_t>(q) * FloatTables::kBackwardColumns * FloatTables::kLanes;
    const auto emitted =
        hn::Mul(hn::Load(d, next.mi + At::m(q, group)),
                load_blocks(d, odds + group * At::kBlocks, static_cast<size_t>(q) * FloatTables::kLanes));
    sum = hn::Add(sum, hn::Mul(emitted, hn::LoadDup128(d, step + FloatTables::kEntry * FloatTables::kLanes)));
  }
  return block_sum(sum);
}

// Adds to the delete cells the ways to E and through deletions.
template <class D, int kGroups>
HWY_INLINE void close_backward_deletes(D d, const FloatTables& t, const Flanks<D>* f, Row row) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  V next[kGroups], carry[kGroups], negligible[kGroups];
  for (int g = 0; g < kGroups; ++g) {
    next[g] = previous_lane(d, hn::Add(hn::Load(d, row.d + At::d(0, g)), f[g].E));
    carry[g] = hn::Zero(d);
    // Every delete cell is at least E, so adding less than this does not change its bits.
    negligible[g] = hn::Mul(f[g].E, hn::Set(d, 0x1p-26f));
  }
  for (int q = Q - 1; q >= 0; --q) {
    const V dd = hn::LoadDup128(d, t.dd() + static_cast<size_t>(q) * FloatTables::kLanes);
    for (int g = 0; g < kGroups; ++g) {
      float* cell = row.d + At::d(q, g);
      carry[g] = hn::Mul(next[g], dd);
      next[g] = hn::Add(hn::Load(d, cell), hn::Add(carry[g], f[g].E));
      hn::Store(next[g], d, cell);
    }
  }
  for (int pass = 1; pass < FloatTables::kLanes; ++pass) {
    for (int g = 0; g < kGroups; ++g) carry[g] = previous_lane(d, carry[g]);
    for (int q = Q - 1; q >= 0; --q) {
      const V dd = hn::LoadDup128(d, t.dd() + static_cast<size_t>(q) * FloatTables::kLanes);
      auto small = hn::Le(carry[0], negligible[0]);
      for (int g = 0; g < kGroups; ++g) {
        float* cell = row.d + At::d(q, g);
        small = hn::And(small, hn::Le(carry[g], negligible[g]));
        carry[g] = hn::Mul(carry[g], dd);
        hn::Store(hn::Add(hn::Load(d, cell), carry[g]), d, cell);
      }
      // Carries only shrink, in this pass and in those that follow.
      if (hn::AllTrue(d, small)) return;
    }
  }
}

// Adds to the match cells the ways to E and into deletions, then multiplies the row by `inverse`.
template <class D, int kGroups>
HWY_INLINE void close_backward_row(D d, const FloatTables& t, const Flanks<D>* f, const hn::Vec<D>* inverse,
                                   Row row) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  V after[kGroups];  // delete cells of vector q + 1
  for (int g = 0; g < kGroups; ++g) after[g] = previous_lane(d, hn::Load(d, row.d + At::d(0, g)));
  for (int q = Q - 1; q >= 0; --q) {
    const V md = hn::LoadDup128(d, t.md() + static_cast<size_t>(q) * FloatTables::kLanes);
    for (int g = 0; g < kGroups; ++g) {
      float* m = row.mi + At::m(q, g);
      float* i = row.mi + At::i(q, g);
      float* del = row.d + At::d(q, g);
      const V match = hn::Add(hn::Add(hn::Load(d, m), f[g].E), hn::Mul(after[g], md));
      after[g] = hn::Load(d, del);
      hn::Store(hn::Mul(match, inverse[g]), d, m);
      hn::Store(hn::Mul(hn::Load(d, i), inverse[g]), d, i);
      hn::Store(hn::Mul(after[g], inverse[g]), d, del);
    }
  }
}

// `ends`: slots for which this is the last row.
template <class D>
HWY_INLINE void next_backward_flanks(D d, const FlankOdds<D>& t, hn::Mask<D> ends, hn::Vec<D> B,
                                     Flanks<D>& f) {
  (void)d;
  f.B = B;
  f.C = hn::IfThenElse(ends, t.move, hn::Mul(f.C, t.loop));
  f.J = hn::Add(hn::Mul(B, t.move), hn::Mul(f.J, t.loop));
  f.N = hn::Add(hn::Mul(B, t.move), hn::Mul(f.N, t.loop));
  f.E = hn::Add(hn::Mul(f.C, t.e_to_c), hn::Mul(f.J, t.e_to_j));
}

template <class D>
HWY_INLINE void divide_backward_flanks(Flanks<D>& f) {
  f.E = hn::Div(f.E, f.scale);
  f.N = hn::Div(f.N, f.scale);
  f.J = hn::Div(f.J, f.scale);
  f.B = hn::Div(f.B, f.scale);
  f.C = hn::Div(f.C, f.scale);
}

// Which factor each slot's rows are divided by: Forward's as long as they will do, then Backward's own.
template <class D, int kGroups>
class BackwardScales {
 public:
  using At = Layout<D, kGroups>;

  // forward_scale(s): Forward's factor of slot s for this row.
  template <typename ForwardScale>
  HWY_INLINE hn::Vec<D> choose(D d, int group, hn::Vec<D> B, ForwardScale forward_scale) {
    HWY_ALIGN float begin[hn::MaxLanes(D())], scale[hn::MaxLanes(D())];
    hn::Store(B, d, begin);
    for (int b = 0; b < At::kBlocks; ++b) {
      const int s = group * At::kBlocks + b;
      const float into = begin[b * FloatTables::kLanes];
      if (static_cast<double>(into) > kOwnScalesAbove) own_[s] = true;
      float by = !own_[s] ? forward_scale(s) : into > kRescaleAbove ? into : 1.0f;
      if (by > 1.0f) {
        total_[s] = static_cast<float>(total_[s] + log_of(by));
      } else {
        by = 1.0f;
      }
      std::fill_n(scale + b * FloatTables::kLanes, FloatTables::kLanes, by);
    }
    return hn::Load(d, scale);
  }
  bool own(int s) const { return own_[s]; }
  float total(int s) const { return total_[s]; }

 private:
  // Forward's factors can be too small for Backward where a strong domain is followed by another.
  static constexpr double kOwnScalesAbove = 1.0e16, kRescaleAbove = 1.0e4;
  bool own_[At::kSlots] = {};
  float total_[At::kSlots] = {};
};

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET != HWY_SCALAR

#endif  // toggle
