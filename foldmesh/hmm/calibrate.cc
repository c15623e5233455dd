// E-value parameters by simulation: scores of random sequences, one after the other for the three score
// types, from one stream of random numbers. Source: Eddy 2008 (distributions, edge correction of lambda).
#include <cmath>
#include <vector>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/calibration.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/filters/msv.h"
#include "foldmesh/hmm/filters/viterbi.h"
#include "foldmesh/hmm/lcg.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

constexpr int kSamples = 200;
constexpr int kFilterLength = 200, kForwardLength = 100;  // residues of a random sequence
constexpr double kTail = 0.04;  // share of Forward scores taken as the exponential tail

// Bit scores of random sequences; score(target) is in nats.
template <typename Score>
std::vector<double> simulate(Lcg& rng, int length, Score score) {
  const BackgroundSampler sampler;
  const float null = null_score(length);
  std::vector<bio::Code> target(length);
  std::vector<double> bits(kSamples);
  for (double& value : bits) {
    sampler.sample(rng, target);
    value = (score(std::span<const bio::Code>(target)) - null) / kLn2;
  }
  return bits;
}

float in_range(const FilterResult& result, float highest) {
  return result.status == FilterStatus::kRange ? highest : result.nats;
}

}  // namespace

CalibrationScores simulate_scores(const Profile& profile, uint32_t seed) {
  Lcg rng(seed);
  CalibrationScores scores;
  const float msv_highest = static_cast<float>(255 - Profile::kByteBase) / profile.byte_scale();
  const float viterbi_highest = static_cast<float>(32767 - Profile::kWordBase) / profile.word_scale();
  UngappedScratch ungapped;
  scores.msv = simulate(rng, kFilterLength, [&](auto target) {
    return in_range(msv_filter_ref(profile, target, ungapped), msv_highest);
  });
  ViterbiScratch viterbi;
  scores.viterbi = simulate(rng, kFilterLength, [&](auto target) {
    return in_range(viterbi_filter_ref(profile, target, viterbi), viterbi_highest);
  });
  DpMatrix matrix;
  const LengthModel length = LengthModel::multihit(kForwardLength);
  scores.forward = simulate(rng, kForwardLength, [&](auto target) {
    return forward_ref(profile, length, target, DpMatrix::Keep::kSpecials, matrix);
  });
  return scores;
}

void calibrate(CoreModel& model, uint32_t seed) {
  const Profile profile(model);
  const CalibrationScores scores = simulate_scores(profile, seed);
  const double lambda = kLn2 + 1.44 / (model.M * mean_relative_entropy(model));
  const Gumbel forward = fit_gumbel(scores.forward);
  // The fitted Gumbel's tail point, moved back along an exponential of slope lambda to where P = 1.
  const double tau = forward.quantile(1.0 - kTail) + std::log(kTail) / lambda;

  model.evalue.mu_msv = static_cast<float>(fit_gumbel_location(scores.msv, lambda));
  model.evalue.mu_viterbi = static_cast<float>(fit_gumbel_location(scores.viterbi, lambda));
  model.evalue.tau = static_cast<float>(tau);
  model.evalue.lambda = static_cast<float>(lambda);
  model.calibrated = true;
}

}  // namespace foldmesh::hmm
