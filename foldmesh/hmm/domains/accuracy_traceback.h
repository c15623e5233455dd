// The way back through an optimal-accuracy matrix, whatever its memory layout.
#ifndef FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_
#define FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Walks back through the one domain that a unihit path has. Ties follow the reference's preferences. `Cells`
// gives the values of the fill (m, i, d of residue and node; begin, end, flank: the states B, E, C) and the
// posteriors.
template <typename Cells>
class AccuracyTraceback {
 public:
  AccuracyTraceback(const Profile& profile, const LengthModel& length, int L, const Cells& cells)
      : t_(profile.odds_transitions()), profile_(profile), length_(length), cells_(cells), i_(L) {}

  // From the first match to the last; empty if no path exists.
  std::vector<AlignmentStep> run() {
    std::vector<AlignmentStep> steps = walk();
    const auto is_match = [](const AlignmentStep& step) { return step.state == AlignmentState::kMatch; };
    steps.erase(steps.begin(), std::find_if(steps.begin(), steps.end(), is_match));
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

 private:
  static constexpr float kImpossible = -std::numeric_limits<float>::infinity();

  // A forbidden transition is left out.
  static float followed(float transition, float value) { return transition > 0 ? value : kImpossible; }

  // From the last step to the first.
  std::vector<AlignmentStep> walk() {
    while (stays_in_c()) --i_;
    if (i_ < 1 || !find_exit()) return {};
    std::vector<AlignmentStep> steps;
    bool inside = true;
    while (inside) {
      if (i_ < 1 || k_ < 1) return {};
      steps.push_back({state_, k_, i_, step_posterior()});
      if (state_ == AlignmentState::kMatch) {
        inside = from_match();
      } else if (state_ == AlignmentState::kDelete) {
        from_delete();
      } else {
        from_insert();
      }
    }
    return steps;
  }

  bool stays_in_c() const {
    if (i_ < 1) return false;
    const float stay = followed(length_.loop, cells_.flank(i_ - 1) + cells_.flank_posterior(i_));
    return stay > followed(length_.e_to_c, cells_.end(i_));
  }

  // The best match or delete cell of the row. Scanned in the reference's vector order, where the last of
  // equal match cells wins and a match wins over an equal delete.
  bool find_exit() {
    float best = kImpossible;
    for (int q = 0; q < profile_.Q(); ++q) {
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile_.Q() + q + 1;
        if (k <= profile_.M() && cells_.m(i_, k) >= best) {
          best = cells_.m(i_, k);
          state_ = AlignmentState::kMatch;
          k_ = k;
        }
      }
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile_.Q() + q + 1;
        if (k <= profile_.M() && cells_.d(i_, k) > best) {
          best = cells_.d(i_, k);
          state_ = AlignmentState::kDelete;
          k_ = k;
        }
      }
    }
    return best > kImpossible;
  }

  float step_posterior() const {
    if (state_ == AlignmentState::kMatch) return cells_.match_posterior(i_, k_);
    if (state_ == AlignmentState::kInsert) return cells_.insert_posterior(i_, k_);
    return 0.0f;
  }

  // False when the domain begins here.
  bool from_match() {
    const int row = i_ - 1, k = k_ - 1;
    const std::array<float, 4> value = {
        followed(t_.mm[k_], cells_.m(row, k)), followed(t_.im[k_], cells_.i(row, k)),
        followed(t_.dm[k_], cells_.d(row, k)), followed(t_.bm[k_], cells_.begin(row))};
    const auto best = std::max_element(value.begin(), value.end()) - value.begin();  // the first of equals
    if (best == 3) return false;
    constexpr AlignmentState kStates[] = {AlignmentState::kMatch, AlignmentState::kInsert,
                                          AlignmentState::kDelete};
    state_ = kStates[best];
    i_ = row;
    k_ = k;
    return true;
  }

  void from_delete() {
    const int k = k_ - 1;
    const bool match = followed(t_.md[k], cells_.m(i_, k)) >= followed(t_.dd[k], cells_.d(i_, k));
    state_ = match ? AlignmentState::kMatch : AlignmentState::kDelete;
    k_ = k;
  }

  void from_insert() {
    const int row = i_ - 1;
    const bool match = followed(t_.mi[k_], cells_.m(row, k_)) >= followed(t_.ii[k_], cells_.i(row, k_));
    state_ = match ? AlignmentState::kMatch : AlignmentState::kInsert;
    i_ = row;
  }

  const TransitionTable<float>& t_;
  const Profile& profile_;
  const LengthModel& length_;
  const Cells cells_;
  AlignmentState state_ = AlignmentState::kMatch;
  int i_, k_ = 0;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_
