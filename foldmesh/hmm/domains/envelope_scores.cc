#include "foldmesh/hmm/domains/envelope_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <new>
#include <numeric>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/domains/accuracy_traceback.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/vector_unit.h"
#include "foldmesh/simd/fixed_width.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/domains/envelope_scores.cc"
#include <hwy/foreach_target.h>
// After foreach_target:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "foldmesh/hmm/filters/forward_slots-inl.h"

#ifndef FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_ONCE_
#define FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_ONCE_
namespace foldmesh::hmm {

// Where a value of the fill came from: bits of a vector's lanes, for each of these one after the other.
enum Choice { kIsMM, kIsIM, kIsDM, kIsMI, kIsMD, kChoices };

// How the rows of an envelope that is worked on by itself are kept: all of them, or one block of them.
struct RowPlan {
  size_t block = 0;  // rows
  size_t bytes = 0;
};

// A vector of four lanes has 64 bytes of Forward's and Backward's match and insert cells and 5 of choices;
// 128 bytes are kept of it where a block begins.
RowPlan plan_rows(int Q, size_t L, size_t most_whole) {
  constexpr size_t kBytes = 69, kKeptBytes = 128;
  const auto q = static_cast<size_t>(Q);
  const size_t whole = (L + 1) * kBytes * q;
  if (whole <= most_whole) return {L, whole};
  const double best = std::sqrt(static_cast<double>(L) * kKeptBytes / kBytes);
  const size_t block = std::clamp<size_t>(static_cast<size_t>(best), 2, std::max<size_t>(L, 2));
  return {block, ((block + 1) * kBytes + (L / block + 1) * kKeptBytes) * q};
}

// The rows in memory are those of a block and the one before it.
struct RowWindow {
  int before = 0, last = 0;
  std::function<void(int row)> load;  // the block with this row, where there are several
};

// What the fill left behind for the traceback of one slot.
struct SlotChoices {
  const Profile& profile;
  const LengthModel& length;
  const RowWindow& window;
  const float *forward, *backward;  // cells of the slot, first row of the window
  size_t row_size, vector_size, insert;
  const uint8_t* choices;
  size_t choices_row_size, bytes_per_choice, first_lane;
  const int* exits;  // of the slot, row 0; one row follows after n_slots
  size_t n_slots;
  std::span<const SpecialRow> values, posteriors;
  const float* scales;  // like exits

  int exit_row() const { return accuracy_exit_row(length, values, posteriors); }
  bool find_exit(int i, AlignmentState& state, int& k) const {
    state = AlignmentState::kMatch;
    k = exits[i * n_slots];
    return true;
  }
  bool is(Choice choice, int i, int k) const {
    const size_t row = row_of(i);
    const auto place = static_cast<size_t>(profile.float_tables().place(k));
    const size_t q = place / FloatTables::kLanes, lane = place % FloatTables::kLanes + first_lane;
    const uint8_t* bits = choices + row * choices_row_size + (q * kChoices + choice) * bytes_per_choice;
    return (bits[lane / 8] >> (lane % 8)) & 1;
  }
  int into_match(int i, int k) const {
    return is(kIsMM, i, k) ? 0 : is(kIsIM, i, k) ? 1 : is(kIsDM, i, k) ? 2 : 3;
  }
  bool delete_from_match(int i, int k) const { return is(kIsMD, i, k); }
  bool insert_from_match(int i, int k) const { return is(kIsMI, i, k); }
  float match_posterior(int i, int k) const { return posterior(i, k, 0); }
  float insert_posterior(int i, int k) const { return posterior(i, k, insert); }
  float posterior(int i, int k, size_t state) const {
    const auto place = static_cast<size_t>(profile.float_tables().place(k));
    const size_t cell = row_of(i) * row_size + place / FloatTables::kLanes * vector_size + state +
                        place % FloatTables::kLanes;
    return forward[cell] * backward[cell] * scales[i * n_slots];
  }
  size_t row_of(int i) const {
    if (i <= window.before || i > window.last) window.load(i);
    return static_cast<size_t>(i - window.before);
  }
};

// Sums over the rows of the flanks' posteriors.
struct FlankSums {
  float N = 0, C = 0, J = 0;
};

// Turns Backward's special rows into the flanks' posteriors, and stores every stride-th element of `scales`
// from the first on: what the products of row i = 1..L are multiplied by. False when the probabilities exceed
// the number range.
bool decode_flanks(const LengthModel& length, const std::vector<SpecialRow>& forward,
                   std::vector<SpecialRow>& backward, bool own_scales, float* scales, size_t stride,
                   FlankSums& sums) {
  float norm = inverse_total(backward[0]);
  for (size_t i = 1; i < forward.size(); ++i) {
    const SpecialRow& f = forward[i];
    SpecialRow& b = backward[i];
    scales[i * stride] = norm * f.scale;
    const FlankPosterior flank = flanks(length, forward[i - 1], b, norm);
    if (own_scales) norm *= f.scale / b.scale;
    b.E = b.B = 0;
    b.N = flank.N;
    b.J = flank.J;
    b.C = flank.C;
    sums.N += flank.N;
    sums.C += flank.C;
    sums.J += flank.J;
  }
  return !std::isinf(norm) && !std::isnan(norm);
}

}  // namespace foldmesh::hmm
#endif  // FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_ONCE_

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void ScoreEnvelopes(const Profile&, const EnvelopeTask*, const int*, int, EnvelopeScore*, EnvelopeScratch&,
                    size_t, size_t) {
  no_vector_unit();
}

