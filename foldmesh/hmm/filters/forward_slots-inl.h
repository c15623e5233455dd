// Forward and Backward over several targets at once; see forward_rows-inl.h. Included once per instruction
// set.
#if defined(FOLDMESH_HMM_FILTERS_FORWARD_SLOTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOLDMESH_HMM_FILTERS_FORWARD_SLOTS_INL_H_
#undef FOLDMESH_HMM_FILTERS_FORWARD_SLOTS_INL_H_
#else
#define FOLDMESH_HMM_FILTERS_FORWARD_SLOTS_INL_H_
#endif

#include "foldmesh/hmm/filters/forward_rows-inl.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {

// The targets that are walked through together; slots beyond the last target hold an empty one.
template <class D, int kGroups>
class Slots {
 public:
  using At = Layout<D, kGroups>;

  Slots(const FloatTables& t, const ForwardTask* const* tasks, int n) : t_(t) {
    for (int s = 0; s < At::kSlots; ++s) {
      const ForwardTask& task = *tasks[s < n ? s : 0];
      residues_[s] = task.residues.data();
      lengths_[s] = &task.length;
      L_[s] = s < n ? static_cast<int>(task.residues.size()) : 0;
    }
  }

  int L(int s) const { return L_[s]; }
  float move(int s) const { return lengths_[s]->move; }
  int longest() const { return *std::max_element(L_, L_ + At::kSlots); }
  FlankOdds<D> flank_odds(D d, int group) const { return load_flank_odds(d, lengths_ + group * At::kBlocks); }
  // The slots of a group whose last residue is i.
  hn::Mask<D> ends_at(D d, int i, int group) const {
    HWY_ALIGN float flag[hn::MaxLanes(D())];
    for (int b = 0; b < At::kBlocks; ++b) {
      std::fill_n(flag + b * FloatTables::kLanes, FloatTables::kLanes,
                  L_[group * At::kBlocks + b] == i ? 1.0f : 0.0f);
    }
    return hn::Gt(hn::Load(d, flag), hn::Zero(d));
  }
  // Match odds of residue i of every slot, 1-based; zeros beyond its end.
  void set_odds(int i, const float** odds) const {
    for (int s = 0; s < At::kSlots; ++s) odds[s] = t_.odds(i <= L_[s] ? residues_[s][i - 1] : bio::kGap);
  }

 private:
  const FloatTables& t_;
  const bio::Code* residues_[At::kSlots];
  const LengthModel* lengths_[At::kSlots];
  int L_[At::kSlots];
};

template <class D, int kGroups>
void clear_row(int Q, Row row) {
  std::fill_n(row.mi, Layout<D, kGroups>::mi_size(Q), 0.0f);
  std::fill_n(row.d, Layout<D, kGroups>::d_size(Q), 0.0f);
}

// Row i and its flanks from the row before, which may be the same memory.
template <class D, int kGroups>
HWY_INLINE void next_forward_row(D d, const FloatTables& t, const Slots<D, kGroups>& slots, int i,
                                 const FlankOdds<D>* flank_odds, Flanks<D>* f, Row previous, Row row) {
  using At = Layout<D, kGroups>;
  const float* odds[At::kSlots];
  slots.set_odds(i, odds);
  hn::Vec<D> begin[kGroups], sum[kGroups];
  for (int g = 0; g < kGroups; ++g) begin[g] = f[g].B;
  auto state = forward_first_pass<D, kGroups>(d, t, odds, begin, previous, row);
  forward_more_passes<D, kGroups>(d, t, row, state, sum);
  for (int g = 0; g < kGroups; ++g) {
    next_forward_flanks(flank_odds[g], block_sum(sum[g]), f[g]);
    f[g].scale = hn::Set(d, 1.0f);
    const auto big = hn::Gt(f[g].E, hn::Set(d, kForwardRescaleAbove));
    if (!hn::AllFalse(d, big)) rescale_forward<D, kGroups>(d, t.Q(), g, big, f[g], row);
  }
}

// Row i and its flanks from row i + 1, of which only match and insert cells are used. scale_of(g, B): what
// the row is divided by.
template <class D, int kGroups, typename ScaleOf>
HWY_INLINE void next_backward_row(D d, const FloatTables& t, const Slots<D, kGroups>& slots, int i,
                                  const FlankOdds<D>* flank_odds, Flanks<D>* f, Row next, Row row,
                                  ScaleOf scale_of) {
  using At = Layout<D, kGroups>;
  const float* odds[At::kSlots];
  slots.set_odds(i + 1, odds);
  hn::Vec<D> inverse[kGroups], entered[kGroups];
  open_backward_row<D, kGroups>(d, t, odds, next, row, entered);
  for (int g = 0; g < kGroups; ++g) {
    next_backward_flanks(d, flank_odds[g], slots.ends_at(d, i, g), entered[g], f[g]);
  }
  close_backward_deletes<D, kGroups>(d, t, f, row);
  for (int g = 0; g < kGroups; ++g) {
    f[g].scale = scale_of(g, f[g].B);
    inverse[g] = hn::Div(hn::Set(d, 1.0f), f[g].scale);
  }
  close_backward_row<D, kGroups>(d, t, f, inverse, row);
  for (int g = 0; g < kGroups; ++g) divide_backward_flanks(f[g]);
}

