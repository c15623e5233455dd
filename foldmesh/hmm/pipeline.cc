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
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/filters/pair_block.h"
#include "foldmesh/hmm/matrix_budget.h"
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

// Survivors are worked on together until they have this many residues (12 MB of special states).
constexpr size_t kResiduesTogether = 200'000;

// Working memory of Forward, Backward and domain definition. It is large and used for a moment, so the
// pipelines of a thread share it.
struct FloatStages {
  ForwardParser parser;
  DomainDefiner definer;
  std::vector<ForwardTask> tasks;
  std::vector<Specials> forward, backward;
  std::vector<DefinitionTask> definition_tasks;
  std::vector<DomainDefinition> definitions;

  void grow(size_t n) {
    if (forward.size() >= n) return;
    forward.resize(n);
    backward.resize(n);
    definitions.resize(n);
  }
};

FloatStages& float_stages() {
  thread_local FloatStages stages;
  return stages;
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
  Impl(const Profile& p, const PipelineOptions& o, MatrixBudget& b)
      : profile(p), options(o), budget(b), first_pass(p, o.F1), cascade(p, o) {}

  void count(const FilterOutcome& outcome) {
    counters.n_past_msv += outcome.past_msv;
    counters.n_past_bias += outcome.past_bias;
    counters.n_past_viterbi += outcome.past_viterbi;
    counters.n_past_forward += outcome.past_forward;
  }

  // A target that the integer filters let through.
  struct Survivor {
    size_t index;
    FilterOutcome outcome;
  };

  void filter(PairBlock& pairs, std::span<const Target> targets, size_t from) {
    first_pass.run(pairs, past_first);
    for (const uint32_t i : past_first) {
      const FilterOutcome outcome = cascade.run(targets[from + i].residues);
      if (outcome.past_viterbi) {
        survivors.push_back({from + i, outcome});
      } else {
        count(outcome);
      }
    }
  }

  void finish(std::span<const Target> targets, const OnHit& on_hit) {
    for (size_t from = 0, to = 0; from < survivors.size(); from = to) {
      for (size_t n_residues = 0; to < survivors.size() && n_residues < kResiduesTogether; ++to) {
        n_residues += targets[survivors[to].index].residues.size();
      }
      finish_together(std::span(survivors).subspan(from, to - from), targets, on_hit);
    }
    survivors.clear();
  }

  void finish_together(std::span<Survivor> together, std::span<const Target> targets, const OnHit& on_hit) {
    FloatStages& work = float_stages();
    const size_t n_scored = together.size();
    work.tasks.clear();
    for (const Survivor& survivor : together) {
      const std::span<const bio::Code> residues = targets[survivor.index].residues;
      work.tasks.push_back({LengthModel::multihit(static_cast<int>(residues.size())), residues});
    }
    work.grow(n_scored);
    work.parser.forward(profile, work.tasks, std::span(work.forward).first(n_scored));

    size_t n = 0;  // those that stay, moved to the front
    for (size_t s = 0; s < n_scored; ++s) {
      Survivor survivor = together[s];
      cascade.judge_forward(work.forward[s].nats, survivor.outcome);
      count(survivor.outcome);
      // A target without any path (nothing but stops) has no posteriors either.
      if (!survivor.outcome.past_forward || std::isinf(survivor.outcome.forward_nats)) continue;
      std::swap(work.forward[n], work.forward[s]);
      work.tasks[n] = work.tasks[s];
      together[n++] = survivor;
    }
    work.tasks.resize(n);
    work.parser.backward(profile, work.tasks, std::span(work.forward).first(n),
                         std::span(work.backward).first(n));
    work.definition_tasks.clear();
    for (size_t s = 0; s < n; ++s) {
      work.definition_tasks.push_back({work.tasks[s].residues, &work.forward[s], &work.backward[s]});
    }
    work.definer.define(profile, options.seed, work.definition_tasks, std::span(work.definitions).first(n),
                        budget);
    for (size_t s = 0; s < n; ++s) {
      const Survivor& survivor = together[s];
      std::optional<Hit> hit = make_hit(targets[survivor.index], survivor.outcome, work.definitions[s]);
      if (hit) on_hit(survivor.index, std::move(*hit));
    }
  }

  std::optional<Hit> make_hit(const Target& target, const FilterOutcome& outcome,
                              DomainDefinition& definition) {
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
    hit.domains = std::move(definition.domains);
    const Scorer scorer(profile.core().evalue, options.null2, static_cast<int>(target.residues.size()),
                        outcome.null_nats);
    for (Domain& domain : hit.domains) scorer.score_domain(domain);
    scorer.score_target(outcome.forward_nats, definition, hit);
    hit.best_domain = best_domain(hit.domains);
    return hit;
  }

  const Profile& profile;
  const PipelineOptions options;
  MatrixBudget& budget;
  StageCounters counters;
  FirstPass first_pass;
  std::vector<uint32_t> past_first;
  std::vector<Survivor> survivors;  // that wait for finish()
  FilterCascade cascade;
};

TargetPiece::TargetPiece() : pairs_(std::make_unique<PairBlock>()) {}
TargetPiece::~TargetPiece() = default;

void TargetPiece::assign(std::span<const Target> targets, size_t from, size_t to) {
  targets_ = targets;
  from_ = from;
  n_residues_ = 0;
  std::vector<std::span<const bio::Code>> residues;
  residues.reserve(to - from);
  for (const Target& target : targets.subspan(from, to - from)) {
    check_length(target);
    n_residues_ += static_cast<int64_t>(target.residues.size());
    residues.push_back(target.residues);
  }
  pairs_->assign(std::move(residues));
}

Pipeline::Pipeline(const Profile& profile, const PipelineOptions& options, MatrixBudget* budget)
    : impl_(
          std::make_unique<Impl>(profile, options, budget != nullptr ? *budget : MatrixBudget::unlimited())) {
  if (!profile.core().calibrated) base::throw_internal("model '{}' was not calibrated", profile.core().name);
}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
const StageCounters& Pipeline::counters() const { return impl_->counters; }

void Pipeline::filter(TargetPiece& piece) {
  Impl& self = *impl_;
  self.counters.n_residues += piece.n_residues_;
  self.counters.n_targets += std::ssize(piece.pairs_->targets());
  self.filter(*piece.pairs_, piece.targets_, piece.from_);
}

void Pipeline::search(std::span<const Target> block, const OnHit& on_hit) {
  TargetPiece piece;
  piece.assign(block, 0, block.size());
  filter(piece);
  finish(block, on_hit);
}

void Pipeline::finish(std::span<const Target> targets, const OnHit& on_hit) {
  impl_->finish(targets, on_hit);
}

}  // namespace foldmesh::hmm