#else

// Minus infinity in lane 0 of every block.
template <class D>
hn::Vec<D> no_first_lane(D d) {
  HWY_ALIGN float lanes[hn::MaxLanes(D())] = {};
  for (int b = 0; b < blocks_in<D>(); ++b) {
    lanes[b * FloatTables::kLanes] = -std::numeric_limits<float>::infinity();
  }
  return hn::Load(d, lanes);
}

// Vectors of a matrix that are fetched ahead of their use.
constexpr int kFetchAhead = 32;

// Bytes of the bits of one choice.
template <class D>
constexpr size_t choice_bytes() {
  return (hn::MaxLanes(D()) + 7) / 8;
}

// The highest match value of a row so far, lane by lane, and the last vector that has it.
template <class D>
struct Highest {
  hn::Vec<D> value, q;
};

// The optimal-accuracy values of a row (in place: `row` holds the row before) and where they came from. The
// posteriors are those of Forward's and Backward's cells, multiplied by `scale`; they are added to `sums` (if
// not null). A value is the best of what the free transitions offer, or 0 if one is forbidden. Deletions do
// not come in from the lane before yet; `carry` gets those that leave.
template <class D>
HWY_INLINE Highest<D> accuracy_first_pass(D d, const FloatTables& t, hn::Vec<D> begin, Row row,
                                          const float* forward, const float* backward, hn::Vec<D> scale,
                                          float* sums, uint8_t* choices, hn::Vec<D>& carry) {
  using At = Layout<D, 1>;
  using V = hn::Vec<D>;
  constexpr size_t kStep = FloatTables::kAccuracyColumns * FloatTables::kLanes;
  const int Q = t.Q();
  const auto posterior = [&](size_t cell) {
    return hn::Mul(hn::Mul(hn::Load(d, forward + cell), hn::Load(d, backward + cell)), scale);
  };
  const auto column = [&](const float* step, int c) {
    return hn::LoadDup128(d, step + c * FloatTables::kLanes);
  };
  const auto free_of = [&](const float* step, int c, V value) { return hn::Add(value, column(step, c)); };

  // The last match value of a lane leads to the first delete value of the next, so it is needed first.
  const float* last_step = t.accuracy_steps() + (Q - 1) * kStep;
  const auto best_into_match = [&](const float* step, V m, V i, V del) {
    const V from_begin_or_match =
        hn::Max(free_of(step, FloatTables::kFreeBM, begin), free_of(step, FloatTables::kFreeMM, m));
    return hn::Max(from_begin_or_match,
                   hn::Max(free_of(step, FloatTables::kFreeIM, i), free_of(step, FloatTables::kFreeDM, del)));
  };
  const V last_best =
      best_into_match(last_step, hn::Load(d, row.mi + At::m(Q - 2, 0)), hn::Load(d, row.mi + At::i(Q - 2, 0)),
                      hn::Load(d, row.d + At::d(Q - 2, 0)));
  const V last =
      hn::Add(hn::Max(last_best, column(last_step, FloatTables::kFloorM)), posterior(At::m(Q - 1, 0)));
  const V first_lane = no_first_lane(d);
  V seed = hn::Add(next_lane(d, free_of(last_step, FloatTables::kFreeMD, last)), first_lane);
  V floor = hn::Add(next_lane(d, column(last_step, FloatTables::kFloorD)), first_lane);
  carry = hn::Set(d, -std::numeric_limits<float>::infinity());

  V m = next_lane(d, hn::Load(d, row.mi + At::m(Q - 1, 0)));
  V i = next_lane(d, hn::Load(d, row.mi + At::i(Q - 1, 0)));
  V del = next_lane(d, hn::Load(d, row.d + At::d(Q - 1, 0)));
  Highest<D> highest = {carry, hn::Zero(d)};
  const float* step = t.accuracy_steps();
  for (int q = 0; q < Q; ++q, step += kStep, choices += kChoices * choice_bytes<D>()) {
    const auto store_choice = [&](Choice choice, hn::Mask<D> mask) {
      hn::StoreMaskBits(d, mask, choices + choice * choice_bytes<D>());
    };
    // The matrices are larger than the second-level cache and are read once, in order.
    for (const float* cells : {forward, backward}) {
      hwy::Prefetch(cells + At::m(q + kFetchAhead, 0));
      hwy::Prefetch(cells + At::i(q + kFetchAhead, 0));
    }
    const V pm = posterior(At::m(q, 0)), pi = posterior(At::i(q, 0));
    if (sums != nullptr) {
      float *match_sum = sums + At::m(q, 0), *insert_sum = sums + At::i(q, 0);
      hn::Store(hn::Add(hn::Load(d, match_sum), pm), d, match_sum);
      hn::Store(hn::Add(hn::Load(d, insert_sum), pi), d, insert_sum);
    }
    const V best = best_into_match(step, m, i, del);
    store_choice(kIsMM, hn::Eq(free_of(step, FloatTables::kFreeMM, m), best));
    store_choice(kIsIM, hn::Eq(free_of(step, FloatTables::kFreeIM, i), best));
    store_choice(kIsDM, hn::Eq(free_of(step, FloatTables::kFreeDM, del), best));
    const V match = hn::Add(hn::Max(best, column(step, FloatTables::kFloorM)), pm);
    const auto is_highest = hn::Ge(match, highest.value);
    highest.value = hn::Max(highest.value, match);
    highest.q = hn::IfThenElse(is_highest, hn::Set(d, static_cast<float>(q)), highest.q);

    m = hn::Load(d, row.mi + At::m(q, 0));
    i = hn::Load(d, row.mi + At::i(q, 0));
    del = hn::Load(d, row.d + At::d(q, 0));
    const V from_match = free_of(step, FloatTables::kFreeMI, m),
            from_insert = free_of(step, FloatTables::kFreeII, i);
    store_choice(kIsMI, hn::Ge(from_match, from_insert));
    const V insert =
        hn::Add(hn::Max(hn::Max(from_match, from_insert), column(step, FloatTables::kFloorI)), pi);
    hn::Store(match, d, row.mi + At::m(q, 0));
    hn::Store(insert, d, row.mi + At::i(q, 0));

    store_choice(kIsMD, hn::Ge(seed, carry));
    const V deleted = hn::Max(hn::Max(seed, floor), carry);
    hn::Store(deleted, d, row.d + At::d(q, 0));
    carry = free_of(step, FloatTables::kFreeDD, deleted);
    seed = free_of(step, FloatTables::kFreeMD, match);
    floor = column(step, FloatTables::kFloorD);
  }
  return highest;
}

