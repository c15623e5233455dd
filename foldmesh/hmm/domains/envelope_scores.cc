#include "foldmesh/hmm/domains/envelope_scores.h"

#include <algorithm>
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
#include <hwy/highway.h>

#include "foldmesh/hmm/filters/forward_slots-inl.h"

#ifndef FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_ONCE_
#define FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_ONCE_
namespace foldmesh::hmm {

// Cells of one slot as the traceback wants them.
struct SlotCells {
  const float *posterior, *values, *deletes;  // of the slot, row 0
  size_t row_size, deletes_row_size, insert;  // `insert`: from a match cell to its insert cell
  const int *match_cell, *delete_cell;
  const SpecialRow *posterior_rows, *value_rows;

  // Nothing leads to node 0.
  float m(int i, int k) const { return k < 1 ? 0.0f : values[i * row_size + match_cell[k]]; }
  float i(int i, int k) const { return k < 1 ? 0.0f : values[i * row_size + match_cell[k] + insert]; }
  float d(int i, int k) const { return k < 1 ? 0.0f : deletes[i * deletes_row_size + delete_cell[k]]; }
  float begin(int i) const { return value_rows[i].B; }
  float end(int i) const { return value_rows[i].E; }
  float flank(int i) const { return value_rows[i].C; }
  float flank_posterior(int i) const { return posterior_rows[i].C; }
  float match_posterior(int i, int k) const { return posterior[i * row_size + match_cell[k]]; }
  float insert_posterior(int i, int k) const { return posterior[i * row_size + match_cell[k] + insert]; }
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

void ScoreEnvelopes(const Profile&, const EnvelopeTask*, const int*, int, EnvelopeScore*, EnvelopeScratch&) {
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

// In every lane of a block the highest of its lanes.
template <class V>
HWY_INLINE V block_max(V v) {
  const V pairs = hn::Max(v, hn::Shuffle2301(v));
  return hn::Max(pairs, hn::Shuffle1032(pairs));
}

// Turns Forward's cells of a row into posteriors, Backward's into optimal-accuracy values, and adds the
// posteriors to `sums` (if not null). Of the delete cells only what comes from match cells is set. Returns
// the highest match value; no delete value is higher.
template <class D>
HWY_INLINE hn::Vec<D> accuracy_match_insert(D d, const FloatTables& t, hn::Vec<D> begin, Row previous,
                                            hn::Vec<D> scale, float* posterior, Row row, float* sums) {
  using At = Layout<D, 1>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  V m = next_lane(d, hn::Load(d, previous.mi + At::m(Q - 1, 0)));
  V i = next_lane(d, hn::Load(d, previous.mi + At::i(Q - 1, 0)));
  V del = next_lane(d, hn::Load(d, previous.d + At::d(Q - 1, 0)));
  V seed = hn::Zero(d), end = hn::Zero(d);
  const float* step = t.allowed();
  for (int q = 0; q < Q; ++q, step += FloatTables::kAllowedColumns * FloatTables::kLanes) {
    const auto allowed = [&](int c, V v) {
      return hn::And(hn::LoadDup128(d, step + c * FloatTables::kLanes), v);
    };
    float *match_posterior = posterior + At::m(q, 0), *insert_posterior = posterior + At::i(q, 0);
    float *match_cell = row.mi + At::m(q, 0), *insert_cell = row.mi + At::i(q, 0);
    const V pm = hn::Mul(hn::Mul(hn::Load(d, match_posterior), hn::Load(d, match_cell)), scale);
    const V pi = hn::Mul(hn::Mul(hn::Load(d, insert_posterior), hn::Load(d, insert_cell)), scale);
    hn::Store(pm, d, match_posterior);
    hn::Store(pi, d, insert_posterior);
    if (sums != nullptr) {
      float *match_sum = sums + At::m(q, 0), *insert_sum = sums + At::i(q, 0);
      hn::Store(hn::Add(hn::Load(d, match_sum), pm), d, match_sum);
      hn::Store(hn::Add(hn::Load(d, insert_sum), pi), d, insert_sum);
    }
    const V from_begin_or_match =
        hn::Max(allowed(FloatTables::kMayBM, begin), allowed(FloatTables::kMayMM, m));
    const V from_gap = hn::Max(allowed(FloatTables::kMayIM, i), allowed(FloatTables::kMayDM, del));
    const V match = hn::Add(hn::Max(from_begin_or_match, from_gap), pm);
    m = hn::Load(d, previous.mi + At::m(q, 0));
    i = hn::Load(d, previous.mi + At::i(q, 0));
    del = hn::Load(d, previous.d + At::d(q, 0));
    hn::Store(match, d, match_cell);
    hn::Store(hn::Add(hn::Max(allowed(FloatTables::kMayMI, m), allowed(FloatTables::kMayII, i)), pi), d,
              insert_cell);
    hn::Store(seed, d, row.d + At::d(q, 0));
    seed = allowed(FloatTables::kMayMD, match);
    end = hn::Max(end, match);
  }
  hn::Store(hn::Add(next_lane(d, seed), no_first_lane(d)), d, row.d + At::d(0, 0));
  return block_max(end);
}

// Delete cells from their M->D parts. Maxima do not depend on their order, so a pass may end where the
// deletions from the lane before no longer win.
template <class D>
HWY_INLINE void accuracy_deletes(D d, const FloatTables& t, Row row) {
  using At = Layout<D, 1>;
  using V = hn::Vec<D>;
  const int Q = t.Q();
  const V first_lane = no_first_lane(d);
  const auto may_dd = [&](int q) {
    return hn::LoadDup128(
        d, t.allowed() + static_cast<size_t>(q * FloatTables::kAllowedColumns + FloatTables::kMayDD) *
                             FloatTables::kLanes);
  };
  V carry = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int q = 0; q < Q; ++q) {
    float* cell = row.d + At::d(q, 0);
    const V del = hn::Max(hn::Load(d, cell), carry);
    hn::Store(del, d, cell);
    carry = hn::And(may_dd(q), del);
  }
  for (int pass = 1; pass < FloatTables::kLanes; ++pass) {
    carry = hn::Add(next_lane(d, carry), first_lane);
    for (int q = 0; q < Q; ++q) {
      float* cell = row.d + At::d(q, 0);
      const V before = hn::Load(d, cell);
      if (hn::AllFalse(d, hn::Gt(carry, before))) return;
      hn::Store(hn::Max(before, carry), d, cell);
      carry = hn::And(may_dd(q), carry);
    }
  }
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
    return (L + 1) * (2 * At::mi_size(Q) + At::d_size(Q)) * sizeof(float);
  }

