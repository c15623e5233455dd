#include "foldmesh/hmm/filters/cascade.h"

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {

float bit_score(float nats, float null_nats) { return static_cast<float>((nats - null_nats) / kLn2); }

FilterCascade::FilterCascade(const Profile& profile, const PipelineOptions& options)
    : profile_(profile), options_(options), bias_(profile.core()) {}

FilterOutcome FilterCascade::run(std::span<const bio::Code> target) {
  const EvalueParameters& fit = profile_.core().evalue;
  const int L = static_cast<int>(target.size());
  FilterOutcome outcome;
  outcome.null_nats = null_score(L);

  const float msv = msv_filter(profile_, target, ungapped_).nats;
  double p = gumbel_survival(bit_score(msv, outcome.null_nats), fit.mu_msv, fit.lambda);
  if (p > options_.F1) return outcome;
  outcome.past_msv = true;

  float null = outcome.null_nats;
  if (options_.bias_filter) {
    null = bias_.null_score(target);
    p = gumbel_survival(bit_score(msv, null), fit.mu_msv, fit.lambda);
    if (p > options_.F1) return outcome;
  }
  outcome.filter_null = null;
  outcome.past_bias = true;

  if (p > options_.F2) {
    outcome.ran_viterbi = true;
    const float viterbi = viterbi_filter(profile_, target, viterbi_).nats;
    p = gumbel_survival(bit_score(viterbi, null), fit.mu_viterbi, fit.lambda);
    if (p > options_.F2) return outcome;
  }
  outcome.past_viterbi = true;

  return outcome;
}

void FilterCascade::judge_forward(float forward_nats, FilterOutcome& outcome) const {
  const EvalueParameters& fit = profile_.core().evalue;
  outcome.forward_nats = forward_nats;
  const double p = exponential_survival(bit_score(forward_nats, outcome.filter_null), fit.tau, fit.lambda);
  outcome.past_forward = p <= options_.F3;
}

}  // namespace foldmesh::hmm