// Carries deletions on from lane to lane. Maxima do not depend on their order, so a pass may end where what
// is carried no longer wins.
template <class D>
HWY_INLINE void accuracy_more_passes(D d, const FloatTables& t, Row row, uint8_t* choices, hn::Vec<D> carry) {
  using At = Layout<D, 1>;
  constexpr size_t kStep = FloatTables::kAccuracyColumns * FloatTables::kLanes;
  const int Q = t.Q();
  const auto first_lane = no_first_lane(d);
  const float* last_step = t.accuracy_steps() + (Q - 1) * kStep;
  for (int pass = 1; pass < FloatTables::kLanes; ++pass) {
    carry = hn::Add(next_lane(d, carry), first_lane);
    for (int q = 0; q < Q; ++q) {
      float* cell = row.d + At::d(q, 0);
      const auto before = hn::Load(d, cell);
      const auto wins = hn::Gt(carry, before);
      if (hn::AllFalse(d, wins)) {
        pass = FloatTables::kLanes;
        break;
      }
      uint8_t* choice = choices + (static_cast<size_t>(q) * kChoices + kIsMD) * choice_bytes<D>();
      hn::StoreMaskBits(d, hn::AndNot(wins, hn::LoadMaskBits(d, choice)), choice);
      hn::Store(hn::Max(before, carry), d, cell);
      carry = hn::Add(carry, hn::LoadDup128(d, t.accuracy_steps() + q * kStep +
                                                   FloatTables::kFreeDD * FloatTables::kLanes));
    }
  }
  // Only now is known what leads to the first deletions of the lanes.
  const auto into = [&](const float* cell, int c) {
    return next_lane(d, hn::Add(hn::Load(d, cell), hn::LoadDup128(d, last_step + c * FloatTables::kLanes)));
  };
  hn::StoreMaskBits(d,
                    hn::Ge(into(row.mi + At::m(Q - 1, 0), FloatTables::kFreeMD),
                           into(row.d + At::d(Q - 1, 0), FloatTables::kFreeDD)),
                    choices + kIsMD * choice_bytes<D>());
}

