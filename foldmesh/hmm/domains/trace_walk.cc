#include "foldmesh/hmm/domains/trace_walk.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

constexpr uint32_t kNodesKept = 16, kMostRowsKept = 2048;
constexpr size_t kExitSumsKept = size_t{1} << 18;
constexpr double kDraws = 4294967296.0;  // of which a draw is one

}  // namespace

TraceWalk::TraceWalk(const Profile& profile, const LengthModel& length, std::span<const SpecialRow> rows,
                     const RegionCells& cells)
    : profile_(profile), t_(profile.odds_transitions()), length_(length), rows_(rows), cells_(cells) {
  const int M = profile.M();
  match_cell_.resize(M + 1);
  delete_cell_.resize(M + 1);
  for (int k = 1; k <= M; ++k) {
    const int place = profile.float_tables().place(k);
    const auto q = static_cast<size_t>(place / Profile::kLanes);
    const auto r = static_cast<size_t>(place % Profile::kLanes);
    match_cell_[k] = static_cast<uint32_t>(q * cells.match_vector + r);
    delete_cell_[k] = static_cast<uint32_t>(q * cells.delete_vector + r);
  }
  match_cell_[0] = match_cell_[1];
  delete_cell_[0] = delete_cell_[1];
  const uint32_t n_rows = std::min(std::bit_ceil(static_cast<uint32_t>(rows.size())), kMostRowsKept);
  match_rows_mask_ = n_rows - 1;
  matches_.resize(static_cast<size_t>(n_rows) * kNodesKept);
  row_choices_.resize(rows.size());
  nodes_.resize(rows.size());
}

template <int n>
int TraceWalk::Choice<n>::pick(uint32_t x) const {
  int index = 0;
  for (uint64_t bound : below) index += x >= bound;  // bounds ascend
  return index;
}

// x / 2^32 < c, with a running share c of the weights, is x < ceil(c 2^32).
template <int n>
TraceWalk::Choice<n> TraceWalk::choice_of(const float (&weights)[n]) {
  float normed[n];
  std::copy_n(weights, n, normed);
  normalise(std::span<float>(normed));
  double norm = 0, sum = 0;
  for (float weight : normed) norm += weight;
  Choice<n> choice;
  for (int c = 0; c + 1 < n; ++c) {
    sum += normed[c];
    const double bound = std::ceil(sum / norm * kDraws);
    choice.below[c] = bound >= 0 ? static_cast<uint64_t>(std::min(bound, kDraws)) : 0;  // not a number: never
  }
  return choice;
}

std::span<const TraceDomain> TraceWalk::next(Lcg& rng) {
  domains_.clear();
  nodes_.clear();
  state_ = State::kC;
  i_ = static_cast<int>(rows_.size()) - 1;
  while (state_ != State::kN) step(rng);  // N leads to the start without a choice
  // Each residue has at most one node, so the nodes have not moved since they were written.
  std::reverse(domains_.begin(), domains_.end());
  return domains_;
}

void TraceWalk::step(Lcg& rng) {
  switch (state_) {
    case State::kM:
      return from_match(rng);
    case State::kI:
      return from_insert(rng);
    case State::kD:
      return from_delete(rng);
    case State::kC:
    case State::kJ:
      return from_flank(rng, state_);
    case State::kE:
      return choose_exit(rng);
    case State::kB:
      return from_begin(rng);
    case State::kN:
      return;
  }
}

void TraceWalk::lost(int i, int k) const {
  base::throw_internal("sampled alignment with '{}' left the matrix at residue {}, node {}",
                       profile_.core().name, i, k);
}

int TraceWalk::previous_row() const {
  if (i_ < 1) lost(i_, k_);
  return i_ - 1;
}

int TraceWalk::previous_node() const {
  if (k_ < 1) lost(i_, k_);
  return k_ - 1;
}

// C and J emit on their self-transition.
void TraceWalk::from_flank(Lcg& rng, State self) {
  const int previous = previous_row();
  RowChoices& row = row_choices_[i_];
  const bool is_c = self == State::kC;
  Choice<2>& choice = is_c ? row.c : row.j;
  bool& known = is_c ? row.has_c : row.has_j;
  if (!known) {
    const float stay = is_c ? rows_[previous].C : rows_[previous].J;
    const float leave = is_c ? length_.e_to_c : length_.e_to_j;
    choice = choice_of<2>({stay * length_.loop, rows_[i_].E * leave * rows_[i_].scale});
    known = true;
  }
  state_ = choice.pick(rng.next()) == 0 ? self : State::kE;
  if (state_ == self) --i_;
}

void TraceWalk::from_begin(Lcg& rng) {
  RowChoices& row = row_choices_[i_];
  if (!row.has_b) {
    row.b = choice_of<2>({rows_[i_].N * length_.move, rows_[i_].J * length_.move});
    row.has_b = true;
  }
  state_ = row.b.pick(rng.next()) == 0 ? State::kN : State::kJ;
}

