// Dirichlet priors: how counts observed in an alignment become probabilities (Sjolander et al. 1996).
#ifndef FOLDMESH_HMM_DIRICHLET_H_
#define FOLDMESH_HMM_DIRICHLET_H_

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"

namespace foldmesh::hmm {

// A mixture of Dirichlet densities over N categories.
template <size_t N>
struct DirichletMixture {
  struct Component {
    double weight;                // mixture coefficient; they sum to about 1
    std::array<double, N> alpha;  // all > 0
  };
  std::vector<Component> components;
};

// ln of the probability that `counts` are drawn from a Dirichlet density with parameters `alpha` (spans of
// equal length; counts may be fractional).
double log_probability_of_counts(std::span<const double> counts, std::span<const double> alpha);

// Mean posterior estimate of the probabilities behind `counts`: the component means, each weighted with the
// posterior probability that its component made the counts. Sums to 1.
template <size_t N>
std::array<double, N> mean_posterior(const std::array<double, N>& counts, const DirichletMixture<N>& prior);

// The priors of protein profiles. Order of the categories: residues as in bio/alphabet.h; transitions as
// named.
struct ProteinPriors {
  DirichletMixture<bio::kNumCanonical> match_emission;   // nine components
  DirichletMixture<bio::kNumCanonical> insert_emission;  // one
  DirichletMixture<3> match_transition;                  // MM, MI, MD
  DirichletMixture<2> insert_transition;                 // IM, II
  DirichletMixture<2> delete_transition;                 // DM, DD
};
const ProteinPriors& protein_priors();

// --- implementation ---

template <size_t N>
std::array<double, N> mean_posterior(const std::array<double, N>& counts, const DirichletMixture<N>& prior) {
  std::vector<double> share;  // first ln(weight * likelihood), then the posterior of each component
  double highest = -INFINITY;
  for (const auto& component : prior.components) {
    share.push_back(std::log(component.weight) + log_probability_of_counts(counts, component.alpha));
    highest = std::max(highest, share.back());
  }
  double total = 0;
  for (double& s : share) total += s = std::exp(s - highest);

  double n_counts = 0;
  for (double c : counts) n_counts += c;
  std::array<double, N> p{};
  for (size_t q = 0; q < share.size(); ++q) {
    const auto& alpha = prior.components[q].alpha;
    double n_alpha = 0;
    for (double a : alpha) n_alpha += a;
    for (size_t i = 0; i < N; ++i) p[i] += share[q] / total * (counts[i] + alpha[i]) / (n_counts + n_alpha);
  }
  double sum = 0;
  for (double x : p) sum += x;
  for (double& x : p) x /= sum;
  return p;
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DIRICHLET_H_