// One value per slot into all lanes of its block.
template <class D>
HWY_INLINE hn::Vec<D> spread(D d, const float* values) {
  HWY_ALIGN float lanes[hn::MaxLanes(D())];
  for (int b = 0; b < blocks_in<D>(); ++b) {
    std::fill_n(lanes + b * FloatTables::kLanes, FloatTables::kLanes, values[b]);
  }
  return hn::Load(d, lanes);
}

template <class D>
class EnvelopeGroup {
 public:
  using At = Layout<D, 1>;
  static constexpr int kSlots = At::kSlots;

  static size_t bytes(int Q, size_t L) {
    return (L + 1) * (2 * At::mi_size(Q) * sizeof(float) + choices_size(Q));
  }

  // `block`: rows that are in memory at a time, if not all; only of a single envelope in a vector of one
  // block.
  EnvelopeGroup(const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                EnvelopeScore* out, EnvelopeScratch& scratch, size_t block)
      : profile_(profile), t_(profile.float_tables()), scratch_(scratch), n_(n) {
    for (int s = 0; s < n; ++s) {
      tasks_[s] = &tasks[order[s]];
      stretches_[s] = &tasks_[s]->stretch;
      out_[s] = &out[order[s]];
      L_ = std::max(L_, static_cast<int>(stretches_[s]->residues.size()));
      any_null2_ |= tasks_[s]->wants_null2;
    }
    block_ = std::min(L_, static_cast<int>(std::min<size_t>(block, std::numeric_limits<int>::max())));
    n_blocks_ = (L_ + block_ - 1) / block_;
    window_.last = block_;
    window_.load = [this](int row) { load_again((row - 1) / block_); };
  }