// Follows the path as long as it stays in match states, which is most of the time.
void TraceWalk::from_match(Lcg& rng) {
  constexpr State kStates[] = {State::kB, State::kM, State::kI, State::kD};
  const auto row_of_cells = static_cast<uint64_t>(profile_.M() + 1);
  int i = i_, k = k_, pick = 1;
  Lcg draws = rng;
  while (pick == 1) {
    if (i < 1 || k < 1) lost(i, k);
    const uint64_t cell = static_cast<uint64_t>(i) * row_of_cells + k;
    MatchChoice& kept = matches_[(i & match_rows_mask_) * kNodesKept + (k & (kNodesKept - 1))];
    const int row = i - 1, before = k - 1;
    if (kept.cell != cell) {
      kept.cell = cell;
      kept.choice = choice_of<4>({rows_[row].B * t_.bm[k], m(row, before) * t_.mm[k],
                                  ins(row, before) * t_.im[k], d(row, before) * t_.dm[k]});
    }
    pick = kept.choice.pick(draws.next());
    if (pick == 0) break;  // the domain begins with this match
    i = row;
    k = before;
    if (pick == 1) nodes_.push_back(k);
  }
  rng = draws;
  state_ = kStates[pick];
  TraceDomain& domain = domains_.back();
  if (pick == 0) {
    domain.seq_from = i;
    domain.hmm_from = k;
    const size_t first = static_cast<size_t>(domain.nodes.data() - nodes_.data());
    domain.nodes = std::span<const int>(nodes_).subspan(first);
    --i;
    --k;
  } else if (pick == 2) {
    nodes_.push_back(k);
  }
  i_ = i;
  k_ = k;
}

// The last match of a domain comes first; its nodes are counted from there, and the first match is known when
// the domain begins.
void TraceWalk::visit_match() {
  TraceDomain& domain = domains_.back();
  if (domain.seq_to == 0) {
    domain.seq_to = i_;
    domain.hmm_to = k_;
  }
  nodes_.push_back(k_);
}

void TraceWalk::from_insert(Lcg& rng) {
  const int row = previous_row();
  const Choice<2> choice = choice_of<2>({m(row, k_) * t_.mi[k_], ins(row, k_) * t_.ii[k_]});
  state_ = choice.pick(rng.next()) == 0 ? State::kM : State::kI;
  i_ = row;
  if (state_ == State::kM) {
    visit_match();
  } else {
    nodes_.push_back(k_);
  }
}

void TraceWalk::from_delete(Lcg& rng) {
  k_ = previous_node();
  const Choice<2> choice = choice_of<2>({m(i_, k_) * t_.md[k_], d(i_, k_) * t_.dd[k_]});
  state_ = choice.pick(rng.next()) == 0 ? State::kM : State::kD;
  if (state_ == State::kM) visit_match();
}

// Adds the cells of vector q in the reference's order, the match lanes, then the delete lanes; stops at the
// first cell at which the sum exceeds `roll` and returns its place, or 8.
int TraceWalk::add_exits(int q, float inverse, double roll, double& sum) const {
  const size_t row = row_of(i_);
  const float* match = cells_.match + row * cells_.match_row + q * cells_.match_vector;
  const float* deletes = cells_.deletes + row * cells_.deletes_row + q * cells_.delete_vector;
  int place = 0;
  for (const float* lanes : {match, deletes}) {
    for (int r = 0; r < Profile::kLanes; ++r, ++place) {
      sum += lanes[r] * inverse;
      if (roll < sum) return place;
    }
  }
  return place;
}

// Running sums over the vectors of row i_.
const std::vector<double>& TraceWalk::exit_sums(float inverse) {
  int& index = row_choices_[i_].exit;
  if (index >= 0) return exits_[index];
  if (exit_rows_.size() * profile_.Q() > kExitSumsKept) {
    for (int row : exit_rows_) row_choices_[row].exit = -1;
    exit_rows_.clear();
  }
  index = static_cast<int>(exit_rows_.size());
  exit_rows_.push_back(i_);
  if (exits_.size() < exit_rows_.size()) exits_.emplace_back();
  std::vector<double>& sums = exits_[index];
  sums.resize(profile_.Q());
  double sum = 0;
  for (int q = 0; q < profile_.Q(); ++q) {
    add_exits(q, inverse, std::numeric_limits<double>::infinity(), sum);
    sums[q] = sum;
  }
  return sums;
}

// Picks the match or delete state that the domain leaves from. Rounding may leave the sum of all cells short
// of the draw: then it goes on from the first cell.
void TraceWalk::choose_exit(Lcg& rng) {
  constexpr int kPlaces = 2 * Profile::kLanes;
  const float inverse = static_cast<float>(1.0 / rows_[i_].E);
  const std::vector<double>& sums = exit_sums(inverse);
  const double roll = rng.uniform();
  int q = static_cast<int>(std::upper_bound(sums.begin(), sums.end(), roll) - sums.begin());
  double sum = q == 0 ? 0.0 : sums[q - 1];
  if (q == profile_.Q()) {
    if (!(sum > 0)) lost(i_, k_);
    q = 0;
  }
  int place = add_exits(q, inverse, roll, sum);
  while (place == kPlaces) {
    q = q + 1 < profile_.Q() ? q + 1 : 0;
    place = add_exits(q, inverse, roll, sum);
  }
  state_ = place < Profile::kLanes ? State::kM : State::kD;
  k_ = (place % Profile::kLanes) * profile_.Q() + q + 1;
  domains_.push_back({});
  domains_.back().nodes = std::span<const int>(nodes_.data() + nodes_.size(), 0);
  if (state_ == State::kM) visit_match();
}

}  // namespace foldmesh::hmm
