#include "foldmesh/hmm/filters/viterbi.h"

#include <algorithm>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/filters/viterbi.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
int HighestEnd(const StripedWords&, std::span<const bio::Code>, int, int, int16_t*) {
  base::throw_internal("no vectors");
}
#else

using D = hn::ScalableTag<int16_t>;
using V = hn::Vec<D>;
constexpr size_t kWords = hn::MaxLanes(D());
constexpr int16_t kImpossible = Profile::kWordImpossible;

enum State { kMatch, kInsert, kDelete, kStates };
enum Kind { kBM, kMM, kIM, kDM, kMD, kMI, kII, kDD, kKinds };
static_assert(kKinds == StripedWords::kKinds);

// Every lane one up, -32768 into the first.
HWY_INLINE V one_lane_up(V v) {
  const D d;
  alignas(64) int16_t lanes[2 * kWords];
  hn::Store(hn::Set(d, kImpossible), d, lanes);
  hn::Store(v, d, lanes + kWords);
  return hn::LoadU(d, lanes + kWords - 1);
}

HWY_INLINE V cell(const int16_t* HWY_RESTRICT cells, int q, State state) {
  return hn::Load(D(), cells + static_cast<size_t>(q * kStates + state) * kWords);
}
HWY_INLINE void set_cell(V v, int16_t* HWY_RESTRICT cells, int q, State state) {
  hn::Store(v, D(), cells + static_cast<size_t>(q * kStates + state) * kWords);
}
HWY_INLINE V transition(const int16_t* HWY_RESTRICT transitions, int q, Kind kind) {
  return hn::Load(D(), transitions + static_cast<size_t>(q * kKinds + kind) * kWords);
}

// Carries delete paths on from the last vector to the first, one lane up, for as long as any of them is
// better than what stands there: from a cell that it does not improve a path cannot improve any later one,
// because the path that is there takes the same steps.
HWY_INLINE void finish_deletes(const int16_t* HWY_RESTRICT transitions, int n_vectors, V path,
                               int16_t* HWY_RESTRICT cells) {
  const D d;
  for (size_t lane = 1; lane < kWords; ++lane) {
    path = one_lane_up(path);
    for (int q = 0; q < n_vectors; ++q) {
      const V there = cell(cells, q, kDelete);
      const V better = hn::Max(there, path);
      if (hn::AllTrue(d, hn::Eq(better, there))) return;
      set_cell(better, cells, q, kDelete);
      path = hn::SaturatedAdd(better, transition(transitions, q, kDD));
    }
  }
}

// One row of cells in place of the row before; returns each lane's highest match cell.
HWY_INLINE V next_row(const int16_t* HWY_RESTRICT scores, const int16_t* HWY_RESTRICT transitions,
                      int n_vectors, V begin, int16_t* HWY_RESTRICT cells) {
  const D d;
  V best = hn::Set(d, kImpossible);
  V deleted = best;  // the path into the next vector's delete states
  V m = one_lane_up(cell(cells, n_vectors - 1, kMatch));
  V i = one_lane_up(cell(cells, n_vectors - 1, kInsert));
  V del = one_lane_up(cell(cells, n_vectors - 1, kDelete));
  for (int q = 0; q < n_vectors; ++q) {
    const auto step = [&](V from, Kind kind)
                          HWY_ATTR { return hn::SaturatedAdd(from, transition(transitions, q, kind)); };
    const V from_begin_or_match = hn::Max(step(begin, kBM), step(m, kMM));
    const V from_gap = hn::Max(step(i, kIM), step(del, kDM));
    const V match = hn::SaturatedAdd(hn::Max(from_begin_or_match, from_gap),
                                     hn::Load(d, scores + static_cast<size_t>(q) * kWords));
    best = hn::Max(best, match);
    m = cell(cells, q, kMatch);
    i = cell(cells, q, kInsert);
    del = cell(cells, q, kDelete);
    set_cell(match, cells, q, kMatch);
    set_cell(hn::Max(step(m, kMI), step(i, kII)), cells, q, kInsert);
    set_cell(deleted, cells, q, kDelete);
    deleted = hn::Max(step(match, kMD), step(deleted, kDD));
  }
  finish_deletes(transitions, n_vectors, deleted, cells);
  return best;
}