  void run() {
    reserve();
    if (n_blocks_ == 1) {
      forward_backward();
    } else {
      keep_rows();
    }
    decode();
    start_fill();
    for (int b = 0; b < n_blocks_; ++b) {
      if (n_blocks_ > 1) {
        load(b);
        std::copy_n(scratch_.accuracy.data(), mi_size_, kept_accuracy(b).mi);
        std::copy_n(scratch_.accuracy_deletes.data(), d_size_, kept_accuracy(b).d);
      }
      fill(any_null2_ ? scratch_.null2_sums.data() : nullptr);
    }
    for (int s = 0; s < n_; ++s) finish(s);
  }

 private:
  // Bytes of a row of choices.
  static size_t choices_size(int Q) { return static_cast<size_t>(Q) * kChoices * choice_bytes<D>(); }

  void reserve() {
    const size_t n_rows = static_cast<size_t>(L_) + 1, n_here = static_cast<size_t>(block_) + 1;
    const auto grow = [](auto& values, size_t n) {
      if (values.size() < n) values.resize(n);
    };
    try {
      grow(scratch_.forward, n_here * mi_size_ + At::m(kFetchAhead, 0));
      grow(scratch_.backward, n_here * mi_size_ + At::m(kFetchAhead, 0));
      if (n_blocks_ > 1) grow(scratch_.kept, static_cast<size_t>(n_blocks_) * kept_size());
      grow(scratch_.choices, n_here * choices_size_ + 8);  // loads of bits may read beyond their end
    } catch (const std::bad_alloc&) {
      base::throw_machine("not enough memory to align {} residues with the {} nodes of '{}' ({} MiB)", L_,
                          profile_.M(), profile_.core().name, bytes(t_.Q(), n_here) >> 20);
    }
    grow(scratch_.deletes, d_size_);
    grow(scratch_.accuracy, mi_size_);
    grow(scratch_.accuracy_deletes, d_size_);
    if (scratch_.kept_backward.size() < static_cast<size_t>(n_blocks_))
      scratch_.kept_backward.resize(n_blocks_);
    grow(scratch_.exits, n_rows * kSlots);
    scratch_.null2_sums.assign(mi_size_, 0.0f);
    scratch_.scales.assign(n_rows * kSlots, 0.0f);
    for (auto* rows : {&scratch_.forward_rows, &scratch_.backward_rows, &scratch_.accuracy_rows}) {
      if (rows->size() < kSlots) rows->resize(kSlots);
      for (int s = 0; s < n_; ++s) (*rows)[s].resize(stretches_[s]->residues.size() + 1);
    }
  }

  // Rows of the window.
  size_t place(int i) const { return static_cast<size_t>(i - window_.before); }
  float* forward_row(int i) { return scratch_.forward.data() + place(i) * mi_size_; }
  float* backward_row(int i) { return scratch_.backward.data() + place(i) * mi_size_; }
  uint8_t* choices_row(int i) { return scratch_.choices.data() + place(i) * choices_size_; }

  // What is kept of block b: Forward's row before it, Backward's first row of it (no delete cells), and the
  // values of the row before it.
  size_t kept_size() const { return 3 * mi_size_ + 2 * d_size_; }
  float* kept(int b) { return scratch_.kept.data() + static_cast<size_t>(b) * kept_size(); }
  Row kept_forward(int b) { return {kept(b), kept(b) + mi_size_}; }
  float* kept_backward(int b) { return kept(b) + mi_size_ + d_size_; }
  Row kept_accuracy(int b) { return {kept_backward(b) + mi_size_, kept_backward(b) + 2 * mi_size_}; }

  // Forward and Backward through all rows, of which only those are kept that blocks begin with.
  void keep_rows() {
    const D d;
    const Slots<D, 1> slots(t_, stretches_, n_);
    SpecialRow* forward[kSlots] = {scratch_.forward_rows[0].data()};
    SpecialRow* backward[kSlots] = {scratch_.backward_rows[0].data()};
    float backward_nats[kSlots] = {}, nats[kSlots] = {};
    const Row scratch = {scratch_.accuracy.data(), scratch_.deletes.data()};
    forward_slots<D, 1>(d, t_, slots, forward, nats, [&](int i) {
      return i % block_ == 0 && i < L_ ? kept_forward(i / block_) : scratch;
    });
    out_[0]->nats = nats[0];
    backward_slots<D, 1>(d, t_, slots, forward, backward, backward_nats, own_scales_, [&](int i) {
      return i % block_ == 1 && i > 1 ? Row{kept_backward(i / block_), scratch.d} : scratch;
    });
    for (int b = 1; b < n_blocks_; ++b) scratch_.kept_backward[b] = backward[0][b * block_ + 1];
  }

