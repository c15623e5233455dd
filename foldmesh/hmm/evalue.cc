#include "foldmesh/hmm/evalue.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "foldmesh/base/error.h"

namespace foldmesh::hmm {
namespace {

// The derivative of the log likelihood in lambda, divided by n, and its own derivative.
struct Likelihood {
  double slope, curvature;
};

Likelihood likelihood(std::span<const double> samples, double lambda) {
  double sum_x = 0, sum_e = 0, sum_xe = 0, sum_xxe = 0;
  for (double x : samples) {
    const double e = std::exp(-lambda * x);
    sum_x += x;
    sum_e += e;
    sum_xe += x * e;
    sum_xxe += x * x * e;
  }
  const double mean_x = sum_xe / sum_e;  // weighted by e
  return {1.0 / lambda - sum_x / static_cast<double>(samples.size()) + mean_x,
          mean_x * mean_x - sum_xxe / sum_e - 1.0 / (lambda * lambda)};
}

// The lambda that gives the samples' variance.
double lambda_by_moments(std::span<const double> samples) {
  const double n = static_cast<double>(samples.size());
  double sum = 0, sum_squares = 0;
  for (double x : samples) {
    sum += x;
    sum_squares += x * x;
  }
  const double variance = std::abs((sum_squares - sum * sum / n) / (n - 1));
  return std::numbers::pi / std::sqrt(6.0 * variance);
}

constexpr double kTolerance = 1e-5;
constexpr int kMaxSteps = 100;

// The slope falls from +inf to below 0, so a sign change brackets the root.
double lambda_by_bisection(std::span<const double> samples, double start) {
  double left = 0, right = start;
  while (likelihood(samples, right).slope > 0) {
    right *= 2;
    if (right > 1000)
      base::throw_internal("score calibration: no Gumbel distribution fits the simulated scores");
  }
  double middle = right;
  for (int step = 0; step < kMaxSteps; ++step) {
    middle = (left + right) / 2;
    const double slope = likelihood(samples, middle).slope;
    if (std::abs(slope) < kTolerance) break;
    (slope > 0 ? left : right) = middle;
  }
  return middle;
}

}  // namespace

double probability(double ln_p) {
  const double p = std::exp(ln_p);
  return p < std::numeric_limits<double>::min() ? 0.0 : p;
}

double gumbel_survival(double x, double mu, double lambda) {
  const double e = probability(-lambda * (x - mu));
  return e < 5e-9 ? e : 1.0 - std::exp(-e);  // 1 - exp(-e) cancels for small e
}

double exponential_survival(double x, double tau, double lambda) {
  return probability(exponential_log_survival(x, tau, lambda));
}

double exponential_log_survival(double x, double tau, double lambda) {
  return x < tau ? 0.0 : -lambda * (x - tau);
}

double Gumbel::quantile(double p) const { return mu - std::log(-std::log(p)) / lambda; }

double fit_gumbel_location(std::span<const double> samples, double lambda) {
  double sum = 0;
  for (double x : samples) sum += std::exp(-lambda * x);
  return -std::log(sum / static_cast<double>(samples.size())) / lambda;
}

Gumbel fit_gumbel(std::span<const double> samples) {
  const double start = lambda_by_moments(samples);
  double lambda = start;
  bool converged = false;
  for (int step = 0; step < kMaxSteps; ++step) {
    const Likelihood at = likelihood(samples, lambda);
    converged = std::abs(at.slope) < kTolerance;
    if (converged) break;
    lambda -= at.slope / at.curvature;
    if (lambda <= 0) lambda = 0.001;
  }
  if (!converged) lambda = lambda_by_bisection(samples, start);
  return {fit_gumbel_location(samples, lambda), lambda};
}

}  // namespace foldmesh::hmm
