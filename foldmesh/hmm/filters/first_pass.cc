#include "foldmesh/hmm/filters/first_pass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/filters/filter_result.h"
#include "foldmesh/hmm/filters/ssv.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Above this so many targets survive that the pass is wasted.
constexpr double kHighestF1 = 0.25;
// Below this per bit the rounding of P-values is no longer far below the step from one score to the next.
constexpr double kLowestLambda = 1e-3;
// In third-bits; covers the rounding of scores to float, which is below 1e-4 of them.
constexpr double kRoundingMargin = 0.01;

// The bit score at which a Gumbel tail has probability p.
double gumbel_quantile(double p, double mu, double lambda) {
  if (p >= 1) return -kInfinity;
  if (p <= 0) return kInfinity;
  return mu - std::log(-std::log1p(-p)) / lambda;
}

constexpr int kPairCeiling = 127;
constexpr int kCachedLengths = 4096;
constexpr int16_t kUnknown = std::numeric_limits<int16_t>::min();

}  // namespace

PromisingMaximum::PromisingMaximum(const Profile& profile, double F1) : profile_(profile) {
  const EvalueParameters& fit = profile.core().evalue;
  nats_ = fit.lambda >= kLowestLambda ? gumbel_quantile(F1, fit.mu_msv, fit.lambda) * kLn2 : -kInfinity;
}

int PromisingMaximum::operator()(int L) const {
  if (!ssv_applies(profile_, L)) return kSsvFloor;
  const double promising = ssv_maximum_for(profile_, L, nats_ + null_score(L)) - kRoundingMargin;
  const int undecided = lowest_without_ssv_result(profile_, L);
  if (promising >= undecided) return undecided;
  return static_cast<int>(std::ceil(std::max<double>(promising, kSsvFloor)));
}

FirstPass::FirstPass(const Profile& profile, double F1)
    : profile_(profile),
      promising_(profile, F1),
      useful_(F1 < kHighestF1 && !profile.pair_table().scores.empty()),
      group_size_(useful_ ? pair_group_size(profile.pair_table().scores.shape) : 1),
      lowest_(kCachedLengths, kUnknown) {}

void FirstPass::run(PairBlock& block, std::vector<uint32_t>& survivors) {
  survivors.clear();
  const auto targets = block.targets();
  if (useful_) {
    maxima_.resize(targets.size());
    block.for_each_group(group_size_, [&](const PairRows& rows, std::span<const uint32_t> indices) {
      std::array<int8_t, kLargestPairGroup> maxima;
      pair_maxima(profile_.pair_table().scores, rows, maxima.data());
      for (size_t t = 0; t < indices.size(); ++t) maxima_[indices[t]] = maxima[t];
    });
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto length = static_cast<int>(targets[i].size());
    if (length > 0 && (!useful_ || maxima_[i] >= lowest_maximum(length))) {
      survivors.push_back(static_cast<uint32_t>(i));
    }
  }
}

// The pair maximum below which a target of length L is rejected.
int FirstPass::lowest_maximum(int L) {
  // A pair maximum at the ceiling may have been cut off there.
  const auto compute = [&] { return std::min(promising_(L) - profile_.pair_table().slack, kPairCeiling); };
  if (L >= kCachedLengths) return compute();
  int16_t& lowest = lowest_[L];
  if (lowest == kUnknown) lowest = static_cast<int16_t>(compute());
  return lowest;
}

}  // namespace foldmesh::hmm
