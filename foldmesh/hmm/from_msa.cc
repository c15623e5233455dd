#include <algorithm>
#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/consensus.h"
#include "foldmesh/hmm/dirichlet.h"
#include "foldmesh/hmm/from_msa_columns.h"
#include "foldmesh/hmm/from_msa_counts.h"

namespace foldmesh::hmm {
namespace {

// Entropy weighting aims at this mean information per node, in bits; short models need more to be found at
// all.
constexpr double kMinBitsPerNode = 0.59, kBitsInTotal = 45.0;
constexpr double kBisectionAbsolute = 0.01, kBisectionRelative = 1e-12;

template <size_t N>
void estimate(std::array<float, N>& values, const DirichletMixture<N>& prior) {
  std::array<double, N> counts;
  std::copy(values.begin(), values.end(), counts.begin());
  const std::array<double, N> p = mean_posterior(counts, prior);
  std::transform(p.begin(), p.end(), values.begin(), [](double x) { return static_cast<float>(x); });
}

void estimate_transitions(std::array<float, 7>& t, bool is_begin, bool is_last) {
  const ProteinPriors& priors = protein_priors();
  std::array<float, 3> match{t[kMM], t[kMI], t[kMD]};
  std::array<float, 2> insert{t[kIM], t[kII]}, remove{t[kDM], t[kDD]};
  estimate(match, priors.match_transition);
  estimate(insert, priors.insert_transition);
  estimate(remove, priors.delete_transition);
  if (is_last) {  // M_M cannot be followed by a deletion
    const float sum = match[0] + match[1];
    match = {match[0] / sum, match[1] / sum, 0.0f};
  }
  if (is_begin || is_last) remove = {1.0f, 0.0f};
  t = {match[0], match[1], match[2], insert[0], insert[1], remove[0], remove[1]};
}

// Counts scaled to `n_effective` sequences, turned into probabilities by the priors.
CoreModel parameterize(const CoreModel& counts, double n_effective, size_t n_seq) {
  const auto scale = static_cast<float>(n_effective / static_cast<double>(n_seq));
  CoreModel model = counts;
  for (int k = 0; k <= model.M; ++k) {
    for (float& c : model.mat[k]) c *= scale;
    for (float& c : model.ins[k]) c *= scale;
    for (float& c : model.t[k]) c *= scale;
    if (k > 0) estimate(model.mat[k], protein_priors().match_emission);
    estimate(model.ins[k], protein_priors().insert_emission);
    estimate_transitions(model.t[k], k == 0, k == model.M);
  }
  return model;
}

// Entropy weighting (Karplus et al. 1998): the number of sequences at which the model's mean relative entropy
// meets the target, found by bisection.
double effective_n_seq(const CoreModel& counts, size_t n_seq) {
  const double m = counts.M;
  const double target = std::max(kMinBitsPerNode, (kBitsInTotal - std::log2(2.0 / (m * (m + 1.0)))) / m);
  const auto surplus = [&](double n) {
    return mean_relative_entropy(parameterize(counts, n, n_seq)) - target;
  };
  double low = 0, high = static_cast<double>(n_seq);
  if (surplus(high) <= 0) return high;
  for (;;) {
    const double middle = (low + high) / 2;
    const double value = surplus(middle);
    if (high - low < kBisectionAbsolute + kBisectionRelative * middle || value == 0) return middle;
    (value > 0 ? high : low) = middle;
  }
}

// The annotation of the match columns, one character per node.
std::string at_match_columns(const std::string& annotation, const std::vector<bool>& is_match) {
  std::string result;
  for (size_t column = 0; column < annotation.size(); ++column) {
    if (is_match[column]) result += annotation[column];
  }
  return result;
}

void check_annotation(const bio::Msa& msa, const std::string& annotation, const char* tag) {
  if (!annotation.empty() && annotation.size() != msa.n_columns()) {
    base::throw_input("alignment {}: its {} line has {} columns (expected {})", base::printable(msa.name),
                      tag, annotation.size(), msa.n_columns());
  }
}

void annotate(CoreModel& model, const bio::Msa& msa, const std::vector<bool>& is_match) {
  model.name = msa.name;
  model.accession = msa.accession;
  model.description = msa.description.substr(0, msa.description.find_last_not_of(" \t") + 1);
  model.cutoffs = msa.cutoffs;
  model.rf = at_match_columns(msa.rf, is_match);
  model.cs = at_match_columns(msa.ss_cons, is_match);
  for (size_t column = 0; column < is_match.size(); ++column) {
    if (is_match[column]) model.map.push_back(static_cast<int>(column) + 1);
  }
}

}  // namespace

CoreModel build_from_msa(const bio::Msa& msa, const MsaBuildOptions& options, MsaBuildReport* report) {
  if (msa.rows.empty()) base::throw_input("alignment {}: has no sequences", base::printable(msa.name));
  if (options.architecture == Architecture::kHand && msa.rf.empty()) {
    base::throw_input("alignment {}: has no reference annotation (#=GC RF), which a hand architecture needs",
                      base::printable(msa.name));
  }
  check_annotation(msa, msa.rf, "RF");
  check_annotation(msa, msa.ss_cons, "SS_cons");
  if (msa.mm.find('m') != std::string::npos) {
    base::throw_input("alignment {}: model masks (#=GC MM) are not supported", base::printable(msa.name));
  }

  DigitalMsa digital = digitize(msa);
  const uint32_t identity = checksum(digital);
  std::vector<bool> is_match;
  if (options.architecture == Architecture::kHand) is_match = reference_columns(msa);
  const std::vector<double> weights = position_based_weights(digital, is_match);
  const std::vector<bool> is_fragment = mark_fragments(digital, options.fragthresh);
  if (options.architecture == Architecture::kFast) {
    is_match = columns_by_residue_fraction(digital, weights, options.symfrac);
  }
  const CoreModel counts = count_events(digital, weights, is_match);
  if (counts.M == 0) {
    base::throw_input("alignment {}: has no consensus column, so there is nothing to model",
                      base::printable(msa.name));
  }

  const double n_effective = effective_n_seq(counts, digital.n_seq);
  CoreModel model = parameterize(counts, n_effective, digital.n_seq);
  model.n_seq = static_cast<int>(digital.n_seq);
  model.eff_n_seq = static_cast<float>(n_effective);
  model.has_checksum = true;
  model.checksum = identity;
  annotate(model, msa, is_match);
  model.consensus = consensus_of(model);
  set_composition(model);
  if (options.calibrate) calibrate(model, options.seed);
  if (report != nullptr) *report = {weights, is_fragment, n_effective};
  return model;
}

}  // namespace foldmesh::hmm
