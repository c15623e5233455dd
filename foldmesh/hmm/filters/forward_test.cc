// Forward, Backward and posteriors against a double-precision Forward without rescaling, on models of sizes
// around multiples of the lane count.
#include "foldmesh/hmm/filters/forward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/golden_data.h"
#include "foldmesh/hmm/lcg.h"

namespace foldmesh::hmm {
namespace {

using Keep = DpMatrix::Keep;

std::vector<bio::Code> random_residues(uint32_t seed, int n) {
  Lcg rng(seed);
  std::vector<bio::Code> residues(n);
  BackgroundSampler().sample(rng, residues);
  return residues;
}

Profile profile_of(const std::vector<bio::Code>& residues) {
  return Profile(build_from_sequence({"q", "", "", bio::textize(residues.data(), residues.size())}));
}

// The textbook recursion. Fit for short targets only: odds are not rescaled.
double plain_forward(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const int M = profile.M();
  std::vector<double> m(M + 1), ins(M + 1), d(M + 1);
  double N = 1, J = 0, C = 0, B = length.move;
  for (bio::Code x : target) {
    std::vector<double> new_m(M + 1), new_i(M + 1), new_d(M + 1);
    double E = 0;
    for (int k = 1; k <= M; ++k) {
      new_m[k] = (B * t.bm[k] + m[k - 1] * t.mm[k] + ins[k - 1] * t.im[k] + d[k - 1] * t.dm[k]) *
                 static_cast<double>(profile.match_odds(x)[k]);
      new_i[k] = m[k] * t.mi[k] + ins[k] * t.ii[k];
      new_d[k] = new_m[k - 1] * t.md[k - 1] + new_d[k - 1] * t.dd[k - 1];
      E += new_m[k] + new_d[k];
    }
    N *= length.loop;
    J = J * length.loop + E * length.e_to_j;
    C = C * length.loop + E * length.e_to_c;
    B = (N + J) * length.move;
    m = new_m;
    ins = new_i;
    d = new_d;
  }
  return std::log(C * length.move);
}

void expect_consistent(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target) {
  DpMatrix forward, backward;
  const float score = forward_ref(profile, length, target, Keep::kAll, forward);
  const float back = backward_ref(profile, length, target, forward, Keep::kAll, backward);
  EXPECT_NEAR(back, score, 1e-4 + 5e-6 * std::abs(score));

  // The parsers do the same arithmetic.
  DpMatrix forward_parser, backward_parser;
  EXPECT_EQ(forward_ref(profile, length, target, Keep::kSpecials, forward_parser), score);
  EXPECT_EQ(backward_ref(profile, length, target, forward_parser, Keep::kSpecials, backward_parser), back);

  // Each residue is emitted by some state.
  ASSERT_TRUE(decode_posteriors_ref(profile, length, forward, backward));
  for (int i = 1; i <= static_cast<int>(target.size()); ++i) {
    const SpecialRow& flanks = backward.specials[i];
    double sum = flanks.N + flanks.J + flanks.C;
    for (int k = 1; k <= profile.M(); ++k) sum += backward.m(i)[k] + backward.i(i)[k];
    EXPECT_NEAR(sum, 1.0, 1e-4) << i;
  }
}

TEST(Forward, EqualsPlainRecursion) {
  DpMatrix forward;
  for (int M : {1, 2, 3, 4, 5, 7, 8, 9, 12, 33, 99, 100, 101}) {
    SCOPED_TRACE(M);
    const Profile profile = profile_of(random_residues(static_cast<uint32_t>(M), M));
    for (int L : {1, 2, 5, 40}) {
      SCOPED_TRACE(L);
      const std::vector<bio::Code> target = random_residues(1000u + static_cast<uint32_t>(L), L);
      for (const LengthModel& length :
           {LengthModel::multihit(L), LengthModel::unihit(L), LengthModel::unihit(500)}) {
        const float score = forward_ref(profile, length, target, Keep::kSpecials, forward);
        const double plain = plain_forward(profile, length, target);
        EXPECT_NEAR(score, plain, 1e-5 + 1e-6 * std::abs(plain));
        expect_consistent(profile, length, target);
      }
    }
  }
}

TEST(Forward, LongDeletionsCrossLanes) {
  // The target is the query without its middle, so the best path deletes across all four lanes of a short
  // model.
  std::vector<bio::Code> query = random_residues(5, 24), target = query;
  target.erase(target.begin() + 3, target.begin() + 20);
  const Profile profile = profile_of(query);
  DpMatrix forward;
  for (int L : {7, 100}) {
    const LengthModel length = LengthModel::unihit(L);
    EXPECT_NEAR(forward_ref(profile, length, target, Keep::kSpecials, forward),
                plain_forward(profile, length, target), 2e-6);
  }
}

// Two full copies scored as one domain: Forward's odds grow along the first copy, Backward's along the
// second.
struct TwoCopies {
  explicit TwoCopies(int M) : target(random_residues(11, M)), profile(profile_of(target)) {
    target.resize(2 * target.size());
    std::copy_n(target.begin(), M, target.begin() + M);
    length = LengthModel::unihit(2 * M);
    forward_ref(profile, length, target, Keep::kAll, forward);
    backward_ref(profile, length, target, forward, Keep::kAll, backward);
  }
  std::vector<bio::Code> target;
  Profile profile;
  LengthModel length;
  DpMatrix forward, backward;
};

TEST(Backward, TakesItsOwnScalesWhereForwardsAreTooSmall) {
  TwoCopies copies(35);
  EXPECT_TRUE(copies.backward.own_scales);
  expect_consistent(copies.profile, copies.length, copies.target);
}

TEST(Backward, PosteriorsBeyondTheNumberRangeAreReported) {
  TwoCopies copies(150);
  EXPECT_FALSE(decode_posteriors_ref(copies.profile, copies.length, copies.forward, copies.backward));
}

TEST(Forward, TargetWithoutAnyPathHasNoScore) {
  const Profile profile = profile_of(random_residues(3, 20));
  const std::vector<bio::Code> stops(5, bio::kStop);
  DpMatrix forward;
  const float score = forward_ref(profile, LengthModel::multihit(5), stops, Keep::kSpecials, forward);
  EXPECT_EQ(score, -std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace foldmesh::hmm
