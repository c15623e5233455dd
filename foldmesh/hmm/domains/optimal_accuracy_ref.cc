// The fill written plainly; the definition that envelope_scores.cc is tested against.
#include <algorithm>
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

struct MatrixCells {
  const DpMatrix& posterior;
  const DpMatrix& values;
  float m(int i, int k) const { return values.m(i)[k]; }
  float i(int i, int k) const { return values.i(i)[k]; }
  float d(int i, int k) const { return values.d(i)[k]; }
  float begin(int i) const { return values.specials[i].B; }
  float end(int i) const { return values.specials[i].E; }
  float flank(int i) const { return values.specials[i].C; }
  float flank_posterior(int i) const { return posterior.specials[i].C; }
  float match_posterior(int i, int k) const { return posterior.m(i)[k]; }
  float insert_posterior(int i, int k) const { return posterior.i(i)[k]; }
};

}  // namespace

OptimalAlignment optimal_accuracy_alignment_ref(const Profile& profile, const LengthModel& length,
                                                const DpMatrix& posterior, DpMatrix& values) {
  fill(profile, length, posterior, values);
  OptimalAlignment result;
  result.expected_accuracy = values.specials[posterior.L()].C;
  result.steps = AccuracyTraceback<MatrixCells>(profile, length, posterior.L(), {posterior, values}).run();
  return result;
}

}  // namespace foldmesh::hmm
