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

// Random sequences of one length, drawn one after the other.
class Samples {
 public:
  Samples(Lcg& rng, int length) : length_(length), residues_(static_cast<size_t>(kSamples) * length) {
    BackgroundSampler().sample(rng, residues_);
  }
  std::span<const bio::Code> operator[](int n) const {
    return std::span(residues_).subspan(static_cast<size_t>(n) * length_, length_);
  }

 private:
  int length_;
  std::vector<bio::Code> residues_;
};

double to_bits(float nats, float null) { return (nats - null) / kLn2; }

// Bit scores of random sequences; score(target) is in nats.
template <typename Score>
std::vector<double> simulate(Lcg& rng, int length, Score score) {
  const Samples samples(rng, length);
  const float null = null_score(length);
  std::vector<double> bits(kSamples);
  for (int n = 0; n < kSamples; ++n) bits[n] = to_bits(score(samples[n]), null);
  return bits;
}

std::vector<double> simulate_forward(Lcg& rng, const Profile& profile) {
  const Samples samples(rng, kForwardLength);
  std::vector<ForwardTask> tasks;
  for (int n = 0; n < kSamples; ++n) {
    tasks.push_back({LengthModel::multihit(kForwardLength), samples[n]});
  }
  std::vector<float> nats(kSamples);
  ForwardParser().forward_scores(profile, tasks, nats);
  const float null = null_score(kForwardLength);
  std::vector<double> bits;
  for (float value : nats) bits.push_back(to_bits(value, null));
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
    return in_range(msv_filter(profile, target, ungapped), msv_highest);
  });
  ViterbiScratch viterbi;
  scores.viterbi = simulate(rng, kFilterLength, [&](auto target) {
    return in_range(viterbi_filter(profile, target, viterbi), viterbi_highest);
  });
  scores.forward = simulate_forward(rng, profile);
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
