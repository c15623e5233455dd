// The fill written plainly; the definition that envelope_scores.cc is tested against.
#include <algorithm>
#include <array>
#include <limits>

#include "foldmesh/hmm/domains/accuracy_traceback.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"

namespace foldmesh::hmm {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();

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

void fill(const Profile& profile, const LengthModel& length, const DpMatrix& posterior, DpMatrix& values) {
  values.reshape(profile, posterior.L(), DpMatrix::Keep::kAll);
  std::fill_n(values.m(0), 3 * profile.row_size(), kImpossible);
  SpecialRow& first = values.specials[0];
  first.E = first.J = first.C = kImpossible;
  for (int i = 1; i <= posterior.L(); ++i) {
    fill_row(profile, posterior, i, values);
    fill_accuracy_flanks(length, posterior.specials[i], values.specials[i - 1], values.specials[i]);
  }
}

// In the traceback a forbidden transition is left out.
float followed(float transition, float value) { return transition > 0 ? value : kImpossible; }

// Finds out from the values of the fill where they came from.
struct MatrixChoices {
  const Profile& profile;
  const LengthModel& length;
  const DpMatrix& posterior;
  const DpMatrix& values;
  const TransitionTable<float>& t = profile.odds_transitions();

  int exit_row() const { return accuracy_exit_row(length, values.specials, posterior.specials); }

  // The best match or delete cell of the row. Scanned in the reference's vector order, where the last of
  // equal match cells wins and a match wins over an equal delete.
  bool find_exit(int i, AlignmentState& state, int& k_best) const {
    const float *m = values.m(i), *d = values.d(i);
    float best = kImpossible;
    for (int q = 0; q < profile.Q(); ++q) {
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile.Q() + q + 1;
        if (k > profile.M() || !(m[k] >= best)) continue;
        best = m[k];
        state = AlignmentState::kMatch;
        k_best = k;
      }
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * profile.Q() + q + 1;
        if (k > profile.M() || !(d[k] > best)) continue;
        best = d[k];
        state = AlignmentState::kDelete;
        k_best = k;
      }
    }
    return best > kImpossible;
  }

  int into_match(int i, int k) const {
    const std::array<float, 4> value = {
        followed(t.mm[k], values.m(i - 1)[k - 1]), followed(t.im[k], values.i(i - 1)[k - 1]),
        followed(t.dm[k], values.d(i - 1)[k - 1]), followed(t.bm[k], values.specials[i - 1].B)};
    return static_cast<int>(std::max_element(value.begin(), value.end()) - value.begin());
  }
  bool delete_from_match(int i, int k) const {
    return followed(t.md[k - 1], values.m(i)[k - 1]) >= followed(t.dd[k - 1], values.d(i)[k - 1]);
  }
  bool insert_from_match(int i, int k) const {
    return followed(t.mi[k], values.m(i - 1)[k]) >= followed(t.ii[k], values.i(i - 1)[k]);
  }
  float match_posterior(int i, int k) const { return posterior.m(i)[k]; }
  float insert_posterior(int i, int k) const { return posterior.i(i)[k]; }
};

}  // namespace

OptimalAlignment optimal_accuracy_alignment_ref(const Profile& profile, const LengthModel& length,
                                                const DpMatrix& posterior, DpMatrix& values) {
  fill(profile, length, posterior, values);
  OptimalAlignment result;
  result.expected_accuracy = values.specials[posterior.L()].C;
  result.steps = trace_accuracy(MatrixChoices{profile, length, posterior, values});
  return result;
}

}  // namespace foldmesh::hmm
