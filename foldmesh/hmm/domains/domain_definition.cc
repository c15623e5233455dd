#include "foldmesh/hmm/domains/domain_definition.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/hmm/domains/alignment.h"

namespace foldmesh::hmm {

void Null2Sums::finish() const {
  for (float& score : scores_) score = std::log(score / static_cast<float>(kSampledTraces));
}

void DomainDefiner::define(const Profile& profile, uint32_t seed, std::span<const DefinitionTask> tasks,
                           std::span<DomainDefinition> out, MatrixBudget& budget) {
  find_stretches(tasks, out);
  sample_regions(profile, seed, tasks, out, budget);
  score_envelopes(profile, tasks, out, budget);
}

// Sets the tracks and counts of regions; leaves regions_ with those to be sampled and envelopes_ with a place
// for each region: a region that holds one domain is the envelope, one that holds several is replaced later.
void DomainDefiner::find_stretches(std::span<const DefinitionTask> tasks, std::span<DomainDefinition> out) {
  regions_.clear();
  envelopes_.clear();
  for (size_t n = 0; n < tasks.size(); ++n) {
    const DefinitionTask& task = tasks[n];
    DomainDefinition& definition = out[n];
    const int L = static_cast<int>(task.residues.size());
    definition.domains.clear();
    definition.n_regions = definition.n_clustered = definition.n_envelopes = definition.n_overlaps = 0;
    definition.n_expected = 0;
    definition.null2_scores.assign(L + 1, 0.0f);
    if (!decode_domain_tracks(LengthModel::multihit(L), task.forward->rows, task.backward->rows,
                              task.backward->own_scales, definition.tracks)) {
      continue;
    }
    definition.n_expected = definition.tracks.begins[L];
    for (const Region& region : find_regions(definition.tracks)) {
      ++definition.n_regions;
      definition.n_clustered += region.several;
      const Stretch stretch = {static_cast<int>(n), region.from, region.to, region.several, true};
      if (region.several) regions_.push_back(stretch);
      envelopes_.push_back(stretch);
    }
  }
}

// Replaces the sampled regions in envelopes_ by their envelopes, and sets their null2 scores.
void DomainDefiner::sample_regions(const Profile& profile, uint32_t seed,
                                   std::span<const DefinitionTask> tasks, std::span<DomainDefinition> out,
                                   MatrixBudget& budget) {
  if (regions_.empty()) return;
  std::vector<ForwardTask> stretches;
  std::vector<Null2Sums> sums;
  for (const Stretch& region : regions_) {
    const std::span<const bio::Code> target = tasks[region.task].residues;
    const int n = region.to - region.from + 1;
    const std::span<const bio::Code> residues = target.subspan(region.from - 1, n);
    stretches.push_back({LengthModel::multihit(static_cast<int>(target.size())), residues});
    sums.emplace_back(residues, std::span<float>(out[region.task].null2_scores).subspan(region.from, n));
  }
  std::vector<std::vector<Envelope>> found(regions_.size());
  std::vector<DomainSample> samples;
  const auto on_trace = [&](int region, int trace, std::span<const TraceDomain> domains) {
    const int offset = regions_[region].from - 1;
    for (const TraceDomain& domain : domains) {
      samples.push_back(
          {trace, domain.seq_from + offset, domain.seq_to + offset, domain.hmm_from, domain.hmm_to});
      sums[region].add_domain(domain.seq_from, domain.seq_to,
                              null2_by_nodes(profile.float_tables(), domain.nodes, counts_));
    }
    sums[region].finish_trace();
    if (trace + 1 < kSampledTraces) return;
    sums[region].finish();
    found[region] = cluster_samples(samples, kSampledTraces);
    samples.clear();
  };
  sampler_.sample(profile, stretches, seed, kSampledTraces, on_trace, budget);

  const std::vector<Stretch> places = std::move(envelopes_);
  envelopes_.clear();
  size_t region = 0;
  for (const Stretch& place : places) {
    if (!place.sampled) {
      envelopes_.push_back(place);
      continue;
    }
    bool first = true;
    for (const Envelope& envelope : found[region++]) {
      envelopes_.push_back({place.task, envelope.from, envelope.to, true, first});
      first = false;
    }
  }
}

// The flanks are those of the whole target, so that scores of envelopes compare.
void DomainDefiner::score_envelopes(const Profile& profile, std::span<const DefinitionTask> tasks,
                                    std::span<DomainDefinition> out, MatrixBudget& budget) {
  std::vector<EnvelopeTask> stretches;
  for (const Stretch& envelope : envelopes_) {
    const std::span<const bio::Code> target = tasks[envelope.task].residues;
    stretches.push_back({{LengthModel::unihit(static_cast<int>(target.size())),
                          target.subspan(envelope.from - 1, envelope.to - envelope.from + 1)},
                         !envelope.sampled});
  }
  std::vector<EnvelopeScore> scores(stretches.size());
  scorer_.score(profile, stretches, scores, budget);

  int last_end = 0;  // of the region's last domain so far
  for (size_t n = 0; n < envelopes_.size(); ++n) {
    const Stretch& envelope = envelopes_[n];
    DomainDefinition& definition = out[envelope.task];
    if (envelope.first_of_region) last_end = 0;
    ++definition.n_envelopes;
    if (envelope.from <= last_end) ++definition.n_overlaps;
    if (add_domain(profile, tasks[envelope.task], envelope, scores[n], definition)) last_end = envelope.to;
  }
}

// False, and no domain, when the posteriors exceed the number range or no alignment exists.
bool DomainDefiner::add_domain(const Profile& profile, const DefinitionTask& task, const Stretch& envelope,
                               const EnvelopeScore& score, DomainDefinition& definition) {
  if (!score.in_range || score.alignment.steps.empty()) return false;
  const int from = envelope.from, to = envelope.to;
  Domain& domain = definition.domains.emplace_back();
  domain.env_from = from;
  domain.env_to = to;
  domain.envelope_score = score.nats;
  domain.oa_score = score.alignment.expected_accuracy;
  domain.alignment = render_alignment(profile, task.residues.subspan(from - 1, to - from + 1),
                                      score.alignment.steps, from - 1);
  std::vector<float>& null2 = definition.null2_scores;
  if (!envelope.sampled) {
    Null2Odds log_odds;
    for (size_t x = 0; x < log_odds.size(); ++x) log_odds[x] = std::log(score.null2[x]);
    for (int i = from; i <= to; ++i) null2[i] = log_odds[task.residues[i - 1]];
  }
  for (int i = from; i <= to; ++i) domain.domain_correction += null2[i];
  return true;
}

}  // namespace foldmesh::hmm
