// null2 odds written plainly; the definition that faster versions are tested against.
#include <algorithm>

#include "foldmesh/hmm/domains/null2.h"

namespace foldmesh::hmm {
namespace {

// Mean odds of each residue over the states in use: nodes weighted by `match`, plus `insert` (or nothing) and
// `other` for states that emit like the background. Sums in the order of the reference's vectors, see
// filters/forward_ref.cc.
Null2Odds mean_odds(const Profile& profile, const float* match, const float* insert, float other) {
  Null2Odds odds;
  odds.fill(1.0f);
  const int Q = profile.Q();
  for (bio::Code a = 0; a < bio::kNumCanonical; ++a) {
    const float* emission = profile.match_odds(a);
    std::array<float, Profile::kLanes> sum{};
    for (int q = 0; q < Q; ++q) {
      for (int r = 0; r < Profile::kLanes; ++r) {
        const int k = r * Q + q + 1;
        sum[r] += match[k] * emission[k];
        if (insert) sum[r] += insert[k];
      }
    }
    odds[a] = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + other;
  }
  set_degenerate_odds(odds);
  return odds;
}

}  // namespace

Null2Odds null2_by_expectation_ref(const Profile& profile, DpMatrix& posterior) {
  const int L = posterior.L(), n = profile.row_size();
  float *m = posterior.m(0), *ins = posterior.i(0);
  SpecialRow& flanks = posterior.specials[0];
  std::copy_n(posterior.m(1), n, m);
  std::copy_n(posterior.i(1), n, ins);
  flanks = posterior.specials[1];
  for (int i = 2; i <= L; ++i) {
    const float *row_m = posterior.m(i), *row_i = posterior.i(i);
    for (int k = 1; k < n; ++k) {
      m[k] += row_m[k];
      ins[k] += row_i[k];
    }
    flanks.N += posterior.specials[i].N;
    flanks.C += posterior.specials[i].C;
    flanks.J += posterior.specials[i].J;
  }
  const float norm = static_cast<float>(1.0 / static_cast<float>(L));
  for (int k = 1; k < n; ++k) {
    m[k] *= norm;
    ins[k] *= norm;
  }
  return mean_odds(profile, m, ins, (flanks.N * norm + flanks.C * norm) + flanks.J * norm);
}

Null2Odds null2_by_trace_ref(const Profile& profile, const SampledDomain& domain,
                             std::vector<float>& counts) {
  counts.assign(profile.row_size(), 0.0f);
  for (int k : domain.emitting) counts[k] += 1.0f;
  const float norm = static_cast<float>(1.0 / static_cast<float>(domain.emitting.size()));
  for (float& count : counts) count *= norm;
  return mean_odds(profile, counts.data(), nullptr, 0.0f);
}

}  // namespace foldmesh::hmm
