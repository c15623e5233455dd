// The way back through an optimal-accuracy matrix, whatever its memory layout.
#ifndef FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_
#define FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Walks back through the one domain that a unihit path has. `Choices` knows where the values of the fill came
// from, with the reference's preferences among equals:
//   int exit_row()                      the residue after which the path leaves the model, or 0
//   bool find_exit(i, state, k)         the state and node it leaves from; false if there is none
//   int into_match(i, k)                0: from a match, 1: an insert, 2: a deletion, 3: the begin state
//   bool delete_from_match(i, k), bool insert_from_match(i, k)
//   float match_posterior(i, k), float insert_posterior(i, k)
// Returns the steps from the first match to the last; none if no path exists.
template <typename Choices>
std::vector<AlignmentStep> trace_accuracy(const Choices& choices) {
  std::vector<AlignmentStep> steps;  // from the last to the first
  int i = choices.exit_row(), k = 0;
  AlignmentState state = AlignmentState::kMatch;
  if (i < 1 || !choices.find_exit(i, state, k)) return {};
  bool inside = true;
  while (inside) {
    if (i < 1 || k < 1) return {};
    if (state == AlignmentState::kMatch) {
      steps.push_back({state, k, i, choices.match_posterior(i, k)});
      const int from = choices.into_match(i, k);
      inside = from != 3;
      constexpr AlignmentState kStates[] = {AlignmentState::kMatch, AlignmentState::kInsert,
                                            AlignmentState::kDelete, AlignmentState::kMatch};
      state = kStates[from];
      --i;
      --k;
    } else if (state == AlignmentState::kDelete) {
      steps.push_back({state, k, i, 0.0f});
      state = choices.delete_from_match(i, k) ? AlignmentState::kMatch : AlignmentState::kDelete;
      --k;
    } else {
      steps.push_back({state, k, i, choices.insert_posterior(i, k)});
      state = choices.insert_from_match(i, k) ? AlignmentState::kMatch : AlignmentState::kInsert;
      --i;
    }
  }
  const auto is_match = [](const AlignmentStep& step) { return step.state == AlignmentState::kMatch; };
  steps.erase(steps.begin(), std::find_if(steps.begin(), steps.end(), is_match));
  std::reverse(steps.begin(), steps.end());
  return steps;
}

// Where the path leaves C for E, by special states: 0 if it never does. Stays in C only if that is strictly
// better. `posteriors`: C's.
inline int accuracy_exit_row(const LengthModel& length, std::span<const SpecialRow> values,
                             std::span<const SpecialRow> posteriors) {
  constexpr float kImpossible = -std::numeric_limits<float>::infinity();
  int i = static_cast<int>(values.size()) - 1;
  while (i >= 1) {
    const float stay = length.loop > 0 ? values[i - 1].C + posteriors[i].C : kImpossible;
    if (!(stay > (length.e_to_c > 0 ? values[i].E : kImpossible))) break;
    --i;
  }
  return i;
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_ACCURACY_TRACEBACK_H_
