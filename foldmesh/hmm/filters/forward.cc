// The Forward and Backward parsers, many targets at a time.
#include "foldmesh/hmm/filters/forward.h"

#include <algorithm>
#include <numeric>

#include "foldmesh/hmm/vector_unit.h"

#include "foldmesh/simd/fixed_width.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/filters/forward.cc"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include "foldmesh/hmm/filters/forward_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void ForwardAll(const FloatTables&, const ForwardTask*, const int*, int, Specials*, float*, float*) {
  no_vector_unit();
}
void BackwardAll(const FloatTables&, const ForwardTask*, const int*, int, const Specials*, Specials*,
                 float*) {
  no_vector_unit();
}
size_t RowCells(int) { no_vector_unit(); }

#else

// The targets that are walked through together; slots beyond the last target hold an empty one.
template <class D, int kGroups>
class Slots {
 public:
  using At = Layout<D, kGroups>;

  Slots(const FloatTables& t, const ForwardTask* tasks, const int* order, int n) : t_(t) {
    for (int s = 0; s < At::kSlots; ++s) {
      const ForwardTask& task = tasks[order[s < n ? s : 0]];
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

// out[s] may be null when only scores are wanted.
template <class D, int kGroups>
void forward_slots(D d, const FloatTables& t, const Slots<D, kGroups>& slots, SpecialRow* const* out,
                   float* nats, float* row) {
  using At = Layout<D, kGroups>;
  std::fill_n(row, At::row_size(t.Q()), 0.0f);
  FlankOdds<D> flank_odds[kGroups];
  Flanks<D> f[kGroups];
  float total_scale[At::kSlots] = {};
  SpecialRow specials[At::kSlots];
  hn::Vec<D> begin[kGroups], sum[kGroups];
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
    const float* odds[At::kSlots];
    slots.set_odds(i, odds);
    for (int g = 0; g < kGroups; ++g) begin[g] = f[g].B;
    forward_match_insert<D, kGroups>(d, t, odds, begin, row, row, sum);
    forward_deletes<D, kGroups>(d, t, row, sum);
    for (int g = 0; g < kGroups; ++g) {
      next_forward_flanks(flank_odds[g], block_sum(sum[g]), f[g]);
      f[g].scale = hn::Set(d, 1.0f);
      const auto big = hn::Gt(f[g].E, hn::Set(d, kForwardRescaleAbove));
      if (!hn::AllFalse(d, big)) rescale_forward<D, kGroups>(d, t.Q(), g, big, f[g], row);
      store_flanks(d, f[g], specials + g * At::kBlocks);
    }
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

template <class D, int kGroups>
void backward_slots(D d, const FloatTables& t, const Slots<D, kGroups>& slots,
                    const SpecialRow* const* forward, SpecialRow* const* out, float* nats, bool* own_scales,
                    float* row) {
  using At = Layout<D, kGroups>;
  using V = hn::Vec<D>;
  std::fill_n(row, At::row_size(t.Q()), 0.0f);
  FlankOdds<D> flank_odds[kGroups];
  Flanks<D> f[kGroups];
  V inverse[kGroups], entered[kGroups];
  BackwardScales<D, kGroups> scales;
  SpecialRow specials[At::kSlots];
  const float* odds[At::kSlots];
  for (int g = 0; g < kGroups; ++g) {
    const auto zero = hn::Zero(d);
    flank_odds[g] = slots.flank_odds(d, g);
    f[g] = {zero, zero, zero, zero, zero, hn::Set(d, 1.0f)};
  }
  for (int i = slots.longest(); i >= 1; --i) {
    slots.set_odds(i + 1, odds);
    open_backward_row<D, kGroups>(d, t, odds, row, row, entered);
    for (int g = 0; g < kGroups; ++g) {
      next_backward_flanks(d, flank_odds[g], slots.ends_at(d, i, g), entered[g], f[g]);
    }
    close_backward_deletes<D, kGroups>(d, t, f, row);
    for (int g = 0; g < kGroups; ++g) {
      f[g].scale =
          scales.choose(d, g, f[g].B, [&](int s) { return i <= slots.L(s) ? forward[s][i].scale : 1.0f; });
      inverse[g] = hn::Div(hn::Set(d, 1.0f), f[g].scale);
    }
    close_backward_row<D, kGroups>(d, t, f, inverse, row);
    for (int g = 0; g < kGroups; ++g) {
      divide_backward_flanks(f[g]);
      store_flanks(d, f[g], specials + g * At::kBlocks);
    }
    for (int s = 0; s < At::kSlots; ++s) {
      if (i <= slots.L(s)) out[s][i] = specials[s];
    }
  }
  slots.set_odds(1, odds);
  for (int g = 0; g < kGroups; ++g) {
    const V B = first_row_entry<D, kGroups>(d, t, odds, row, g);
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

// Calls body(kGroups as a constant, first, count) for runs of tasks that fill the slots.
template <class D, typename Body>
void for_slots(int n, Body body) {
  constexpr int kBlocks = blocks_in<D>();
  int first = 0;
  while (first < n) {
    const int left = n - first;
    if (left > kBlocks) {
      body(std::integral_constant<int, 2>(), first, std::min(left, 2 * kBlocks));
      first += 2 * kBlocks;
    } else {
      body(std::integral_constant<int, 1>(), first, left);
      first += kBlocks;
    }
  }
}

void ForwardAll(const FloatTables& t, const ForwardTask* tasks, const int* order, int n, Specials* out,
                float* nats, float* cells) {
  using D = hn::ScalableTag<float>;
  const D d;
  for_slots<D>(n, [&](auto groups, int first, int n_here) {
    constexpr int kGroups = groups.value, kSlots = Layout<D, kGroups>::kSlots;
    SpecialRow* rows[kSlots] = {};
    float scores[kSlots] = {};
    for (int s = 0; s < n_here && out != nullptr; ++s) rows[s] = out[order[first + s]].rows.data();
    const Slots<D, kGroups> slots(t, tasks, order + first, n_here);
    forward_slots<D, kGroups>(d, t, slots, rows, scores, cells);
    for (int s = 0; s < n_here; ++s) nats[order[first + s]] = scores[s];
  });
}

void BackwardAll(const FloatTables& t, const ForwardTask* tasks, const int* order, int n,
                 const Specials* forward, Specials* out, float* cells) {
  using D = hn::ScalableTag<float>;
  const D d;
  for_slots<D>(n, [&](auto groups, int first, int n_here) {
    constexpr int kGroups = groups.value, kSlots = Layout<D, kGroups>::kSlots;
    SpecialRow* rows[kSlots] = {};
    const SpecialRow* forward_rows[kSlots] = {};
    float scores[kSlots] = {};
    bool own_scales[kSlots] = {};
    for (int s = 0; s < n_here; ++s) {
      rows[s] = out[order[first + s]].rows.data();
      forward_rows[s] = forward[order[first + s]].rows.data();
    }
    const Slots<D, kGroups> slots(t, tasks, order + first, n_here);
    backward_slots<D, kGroups>(d, t, slots, forward_rows, rows, scores, own_scales, cells);
    for (int s = 0; s < n_here; ++s) {
      out[order[first + s]].nats = scores[s];
      out[order[first + s]].own_scales = own_scales[s];
    }
  });
}

// Cells of the row that ForwardAll and BackwardAll work in.
size_t RowCells(int Q) { return Layout<hn::ScalableTag<float>, 2>::row_size(Q); }

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(ForwardAll);
HWY_EXPORT(BackwardAll);
HWY_EXPORT(RowCells);

void ForwardParser::prepare(const Profile& profile, std::span<const ForwardTask> tasks) {
  order_.resize(tasks.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int a, int b) { return tasks[a].residues.size() > tasks[b].residues.size(); });
  cells_.resize(std::max(cells_.size(), HWY_DYNAMIC_DISPATCH(RowCells)(profile.Q())));
}

void ForwardParser::forward(const Profile& profile, std::span<const ForwardTask> tasks,
                            std::span<Specials> out) {
  prepare(profile, tasks);
  std::vector<float> nats(tasks.size());
  for (size_t n = 0; n < tasks.size(); ++n) out[n].rows.resize(tasks[n].residues.size() + 1);
  HWY_DYNAMIC_DISPATCH(ForwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), out.data(),
   nats.data(), cells_.data());
  for (size_t n = 0; n < tasks.size(); ++n) {
    out[n].nats = nats[n];
    out[n].own_scales = false;
  }
}

void ForwardParser::forward_scores(const Profile& profile, std::span<const ForwardTask> tasks,
                                   std::span<float> nats) {
  prepare(profile, tasks);
  HWY_DYNAMIC_DISPATCH(ForwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), nullptr, nats.data(),
   cells_.data());
}

void ForwardParser::backward(const Profile& profile, std::span<const ForwardTask> tasks,
                             std::span<const Specials> forward, std::span<Specials> out) {
  prepare(profile, tasks);
  for (size_t n = 0; n < tasks.size(); ++n) out[n].rows.resize(tasks[n].residues.size() + 1);
  HWY_DYNAMIC_DISPATCH(BackwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), forward.data(),
   out.data(), cells_.data());
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