  // Forward's and Backward's rows of block b by the operations of the first time, so with the same bits.
  void load(int b) {
    const D d;
    const Slots<D, 1> slots(t_, stretches_, n_);
    const FlankOdds<D> flank_odds = slots.flank_odds(d, 0);
    window_.before = b * block_;
    window_.last = std::min(window_.before + block_, L_);
    float* deletes = scratch_.deletes.data();
    std::copy_n(kept_forward(b).mi, mi_size_, forward_row(window_.before));
    std::copy_n(kept_forward(b).d, d_size_, deletes);
    Flanks<D> f = spread_flanks(d, scratch_.forward_rows[0][window_.before]);
    for (int i = window_.before + 1; i <= window_.last; ++i) {
      next_forward_row<D, 1>(d, t_, slots, i, &flank_odds, &f, Row{forward_row(i - 1), deletes},
                             Row{forward_row(i), deletes});
    }
    float* next = backward_row(window_.before);  // zeros behind the last row
    std::fill_n(next, mi_size_, 0.0f);
    f = spread_flanks(d, SpecialRow{});
    if (b + 1 < n_blocks_) {
      next = kept_backward(b + 1);
      f = spread_flanks(d, scratch_.kept_backward[b + 1]);
    }
    for (int i = window_.last; i > window_.before; --i) {
      next_backward_row<D, 1>(
          d, t_, slots, i, &flank_odds, &f, Row{next, deletes}, Row{backward_row(i), deletes},
          [&](int, hn::Vec<D>) { return hn::Set(d, scratch_.backward_rows[0][i].scale); });
      next = backward_row(i);
    }
  }

  // With the choices, too.
  void load_again(int b) {
    load(b);
    std::copy_n(kept_accuracy(b).mi, mi_size_, scratch_.accuracy.data());
    std::copy_n(kept_accuracy(b).d, d_size_, scratch_.accuracy_deletes.data());
    fill(nullptr);
  }

  void forward_backward() {
    const D d;
    const Slots<D, 1> slots(t_, stretches_, n_);
    SpecialRow *forward[kSlots] = {}, *backward[kSlots] = {};
    for (int s = 0; s < n_; ++s) {
      forward[s] = scratch_.forward_rows[s].data();
      backward[s] = scratch_.backward_rows[s].data();
    }
    float nats[kSlots] = {}, backward_nats[kSlots] = {};
    float* deletes = scratch_.deletes.data();
    forward_slots<D, 1>(d, t_, slots, forward, nats, [&](int i) { return Row{forward_row(i), deletes}; });
    backward_slots<D, 1>(d, t_, slots, forward, backward, backward_nats, own_scales_, [&](int i) {
      return Row{backward_row(i), deletes};
    });
    for (int s = 0; s < n_; ++s) out_[s]->nats = nats[s];
  }

  void decode() {
    for (int s = 0; s < n_; ++s) {
      out_[s]->in_range =
          decode_flanks(stretches_[s]->length, scratch_.forward_rows[s], scratch_.backward_rows[s],
                        own_scales_[s], scratch_.scales.data() + s, kSlots, flank_sums_[s]);
    }
  }

  Row accuracy_row() { return {scratch_.accuracy.data(), scratch_.accuracy_deletes.data()}; }

  void start_fill() {
    constexpr float kImpossible = -std::numeric_limits<float>::infinity();
    const Row row = accuracy_row();
    std::fill_n(row.mi, mi_size_, kImpossible);
    std::fill_n(row.d, d_size_, kImpossible);
    for (int s = 0; s < n_; ++s) {
      SpecialRow& first = scratch_.accuracy_rows[s][0];
      first = SpecialRow{};
      first.E = first.J = first.C = kImpossible;
    }
  }

