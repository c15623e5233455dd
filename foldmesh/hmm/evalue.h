// Score statistics: filter scores follow a Gumbel distribution, Forward scores have an exponential tail (Eddy
// 2008). x, mu, tau in bits; lambda per bit.
#ifndef FOLDMESH_HMM_EVALUE_H_
#define FOLDMESH_HMM_EVALUE_H_

#include <span>

namespace foldmesh::hmm {

// P(score >= x).
double gumbel_survival(double x, double mu, double lambda);
double exponential_survival(double x, double tau, double lambda);
// ln P(score >= x).
double exponential_log_survival(double x, double tau, double lambda);
// exp(ln_p); below the normal range of double it is 0, as the reference flushes such numbers and prints them
// so. E-values are this times the number of targets.
double probability(double ln_p);

struct Gumbel {
  double mu = 0, lambda = 0;
  // Score below which a sample falls with probability p.
  double quantile(double p) const;
};

// Maximum-likelihood location for a known lambda.
double fit_gumbel_location(std::span<const double> samples, double lambda);
// Maximum likelihood in both parameters (Lawless 1982, section 4.1). Throws kInternal when it does not
// converge.
Gumbel fit_gumbel(std::span<const double> samples);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_EVALUE_H_
