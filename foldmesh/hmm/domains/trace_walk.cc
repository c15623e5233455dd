#include "foldmesh/hmm/domains/trace_walk.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

constexpr uint32_t kNodesKept = 8, kMostRowsKept = 2048;
constexpr size_t kExitsKept = 32;
constexpr double kDraws = 4294967296.0;  // of which a draw is one

}  // namespace

TraceWalk::TraceWalk(const Profile& profile, const LengthModel& length, std::span<const SpecialRow> rows,
                     const RegionCells& cells)
    : profile_(profile), t_(profile.odds_transitions()), length_(length), rows_(rows), cells_(cells) {
  const int M = profile.M(), Q = profile.Q();
  match_cell_.resize(M + 1);
  delete_cell_.resize(M + 1);
  for (int k = 1; k <= M; ++k) {
    const auto q = static_cast<size_t>((k - 1) % Q), r = static_cast<size_t>((k - 1) / Q);
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

void TraceWalk::lost() const {
  base::throw_internal("sampled alignment with '{}' left the matrix at residue {}, node {}",
                       profile_.core().name, i_, k_);
}

int TraceWalk::previous_row() const {
  if (i_ < 1) lost();
  return i_ - 1;
}

int TraceWalk::previous_node() const {
  if (k_ < 1) lost();
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

// Walking back, so the first match state seen is the last of the domain.
void TraceWalk::visit_match() {
  TraceDomain& domain = domains_.back();
  if (domain.seq_to == 0) {
    domain.seq_to = i_;
    domain.hmm_to = k_;
  }
  domain.seq_from = i_;
  domain.hmm_from = k_;
  nodes_.push_back(k_);
}

void TraceWalk::from_match(Lcg& rng) {
  const int row = previous_row(), k = previous_node();
  const uint64_t cell = static_cast<uint64_t>(i_) * (profile_.M() + 1) + k_;
  MatchChoice& kept = matches_[(i_ & match_rows_mask_) * kNodesKept + (k_ & (kNodesKept - 1))];
  if (kept.cell != cell) {
    kept.cell = cell;
    kept.choice = choice_of<4>(
        {rows_[row].B * t_.bm[k_], m(row, k) * t_.mm[k_], ins(row, k) * t_.im[k_], d(row, k) * t_.dm[k_]});
  }
  constexpr State kStates[] = {State::kB, State::kM, State::kI, State::kD};
  state_ = kStates[kept.choice.pick(rng.next())];
  i_ = row;
  k_ = k;
  if (state_ == State::kM) {
    visit_match();
  } else if (state_ == State::kI) {
    nodes_.push_back(k_);
  } else if (state_ == State::kB) {
    TraceDomain& domain = domains_.back();
    const size_t first = static_cast<size_t>(domain.nodes.data() - nodes_.data());
    domain.nodes = std::span<const int>(nodes_).subspan(first);
  }
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

// Running sums over the cells of a row in the reference's order: vector by vector, and in each the match
// lanes, then the delete lanes.
const std::vector<double>& TraceWalk::exit_sums(int i) {
  int& index = row_choices_[i].exit;
  if (index >= 0) return exits_[index];
  if (exit_rows_.size() == kExitsKept) {
    for (int row : exit_rows_) row_choices_[row].exit = -1;
    exit_rows_.clear();
  }
  index = static_cast<int>(exit_rows_.size());
  exit_rows_.push_back(i);
  if (exits_.size() < exit_rows_.size()) exits_.emplace_back();
  std::vector<double>& sums = exits_[index];
  sums.clear();
  const float inverse = static_cast<float>(1.0 / rows_[i].E);
  double sum = 0;
  for (int q = 0; q < profile_.Q(); ++q) {
    const float* match = cells_.match + i * cells_.match_row + q * cells_.match_vector;
    const float* deletes = cells_.deletes + i * cells_.deletes_row + q * cells_.delete_vector;
    for (const float* lanes : {match, deletes}) {
      for (int r = 0; r < Profile::kLanes; ++r) sums.push_back(sum += lanes[r] * inverse);
    }
  }
  return sums;
}

// Picks the match or delete state that the domain leaves from. Rounding may leave the sum of all cells short
// of the draw: then it goes on from the first cell.
void TraceWalk::choose_exit(Lcg& rng) {
  const std::vector<double>& sums = exit_sums(i_);
  const double roll = rng.uniform();
  const double total = sums.back();
  size_t place = static_cast<size_t>(std::upper_bound(sums.begin(), sums.end(), roll) - sums.begin());
  if (place == sums.size()) {
    if (!(total > 0)) lost();
    const float inverse = static_cast<float>(1.0 / rows_[i_].E);
    double sum = total;
    do {
      place = place + 1 < sums.size() ? place + 1 : 0;
      const size_t q = place / (2 * Profile::kLanes), lane = place % (2 * Profile::kLanes);
      const float* cells =
          lane < Profile::kLanes
              ? cells_.match + i_ * cells_.match_row + q * cells_.match_vector + lane
              : cells_.deletes + i_ * cells_.deletes_row + q * cells_.delete_vector + lane - Profile::kLanes;
      sum += *cells * inverse;
    } while (!(roll < sum));
  }
  const int q = static_cast<int>(place) / (2 * Profile::kLanes);
  const int lane = static_cast<int>(place) % (2 * Profile::kLanes);
  state_ = lane < Profile::kLanes ? State::kM : State::kD;
  k_ = (lane % Profile::kLanes) * profile_.Q() + q + 1;
  domains_.push_back({});
  domains_.back().nodes = std::span<const int>(nodes_.data() + nodes_.size(), 0);
  if (state_ == State::kM) visit_match();
}

}  // namespace foldmesh::hmm