  // The rows of the window. `null2_sums` may be null.
  void fill(float* null2_sums) {
    const D d;
    const Row row = accuracy_row();
    float begin[kSlots] = {};
    for (int s = 0; s < n_ && window_.before > 0; ++s) begin[s] = scratch_.accuracy_rows[s][window_.before].B;
    for (int i = window_.before + 1; i <= window_.last; ++i) {
      hn::Vec<D> carry;
      const Highest<D> highest = accuracy_first_pass(
          d, t_, spread(d, begin), row, forward_row(i), backward_row(i),
          spread(d, &scratch_.scales[static_cast<size_t>(i) * kSlots]), null2_sums, choices_row(i), carry);
      accuracy_more_passes(d, t_, row, choices_row(i), carry);
      HWY_ALIGN float end[hn::MaxLanes(D())], end_q[hn::MaxLanes(D())];
      hn::Store(highest.value, d, end);
      hn::Store(highest.q, d, end_q);
      for (int s = 0; s < n_; ++s) {
        std::vector<SpecialRow>& rows = scratch_.accuracy_rows[s];
        if (i >= static_cast<int>(rows.size())) continue;
        rows[i].E = best_exit(end + s * FloatTables::kLanes, end_q + s * FloatTables::kLanes,
                              scratch_.exits[static_cast<size_t>(i) * kSlots + s]);
        fill_accuracy_flanks(stretches_[s]->length, scratch_.backward_rows[s][i], rows[i - 1], rows[i]);
        begin[s] = rows[i].B;
      }
    }
  }

  // The highest match value of a row, which no delete value exceeds, and the node that has it: of equal ones
  // the last in the order of vectors, then lanes.
  float best_exit(const float* value, const float* q, int& k) const {
    int best = 0;
    for (int r = 1; r < FloatTables::kLanes; ++r) {
      if (value[r] > value[best] || (value[r] == value[best] && q[r] >= q[best])) best = r;
    }
    k = best * t_.Q() + static_cast<int>(q[best]) + 1;
    // Cells beyond the model hold 0. They are as good as the model's only if these are 0 as well, all of
    // them.
    for (int at = t_.Q() - 1; k > t_.M(); --at) {
      for (int r = FloatTables::kLanes - 1; r >= 0 && k > t_.M(); --r) k = r * t_.Q() + at + 1;
    }
    return value[best];
  }

  void finish(int s) {
    EnvelopeScore& out = *out_[s];
    if (!out.in_range) return;
    const size_t block = static_cast<size_t>(s) * FloatTables::kLanes;
    const SlotChoices choices = {profile_,
                                 stretches_[s]->length,
                                 window_,
                                 scratch_.forward.data() + block,
                                 scratch_.backward.data() + block,
                                 mi_size_,
                                 At::m(1, 0),
                                 At::i(0, 0),
                                 scratch_.choices.data(),
                                 choices_size_,
                                 choice_bytes<D>(),
                                 block,
                                 scratch_.exits.data() + s,
                                 kSlots,
                                 scratch_.accuracy_rows[s],
                                 scratch_.backward_rows[s],
                                 scratch_.scales.data() + s};
    const int L = static_cast<int>(stretches_[s]->residues.size());
    out.alignment.expected_accuracy = scratch_.accuracy_rows[s][L].C;
    out.alignment.steps = trace_accuracy(choices);
    if (tasks_[s]->wants_null2) out.null2 = null2(s, L);
  }