// The highest match cell of all rows; 32767 as soon as there is one.
int HighestEnd(const StripedWords& words, std::span<const bio::Code> target, int move, int end_score,
               int16_t* HWY_RESTRICT cells) {
  const D d;
  const int n_vectors = words.scores.n_vectors;
  int highest = kImpossible;
  // A row's highest cell matters to the next row from here on, when J becomes better than N.
  int from = Profile::kWordBase - end_score + 1;
  V begin = hn::Set(d, static_cast<int16_t>(Profile::kWordBase + move));
  V best = hn::Set(d, kImpossible);
  for (bio::Code x : target) {
    const V best_of_row = next_row(words.scores.row(x), words.transitions.row(0), n_vectors, begin, cells);
    best = hn::Max(best, best_of_row);
    if (hn::AllTrue(d, hn::Lt(best_of_row, hn::Set(d, static_cast<int16_t>(std::min(from, 32767))))))
      continue;
    highest = hn::GetLane(hn::MaxOfLanes(d, best_of_row));
    if (highest == 32767) return highest;
    from = highest + 1;
    begin = hn::Set(d, static_cast<int16_t>(highest + end_score + move));
  }
  return hn::GetLane(hn::MaxOfLanes(d, best));
}
#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(HighestEnd);

StripedWords make_striped_words(const Profile& profile) {
  const TransitionTable<int16_t>& t = profile.word_transitions();
  const std::vector<int16_t>* kinds[] = {&t.bm, &t.mm, &t.im, &t.dm, &t.md, &t.mi, &t.ii, &t.dd};
  StripedWords words;
  words.scores = make_striped_table<int16_t>(
      bio::kNumCodes, profile.M(), Profile::kWordImpossible,
      [&](size_t x, int k) { return profile.word_score(static_cast<bio::Code>(x))[k]; });
  // The kinds of a vector's transitions stand together.
  words.transitions.lanes = words.scores.lanes;
  words.transitions.n_vectors = words.scores.n_vectors * StripedWords::kKinds;
  const StripedTable<int16_t> by_kind =
      make_striped_table<int16_t>(StripedWords::kKinds, profile.M(), Profile::kWordImpossible,
                                  [&](size_t kind, int k) { return (*kinds[kind])[k]; });
  if (by_kind.empty()) return words;
  for (int q = 0; q < by_kind.n_vectors; ++q) {
    for (size_t kind = 0; kind < StripedWords::kKinds; ++kind) {
      const int16_t* vector = by_kind.row(kind) + q * by_kind.lanes;
      words.transitions.cells.insert(words.transitions.cells.end(), vector, vector + by_kind.lanes);
    }
  }
  return words;
}

FilterResult viterbi_result(const Profile& profile, int L, int xc) {
  if (xc == Profile::kWordImpossible) return {FilterStatus::kOk, -std::numeric_limits<float>::infinity()};
  const float score =
      static_cast<float>(xc + profile.word_move(L) - Profile::kWordBase) / profile.word_scale();
  return {FilterStatus::kOk, static_cast<float>(score - kLengthFudge)};
}

FilterResult viterbi_filter(const Profile& profile, std::span<const bio::Code> target,
                            ViterbiScratch& scratch) {
  const StripedWords& words = profile.striped_words();
  if (words.scores.empty()) return viterbi_filter_ref(profile, target, scratch);
  check_lanes(words.scores);
  const int L = static_cast<int>(target.size());
  constexpr size_t kStates = 3;
  scratch.cells.assign(kStates * static_cast<size_t>(words.scores.lanes * words.scores.n_vectors),
                       Profile::kWordImpossible);
  const int highest = HWY_DYNAMIC_DISPATCH(HighestEnd)(words, target, profile.word_move(L),
                                                       profile.word_end(), scratch.cells.data());
  if (highest == std::numeric_limits<int16_t>::max()) return FilterResult::out_of_range();
  return viterbi_result(profile, L, std::max(Profile::kWordImpossible, highest + profile.word_end()));
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