  EnvelopeGroup(const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                EnvelopeScore* out, EnvelopeScratch& scratch)
      : profile_(profile), t_(profile.float_tables()), scratch_(scratch), n_(n) {
    for (int s = 0; s < n; ++s) {
      tasks_[s] = &tasks[order[s]];
      stretches_[s] = &tasks_[s]->stretch;
      out_[s] = &out[order[s]];
      L_ = std::max(L_, static_cast<int>(stretches_[s]->residues.size()));
      any_null2_ |= tasks_[s]->wants_null2;
    }
  }

  void run() {
    reserve();
    forward_backward();
    decode();
    fill();
    for (int s = 0; s < n_; ++s) finish(s);
  }

 private:
  void reserve() {
    const size_t n_rows = static_cast<size_t>(L_) + 1;
    const auto grow = [](auto& values, size_t n) {
      if (values.size() < n) values.resize(n);
    };
    try {
      grow(scratch_.forward, n_rows * mi_size_);
      grow(scratch_.backward, n_rows * mi_size_);
      grow(scratch_.accuracy_deletes, n_rows * d_size_);
    } catch (const std::bad_alloc&) {
      base::throw_machine("not enough memory to align {} residues with the {} nodes of '{}' ({} MiB)", L_,
                          profile_.M(), profile_.core().name, bytes(t_.Q(), n_rows) >> 20);
    }
    grow(scratch_.deletes, d_size_);
    scratch_.null2_sums.assign(mi_size_, 0.0f);
    scratch_.scales.assign(n_rows * kSlots, 0.0f);
    for (auto* rows : {&scratch_.forward_rows, &scratch_.backward_rows, &scratch_.accuracy_rows}) {
      if (rows->size() < kSlots) rows->resize(kSlots);
      for (int s = 0; s < n_; ++s) (*rows)[s].resize(stretches_[s]->residues.size() + 1);
    }
    // Where node k lies.
    scratch_.match_cell.resize(t_.M() + 1);
    scratch_.delete_cell.resize(t_.M() + 1);
    for (int k = 1; k <= t_.M(); ++k) {
      const int q = (k - 1) % t_.Q(), r = (k - 1) / t_.Q();
      scratch_.match_cell[k] = static_cast<int>(At::m(q, 0)) + r;
      scratch_.delete_cell[k] = static_cast<int>(At::d(q, 0)) + r;
    }
  }

  float* forward_row(int i) { return scratch_.forward.data() + static_cast<size_t>(i) * mi_size_; }
  float* backward_row(int i) { return scratch_.backward.data() + static_cast<size_t>(i) * mi_size_; }
  float* accuracy_row(int i) { return scratch_.accuracy_deletes.data() + static_cast<size_t>(i) * d_size_; }

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