  Null2Odds null2(int s, int L) {
    const float norm = static_cast<float>(1.0 / static_cast<float>(L));
    const int Q = t_.Q();
    scratch_.null2_match.resize(static_cast<size_t>(Q) * FloatTables::kLanes);
    scratch_.null2_insert.resize(static_cast<size_t>(Q) * FloatTables::kLanes);
    for (int q = 0; q < Q; ++q) {
      for (int r = 0; r < FloatTables::kLanes; ++r) {
        const size_t lane = static_cast<size_t>(s) * FloatTables::kLanes + r,
                     to = q * FloatTables::kLanes + r;
        scratch_.null2_match[to] = scratch_.null2_sums[At::m(q, 0) + lane] * norm;
        scratch_.null2_insert[to] = scratch_.null2_sums[At::i(q, 0) + lane] * norm;
      }
    }
    const FlankSums& sums = flank_sums_[s];
    return null2_odds(t_, scratch_.null2_match.data(), scratch_.null2_insert.data(),
                      (sums.N * norm + sums.C * norm) + sums.J * norm);
  }

  const Profile& profile_;
  const FloatTables& t_;
  EnvelopeScratch& scratch_;
  const int n_;
  const size_t mi_size_ = At::mi_size(t_.Q()), d_size_ = At::d_size(t_.Q());
  const size_t choices_size_ = choices_size(t_.Q());
  const EnvelopeTask* tasks_[kSlots] = {};
  const ForwardTask* stretches_[kSlots] = {};
  EnvelopeScore* out_[kSlots] = {};
  bool own_scales_[kSlots] = {};
  FlankSums flank_sums_[kSlots];
  int L_ = 0, block_ = 0, n_blocks_ = 1;
  RowWindow window_;
  bool any_null2_ = false;
};

// Half the width where that holds the envelopes, or where they need too much memory side by side.
template <class D>
void score_envelopes(D, const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                     EnvelopeScore* out, EnvelopeScratch& scratch, size_t shared, size_t most_whole) {
  for (int first = 0; first < n;) {
    const int n_here = std::min(blocks_in<D>(), n - first);
    size_t longest = 0;
    for (int s = 0; s < n_here; ++s) {
      longest = std::max(longest, tasks[order[first + s]].stretch.residues.size());
    }
    if constexpr (blocks_in<D>() > 1) {
      if (2 * n_here <= blocks_in<D>() || EnvelopeGroup<D>::bytes(profile.Q(), longest) > shared) {
        score_envelopes(hn::Half<D>(), profile, tasks, order + first, n_here, out, scratch, shared,
                        most_whole);
        first += n_here;
        continue;
      }
    }
    const size_t block = blocks_in<D>() > 1 ? longest : plan_rows(profile.Q(), longest, most_whole).block;
    EnvelopeGroup<D>(profile, tasks, order + first, n_here, out, scratch, block).run();
    first += n_here;
  }
}

void ScoreEnvelopes(const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                    EnvelopeScore* out, EnvelopeScratch& scratch, size_t shared, size_t most_whole) {
  score_envelopes(hn::ScalableTag<float>(), profile, tasks, order, n, out, scratch, shared, most_whole);
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(ScoreEnvelopes);

void EnvelopeScorer::score(const Profile& profile, std::span<const EnvelopeTask> tasks,
                           std::span<EnvelopeScore> out, MatrixBudget& budget) {
  if (tasks.empty()) return;
  // Neighbours want the same things and are of similar length, the longest first.
  order_.resize(tasks.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    if (tasks[a].wants_null2 != tasks[b].wants_null2) return tasks[a].wants_null2;
    return tasks[a].stretch.residues.size() > tasks[b].stretch.residues.size();
  });
  const size_t shared = std::min(kSharedBytes, budget.each()),
               most_whole = std::max(budget.each(), budget.pool() / 2);
  // Where the longest is divided, shorter ones that are not may need more than it.
  size_t bytes = 0;
  for (const EnvelopeTask& task : tasks) {
    bytes = std::max(bytes, plan_rows(profile.Q(), task.stretch.residues.size(), most_whole).bytes);
  }
  const MatrixLease lease(budget, bytes > shared ? bytes : 0);
  HWY_DYNAMIC_DISPATCH(ScoreEnvelopes)
  (profile, tasks.data(), order_.data(), static_cast<int>(tasks.size()), out.data(), scratch_, shared,
   most_whole);
  if (lease.is_held()) scratch_ = {};
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
