#include "foldmesh/hmm/domains/optimal_accuracy.h"

#include <algorithm>
#include <array>
#include <limits>

namespace foldmesh::hmm {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();

// In the fill a forbidden transition offers 0 instead of being left out; sums of posteriors are never below
// that.
float offered(float transition, float value) { return transition > 0 ? value : 0.0f; }
// In the traceback it is impossible.
float followed(float transition, float value) { return transition > 0 ? value : kImpossible; }

void fill_row(const Profile& profile, const DpMatrix& posterior, int i, DpMatrix& values) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const float begin = values.specials[i - 1].B;
  const float *pm = values.m(i - 1), *pi = values.i(i - 1), *pd = values.d(i - 1);
  float *m = values.m(i), *ins = values.i(i), *d = values.d(i);
  m[0] = ins[0] = d[0] = d[1] = kImpossible;
  float end = kImpossible;
  for (int k = 1; k <= profile.M(); ++k) {
    const float from_begin_or_match = std::max(offered(t.bm[k], begin), offered(t.mm[k], pm[k - 1]));
    const float from_gap = std::max(offered(t.im[k], pi[k - 1]), offered(t.dm[k], pd[k - 1]));
    m[k] = std::max(from_begin_or_match, from_gap) + posterior.m(i)[k];
    ins[k] = std::max(offered(t.mi[k], pm[k]), offered(t.ii[k], pi[k])) + posterior.i(i)[k];
    if (k > 1) d[k] = std::max(offered(t.md[k - 1], m[k - 1]), offered(t.dd[k - 1], d[k - 1]));
    end = std::max(end, std::max(m[k], d[k]));
  }
  values.specials[i].E = end;
}

void fill_specials(const LengthModel& length, const SpecialRow& posterior, const SpecialRow& previous,
                   SpecialRow& row) {
  row.J = std::max(offered(length.loop, previous.J + posterior.J), offered(length.e_to_j, row.E));
  row.C = std::max(offered(length.loop, previous.C + posterior.C), offered(length.e_to_c, row.E));
  row.N = offered(length.loop, previous.N + posterior.N);
  row.B = std::max(offered(length.move, row.N), offered(length.move, row.J));
}

void fill(const Profile& profile, const LengthModel& length, const DpMatrix& posterior, DpMatrix& values) {
  values.reshape(profile, posterior.L(), DpMatrix::Keep::kAll);
  std::fill_n(values.m(0), 3 * profile.row_size(), kImpossible);
  SpecialRow& first = values.specials[0];
  first.E = first.J = first.C = kImpossible;
  for (int i = 1; i <= posterior.L(); ++i) {
    fill_row(profile, posterior, i, values);
    fill_specials(length, posterior.specials[i], values.specials[i - 1], values.specials[i]);
  }
}

// Walks back through the one domain that a unihit path has. Ties follow the reference's preferences.
class Traceback {
 public:
  Traceback(const Profile& profile, const LengthModel& length, const DpMatrix& posterior,
            const DpMatrix& values)
      : t_(profile.odds_transitions()),
        profile_(profile),
        length_(length),
        posterior_(posterior),
        values_(values),
        i_(posterior.L()) {}

  // Steps from last to first; empty if no path exists.
  std::vector<AlignmentStep> run() {
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

 private:
  bool stays_in_c() const {
    if (i_ < 1) return false;
    const float stay = followed(length_.loop, values_.specials[i_ - 1].C + posterior_.specials[i_].C);
    return stay > followed(length_.e_to_c, values_.specials[i_].E);
  }

  // The best match or delete cell of the row. Scanned in the reference's vector order, where the last of
  // equal match cells wins and a match wins over an equal delete.
  bool find_exit() {
    const float *m = values_.m(i_), *d = values_.d(i_);
    float best = kImpossible;
    for (int q = 0; q < profile_.Q(); ++q) {
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile_.Q() + q + 1;
        if (k <= profile_.M() && m[k] >= best) {
          best = m[k];
          state_ = AlignmentState::kMatch;
          k_ = k;
        }
      }
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile_.Q() + q + 1;
        if (k <= profile_.M() && d[k] > best) {
          best = d[k];
          state_ = AlignmentState::kDelete;
          k_ = k;
        }
      }
    }
    return best > kImpossible;
  }

  float step_posterior() const {
    if (state_ == AlignmentState::kMatch) return posterior_.m(i_)[k_];
    if (state_ == AlignmentState::kInsert) return posterior_.i(i_)[k_];
    return 0.0f;
  }

  // False when the domain begins here.
  bool from_match() {
    const int row = i_ - 1, k = k_ - 1;
    const std::array<float, 4> value = {
        followed(t_.mm[k_], values_.m(row)[k]), followed(t_.im[k_], values_.i(row)[k]),
        followed(t_.dm[k_], values_.d(row)[k]), followed(t_.bm[k_], values_.specials[row].B)};
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
    const bool match = followed(t_.md[k], values_.m(i_)[k]) >= followed(t_.dd[k], values_.d(i_)[k]);
    state_ = match ? AlignmentState::kMatch : AlignmentState::kDelete;
    k_ = k;
  }

  void from_insert() {
    const int row = i_ - 1;
    const bool match = followed(t_.mi[k_], values_.m(row)[k_]) >= followed(t_.ii[k_], values_.i(row)[k_]);
    state_ = match ? AlignmentState::kMatch : AlignmentState::kInsert;
    i_ = row;
  }

  const TransitionTable<float>& t_;
  const Profile& profile_;
  const LengthModel& length_;
  const DpMatrix& posterior_;
  const DpMatrix& values_;
  AlignmentState state_ = AlignmentState::kMatch;
  int i_, k_ = 0;
};

}  // namespace

OptimalAlignment optimal_accuracy_alignment(const Profile& profile, const LengthModel& length,
                                            const DpMatrix& posterior, DpMatrix& values) {
  fill(profile, length, posterior, values);
  OptimalAlignment result;
  result.expected_accuracy = values.specials[posterior.L()].C;
  result.steps = Traceback(profile, length, posterior, values).run();
  const auto is_match = [](const AlignmentStep& step) { return step.state == AlignmentState::kMatch; };
  auto& steps = result.steps;  // from last to first still
  steps.erase(steps.begin(), std::find_if(steps.begin(), steps.end(), is_match));
  std::reverse(steps.begin(), steps.end());
  return result;
}

}  // namespace foldmesh::hmm