  void fill() {
    const D d;
    constexpr float kImpossible = -std::numeric_limits<float>::infinity();
    std::fill_n(backward_row(0), mi_size_, kImpossible);
    std::fill_n(accuracy_row(0), d_size_, kImpossible);
    for (int s = 0; s < n_; ++s) {
      SpecialRow& first = scratch_.accuracy_rows[s][0];
      first = SpecialRow{};
      first.E = first.J = first.C = kImpossible;
    }
    float begin[kSlots] = {};
    for (int i = 1; i <= L_; ++i) {
      const Row previous = {backward_row(i - 1), accuracy_row(i - 1)},
                row = {backward_row(i), accuracy_row(i)};
      const auto highest = accuracy_match_insert(
          d, t_, spread(d, begin), previous, spread(d, &scratch_.scales[static_cast<size_t>(i) * kSlots]),
          forward_row(i), row, any_null2_ ? scratch_.null2_sums.data() : nullptr);
      accuracy_deletes(d, t_, row);
      HWY_ALIGN float end[hn::MaxLanes(D())];
      hn::Store(highest, d, end);
      for (int s = 0; s < n_; ++s) {
        std::vector<SpecialRow>& rows = scratch_.accuracy_rows[s];
        if (i >= static_cast<int>(rows.size())) continue;
        rows[i].E = end[s * FloatTables::kLanes];
        fill_accuracy_flanks(stretches_[s]->length, scratch_.backward_rows[s][i], rows[i - 1], rows[i]);
        begin[s] = rows[i].B;
      }
    }
  }

  void finish(int s) {
    EnvelopeScore& out = *out_[s];
    if (!out.in_range) return;
    const size_t block = static_cast<size_t>(s) * FloatTables::kLanes;
    const int L = static_cast<int>(stretches_[s]->residues.size());
    const SlotCells cells = {forward_row(0) + block,
                             backward_row(0) + block,
                             accuracy_row(0) + block,
                             mi_size_,
                             d_size_,
                             At::i(0, 0) - At::m(0, 0),
                             scratch_.match_cell.data(),
                             scratch_.delete_cell.data(),
                             scratch_.backward_rows[s].data(),
                             scratch_.accuracy_rows[s].data()};
    out.alignment.expected_accuracy = scratch_.accuracy_rows[s][L].C;
    out.alignment.steps = AccuracyTraceback<SlotCells>(profile_, stretches_[s]->length, L, cells).run();
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
  const EnvelopeTask* tasks_[kSlots] = {};
  const ForwardTask* stretches_[kSlots] = {};
  EnvelopeScore* out_[kSlots] = {};
  bool own_scales_[kSlots] = {};
  FlankSums flank_sums_[kSlots];
  int L_ = 0;
  bool any_null2_ = false;
};

// Half the width where that holds the envelopes, or where they need too much memory side by side.
template <class D>
void score_envelopes(D, const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                     EnvelopeScore* out, EnvelopeScratch& scratch) {
  for (int first = 0; first < n;) {
    const int n_here = std::min(blocks_in<D>(), n - first);
    size_t longest = 0;
    for (int s = 0; s < n_here; ++s) {
      longest = std::max(longest, tasks[order[first + s]].stretch.residues.size());
    }
    if constexpr (blocks_in<D>() > 1) {
      if (2 * n_here <= blocks_in<D>() ||
          EnvelopeGroup<D>::bytes(profile.Q(), longest) > EnvelopeScorer::kSharedBytes) {
        score_envelopes(hn::Half<D>(), profile, tasks, order + first, n_here, out, scratch);
        first += n_here;
        continue;
      }
    }
    EnvelopeGroup<D>(profile, tasks, order + first, n_here, out, scratch).run();
    first += n_here;
  }
}

void ScoreEnvelopes(const Profile& profile, const EnvelopeTask* tasks, const int* order, int n,
                    EnvelopeScore* out, EnvelopeScratch& scratch) {
  score_envelopes(hn::ScalableTag<float>(), profile, tasks, order, n, out, scratch);
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(ScoreEnvelopes);

void EnvelopeScorer::score(const Profile& profile, std::span<const EnvelopeTask> tasks,
                           std::span<EnvelopeScore> out) {
  // Neighbours want the same things and are of similar length, the longest first.
  order_.resize(tasks.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    if (tasks[a].wants_null2 != tasks[b].wants_null2) return tasks[a].wants_null2;
    return tasks[a].stretch.residues.size() > tasks[b].stretch.residues.size();
  });
  HWY_DYNAMIC_DISPATCH(ScoreEnvelopes)
  (profile, tasks.data(), order_.data(), static_cast<int>(tasks.size()), out.data(), scratch_);
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
