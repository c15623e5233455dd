#include "foldmesh/hmm/evalue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace foldmesh::hmm {
namespace {

TEST(Evalue, GumbelSurvivalIsOneMinusDistribution) {
  for (double x : {-3.0, 0.0, 2.0, 9.0}) {
    EXPECT_NEAR(gumbel_survival(x, 0.5, 0.7), 1.0 - std::exp(-std::exp(-0.7 * (x - 0.5))), 1e-12) << x;
  }
  // In the far tail 1 - exp(-e) would have lost its digits.
  EXPECT_NEAR(gumbel_survival(60, 0, 0.7) / std::exp(-42.0), 1.0, 1e-12);
  EXPECT_EQ(gumbel_survival(std::numeric_limits<double>::infinity(), 0, 0.7), 0.0);
}

TEST(Evalue, ExponentialTailBeginsAtTau) {
  EXPECT_EQ(exponential_survival(-5, -4, 0.7), 1.0);
  EXPECT_EQ(exponential_log_survival(-5, -4, 0.7), 0.0);
  EXPECT_DOUBLE_EQ(exponential_survival(6, -4, 0.7), std::exp(-7.0));
  EXPECT_DOUBLE_EQ(exponential_log_survival(6, -4, 0.7), -7.0);
}

TEST(Evalue, TinyProbabilitiesAreFlushed) {
  EXPECT_GT(probability(-708), 0.0);
  EXPECT_EQ(probability(-710), 0.0);  // exp(-710) is a denormal double
}

// Samples at evenly spaced quantiles of a Gumbel distribution.
std::vector<double> gumbel_samples(const Gumbel& gumbel, int n) {
  std::vector<double> samples;
  for (int i = 0; i < n; ++i) samples.push_back(gumbel.quantile((i + 0.5) / n));
  return samples;
}

TEST(Evalue, FitsFindTheDistribution) {
  const Gumbel truth{-7.0, 0.72};
  const std::vector<double> samples = gumbel_samples(truth, 5000);
  const Gumbel fit = fit_gumbel(samples);
  EXPECT_NEAR(fit.mu, truth.mu, 0.005);
  EXPECT_NEAR(fit.lambda, truth.lambda, 0.005);
  EXPECT_NEAR(fit_gumbel_location(samples, truth.lambda), truth.mu, 0.005);
}

TEST(Evalue, QuantileInvertsSurvival) {
  const Gumbel gumbel{-3, 0.8};
  for (double p : {0.01, 0.5, 0.96}) {
    EXPECT_NEAR(gumbel_survival(gumbel.quantile(p), gumbel.mu, gumbel.lambda), 1 - p, 1e-12);
  }
}

}  // namespace
}  // namespace foldmesh::hmm
