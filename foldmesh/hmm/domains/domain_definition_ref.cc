// Domain definition by the plain versions of every step; what the batched one is tested against.
#include <algorithm>
#include <cmath>

#include "foldmesh/hmm/domains/alignment.h"
#include "foldmesh/hmm/domains/cluster.h"
#include "foldmesh/hmm/domains/domain_definition_ref.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"

namespace foldmesh::hmm {

const DomainDefinition& DomainDefinerRef::define(std::span<const bio::Code> target, const DpMatrix& forward,
                                                 const DpMatrix& backward) {
  target_ = target;
  const int L = static_cast<int>(target.size());
  DomainTracks tracks = std::move(result_.tracks);  // keeps its memory
  result_ = DomainDefinition{};
  result_.tracks = std::move(tracks);
  result_.null2_scores.assign(L + 1, 0.0f);
  if (!decode_domain_tracks(LengthModel::multihit(L), forward.specials, backward.specials,
                            backward.own_scales, result_.tracks))
    return result_;
  result_.n_expected = result_.tracks.begins[L];

  for (const Region& region : find_regions(result_.tracks)) {
    ++result_.n_regions;
    if (!region.several) {
      ++result_.n_envelopes;
      score_envelope(region.from, region.to, false);
      continue;
    }
    ++result_.n_clustered;
    int last_end = 0;
    for (const Envelope& envelope : envelopes_by_sampling(region)) {
      ++result_.n_envelopes;
      if (envelope.from <= last_end) ++result_.n_overlaps;
      if (score_envelope(envelope.from, envelope.to, true)) last_end = envelope.to;
    }
  }
  return result_;
}

// Also sets the region's null2 scores, from the same samples.
std::vector<Envelope> DomainDefinerRef::envelopes_by_sampling(const Region& region) {
  const int offset = region.from - 1;
  const int n = region.to - offset;
  const std::span<const bio::Code> residues = target_.subspan(offset, n);
  const LengthModel length = LengthModel::multihit(static_cast<int>(target_.size()));
  forward_ref(profile_, length, residues, DpMatrix::Keep::kAll, forward_);

  const std::span<float> null2 = std::span<float>(result_.null2_scores).subspan(region.from, n);
  Null2Sums sums(residues, null2);
  std::vector<DomainSample> samples;
  Lcg rng(seed_);
  for (int trace = 0; trace < kSampledTraces; ++trace) {
    for (const SampledDomain& domain : sample_trace_ref(profile_, length, forward_, rng)) {
      samples.push_back(
          {trace, domain.seq_from + offset, domain.seq_to + offset, domain.hmm_from, domain.hmm_to});
      sums.add_domain(domain.seq_from, domain.seq_to, null2_by_trace_ref(profile_, domain, counts_));
    }
    sums.finish_trace();
  }
  sums.finish();
  return cluster_samples(samples, kSampledTraces);
}

// Residues from..to as one domain. The flanks are those of the whole target, so that scores of envelopes
// compare. False, and no domain, when the posteriors exceed the number range.
bool DomainDefinerRef::score_envelope(int from, int to, bool has_null2) {
  const std::span<const bio::Code> residues = target_.subspan(from - 1, to - from + 1);
  const LengthModel length = LengthModel::unihit(static_cast<int>(target_.size()));
  Domain domain;
  domain.env_from = from;
  domain.env_to = to;
  domain.envelope_score = forward_ref(profile_, length, residues, DpMatrix::Keep::kAll, forward_);
  backward_ref(profile_, length, residues, forward_, DpMatrix::Keep::kAll, backward_);
  if (!decode_posteriors_ref(profile_, length, forward_, backward_)) return false;

  const OptimalAlignment alignment = optimal_accuracy_alignment_ref(profile_, length, backward_, forward_);
  if (alignment.steps.empty()) return false;
  domain.oa_score = alignment.expected_accuracy;
  domain.alignment = render_alignment(profile_, residues, alignment.steps, from - 1);

  if (!has_null2) set_null2_by_expectation(from, to);
  for (int i = from; i <= to; ++i) domain.domain_correction += result_.null2_scores[i];
  result_.domains.push_back(std::move(domain));
  return true;
}

void DomainDefinerRef::set_null2_by_expectation(int from, int to) {
  const Null2Odds odds = null2_by_expectation_ref(profile_, backward_);
  for (int i = from; i <= to; ++i) result_.null2_scores[i] = std::log(odds[target_[i - 1]]);
}

}  // namespace foldmesh::hmm
