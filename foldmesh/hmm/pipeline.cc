#include "foldmesh/hmm/pipeline.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/domains/domain_definition.h"
#include "foldmesh/hmm/domains/null2.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/filters/first_pass.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

// ln P of staying outside domains for n residues of a target of L, as the reference charges flanks.
double flank_score(int n, int L) { return n * log_of(static_cast<float>(L) / static_cast<float>(L + 3)); }

// Turns envelope scores and null2 sums into bit scores.
class Scorer {
 public:
  Scorer(const EvalueParameters& fit, bool null2, int L, float null_nats)
      : fit_(fit), null2_(null2), L_(L), null_nats_(null_nats) {}

  void score_domain(Domain& domain) const {
    const int n = domain.env_to - domain.env_from + 1;
    const auto nats = static_cast<float>(domain.envelope_score + flank_score(L_ - n, L_));
    domain.domain_bias = correction(domain.domain_correction);
    domain.bit_score = bits(nats, domain.domain_bias);
    domain.ln_p = log_p(domain.bit_score);
  }

  // The whole target's score from Forward, or from the sum of its significant domains where that is higher.
  void score_target(float forward_nats, const DomainDefinition& definition, Hit& hit) const {
    hit.pre_score = bits(forward_nats, 0);
    hit.score = bits(forward_nats, correction(kahan_sum(std::span<const float>(definition.null2_scores))));

    float sum = 0, null2_sum = 0;
    int n_covered = 0;
    for (const Domain& domain : hit.domains) {
      const float corrected =
          null2_ ? domain.envelope_score - domain.domain_correction : domain.envelope_score;
      if (!(corrected > 0)) continue;
      sum += domain.envelope_score;
      n_covered += domain.env_to - domain.env_from + 1;
      null2_sum += domain.domain_correction;
    }
    sum = static_cast<float>(sum + flank_score(L_ - n_covered, L_));
    hit.sum_score = bits(sum, correction(null2_sum));
    if (n_covered > 0 && hit.sum_score > hit.score) {
      hit.score = hit.sum_score;
      hit.pre_score = bits(sum, 0);
    }
    hit.ln_p = log_p(hit.score);
    hit.pre_ln_p = log_p(hit.pre_score);
    hit.sum_ln_p = log_p(hit.sum_score);
  }

 private:
  float correction(float null2_sum) const { return null2_ ? null2_correction(null2_sum) : 0.0f; }
  float bits(float nats, float bias) const { return bit_score(nats, null_nats_ + bias); }
  double log_p(float score) const { return exponential_log_survival(score, fit_.tau, fit_.lambda); }

  const EvalueParameters& fit_;
  const bool null2_;
  const int L_;
  const float null_nats_;
};

void check_length(const Target& target) {
  if (static_cast<int64_t>(target.residues.size()) <= kMaxTargetLength) return;
  base::throw_input("target '{}' has {} residues (expected at most {})", base::printable(target.name),
                    target.residues.size(), kMaxTargetLength);
}

int best_domain(const std::vector<Domain>& domains) {
  int best = 0;
  for (size_t d = 1; d < domains.size(); ++d) {
    if (domains[d].bit_score > domains[best].bit_score) best = static_cast<int>(d);
  }
  return best;
}

}  // namespace

StageCounters& StageCounters::operator+=(const StageCounters& other) {
  n_targets += other.n_targets;
  n_residues += other.n_residues;
  n_past_msv += other.n_past_msv;
  n_past_bias += other.n_past_bias;
  n_past_viterbi += other.n_past_viterbi;
  n_past_forward += other.n_past_forward;
  return *this;
}

struct Pipeline::Impl {
  Impl(const Profile& p, const PipelineOptions& o)
      : profile(p), options(o), first_pass(p, o.F1), cascade(p, o), definer(p, o.seed) {}

  void count(const FilterOutcome& outcome) {
    counters.n_past_msv += outcome.past_msv;
    counters.n_past_bias += outcome.past_bias;
    counters.n_past_viterbi += outcome.past_viterbi;
    counters.n_past_forward += outcome.past_forward;
  }

  std::optional<Hit> search(const Target& target) {
    const FilterOutcome outcome = cascade.run(target.residues);
    count(outcome);
    // A target without any path (nothing but stops) has no posteriors either.
    if (!outcome.past_forward || std::isinf(outcome.forward_nats)) return std::nullopt;

    const LengthModel length = LengthModel::multihit(static_cast<int>(target.residues.size()));
    backward_ref(profile, length, target.residues, cascade.forward(), DpMatrix::Keep::kSpecials, backward);
    return make_hit(target, outcome, definer.define(target.residues, cascade.forward(), backward));
  }

  std::optional<Hit> make_hit(const Target& target, const FilterOutcome& outcome,
                              const DomainDefinition& definition) {
    if (definition.domains.empty()) return std::nullopt;
    Hit hit;
    hit.name = target.name;
    hit.accession = target.accession;
    hit.description = target.description;
    hit.target_length = static_cast<int64_t>(target.residues.size());
    hit.n_expected = definition.n_expected;
    hit.n_regions = definition.n_regions;
    hit.n_clustered = definition.n_clustered;
    hit.n_overlaps = definition.n_overlaps;
    hit.n_envelopes = definition.n_envelopes;
    hit.domains = definition.domains;
    const Scorer scorer(profile.core().evalue, options.null2, static_cast<int>(target.residues.size()),
                        outcome.null_nats);
    for (Domain& domain : hit.domains) scorer.score_domain(domain);
    scorer.score_target(outcome.forward_nats, definition, hit);
    hit.best_domain = best_domain(hit.domains);
    return hit;
  }

  const Profile& profile;
  const PipelineOptions options;
  StageCounters counters;
  FirstPass first_pass;
  std::vector<uint32_t> survivors;
  FilterCascade cascade;
  DomainDefiner definer;
  DpMatrix backward;
};

Pipeline::Pipeline(const Profile& profile, const PipelineOptions& options)
    : impl_(std::make_unique<Impl>(profile, options)) {
  if (!profile.core().calibrated) base::throw_internal("model '{}' was not calibrated", profile.core().name);
}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
const StageCounters& Pipeline::counters() const { return impl_->counters; }

void Pipeline::search(std::span<const Target> block, const OnHit& on_hit) {
  for (const Target& target : block) check_length(target);
  Impl& self = *impl_;
  for (const Target& target : block) self.counters.n_residues += static_cast<int64_t>(target.residues.size());
  self.counters.n_targets += static_cast<int64_t>(block.size());
  self.first_pass.run(block, self.survivors);
  for (const uint32_t i : self.survivors) {
    if (std::optional<Hit> hit = self.search(block[i])) on_hit(i, std::move(*hit));
  }
}

}  // namespace foldmesh::hmm