// Fills row_at(0), row_at(1), ... which may all be the same memory, or differ in part. out[s] may be null
// when only scores are wanted.
template <class D, int kGroups, typename RowAt>
void forward_slots(D d, const FloatTables& t, const Slots<D, kGroups>& slots, SpecialRow* const* out,
                   float* nats, RowAt row_at) {
  using At = Layout<D, kGroups>;
  clear_row<D, kGroups>(t.Q(), row_at(0));
  FlankOdds<D> flank_odds[kGroups];
  Flanks<D> f[kGroups];
  float total_scale[At::kSlots] = {};
  SpecialRow specials[At::kSlots];
  for (int g = 0; g < kGroups; ++g) {
    const auto zero = hn::Zero(d), one = hn::Set(d, 1.0f);
    flank_odds[g] = slots.flank_odds(d, g);
    f[g] = {one, zero, flank_odds[g].move, zero, zero, one};
    store_flanks(d, f[g], specials + g * At::kBlocks);
  }
  for (int s = 0; s < At::kSlots; ++s) {
    if (out[s] != nullptr) out[s][0] = specials[s];
  }
  const int L = slots.longest();
  for (int i = 1; i <= L; ++i) {
    next_forward_row<D, kGroups>(d, t, slots, i, flank_odds, f, row_at(i - 1), row_at(i));
    for (int g = 0; g < kGroups; ++g) store_flanks(d, f[g], specials + g * At::kBlocks);
    for (int s = 0; s < At::kSlots; ++s) {
      if (i > slots.L(s)) continue;
      if (specials[s].scale > 1.0f) {
        total_scale[s] = static_cast<float>(total_scale[s] + log_of(specials[s].scale));
      }
      if (out[s] != nullptr) out[s][i] = specials[s];
      if (i == slots.L(s))
        nats[s] = static_cast<float>(total_scale[s] + log_of(specials[s].C * slots.move(s)));
    }
  }
}

// Fills ..., row_at(2), row_at(1); row_at(0) stands for the row behind the last. forward[s], out[s]: rows of
// special states.
template <class D, int kGroups, typename RowAt>
void backward_slots(D d, const FloatTables& t, const Slots<D, kGroups>& slots,
                    const SpecialRow* const* forward, SpecialRow* const* out, float* nats, bool* own_scales,
                    RowAt row_at) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  clear_row<D, kGroups>(t.Q(), row_at(0));
  FlankOdds<D> flank_odds[kGroups];
  Flanks<D> f[kGroups];
  BackwardScales<D, kGroups> scales;
  SpecialRow specials[At::kSlots];
  const float* odds[At::kSlots];
  for (int g = 0; g < kGroups; ++g) {
    const auto zero = hn::Zero(d);
    flank_odds[g] = slots.flank_odds(d, g);
    f[g] = {zero, zero, zero, zero, zero, hn::Set(d, 1.0f)};
  }
  const int L = slots.longest();
  for (int i = L; i >= 1; --i) {
    const auto scale_of = [&](int g, V B) {
      return scales.choose(d, g, B, [&](int s) { return i <= slots.L(s) ? forward[s][i].scale : 1.0f; });
    };
    next_backward_row<D, kGroups>(d, t, slots, i, flank_odds, f, row_at(i < L ? i + 1 : 0), row_at(i),
                                  scale_of);
    for (int g = 0; g < kGroups; ++g) store_flanks(d, f[g], specials + g * At::kBlocks);
    for (int s = 0; s < At::kSlots; ++s) {
      if (i <= slots.L(s)) out[s][i] = specials[s];
    }
  }
  slots.set_odds(1, odds);
  for (int g = 0; g < kGroups; ++g) {
    const V B = first_row_entry<D, kGroups>(d, t, odds, row_at(1), g);
    const V N = hn::Add(hn::Mul(B, flank_odds[g].move), hn::Mul(f[g].N, flank_odds[g].loop));
    const V zero = hn::Zero(d);
    store_flanks(d, Flanks<D>{N, zero, B, zero, zero, hn::Set(d, 1.0f)}, specials + g * At::kBlocks);
  }
  for (int s = 0; s < At::kSlots; ++s) {
    if (slots.L(s) == 0) continue;
    out[s][0] = specials[s];
    own_scales[s] = scales.own(s);
    nats[s] = static_cast<float>(scales.total(s) + log_of(specials[s].N));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET != HWY_SCALAR

#endif  // toggle
