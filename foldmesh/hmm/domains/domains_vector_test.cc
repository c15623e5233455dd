// The batched, vectorised domain code against its plain versions, bit by bit, on every vector instruction
// set.
#include <gtest/gtest.h>

#include <algorithm>

#include "foldmesh/hmm/domains/domain_definition.h"
#include "foldmesh/hmm/domains/domain_definition_ref.h"
#include "foldmesh/hmm/domains/envelope_scores.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"
#include "foldmesh/hmm/domains/trace_sampler.h"
#include "foldmesh/hmm/random_models.h"

namespace foldmesh::hmm {
namespace {

using Keep = DpMatrix::Keep;

struct Targets {
  std::vector<std::vector<bio::Code>> residues;
  std::span<const bio::Code> add(std::vector<bio::Code> target) {
    residues.push_back(std::move(target));
    return residues.back();
  }
};

bool same(const AlignmentStep& a, const AlignmentStep& b) {
  return a.state == b.state && a.k == b.k && a.i == b.i && same_bits(a.posterior, b.posterior);
}

void expect_same_odds(const Null2Odds& a, const Null2Odds& b) {
  for (size_t x = 0; x < a.size(); ++x) EXPECT_TRUE(same_bits(a[x], b[x])) << "code " << x;
}

EnvelopeScore reference_score(const Profile& profile, const EnvelopeTask& task) {
  const LengthModel& length = task.stretch.length;
  EnvelopeScore score;
  DpMatrix forward, backward;
  score.nats = forward_ref(profile, length, task.stretch.residues, Keep::kAll, forward);
  backward_ref(profile, length, task.stretch.residues, forward, Keep::kAll, backward);
  score.in_range = decode_posteriors_ref(profile, length, forward, backward);
  if (!score.in_range) return score;
  score.alignment = optimal_accuracy_alignment_ref(profile, length, backward, forward);
  score.null2 = null2_by_expectation_ref(profile, backward);
  return score;
}

constexpr int kManyThreads = 1000;  // whose shares are nothing

// Also with so little memory that most rows are computed again; `pool`: bytes that are enough for that.
void expect_same_scores(const Profile& profile, const std::vector<EnvelopeTask>& tasks, size_t pool) {
  std::vector<EnvelopeScore> expected;
  for (const EnvelopeTask& task : tasks) expected.push_back(reference_score(profile, task));
  int n_targets = 0;
  on_every_vector_target([&](const std::string& target) {
    SCOPED_TRACE(target);
    ++n_targets;
    std::vector<EnvelopeScore> scores(2 * tasks.size());
    const std::span<EnvelopeScore> roomy = std::span(scores).first(tasks.size()),
                                   tight = std::span(scores).subspan(tasks.size());
    EnvelopeScorer().score(profile, tasks, roomy);
    MatrixBudget little(4 * pool, kManyThreads, true);
    EnvelopeScorer().score(profile, tasks, tight, little);
    for (size_t which = 0; which < scores.size(); ++which) {
      SCOPED_TRACE(which);
      const size_t n = which % tasks.size();
      const EnvelopeScore& found = scores[which];
      EXPECT_TRUE(same_bits(found.nats, expected[n].nats));
      ASSERT_EQ(found.in_range, expected[n].in_range);
      if (!expected[n].in_range) continue;
      const OptimalAlignment &a = found.alignment, &b = expected[n].alignment;
      EXPECT_TRUE(same_bits(a.expected_accuracy, b.expected_accuracy));
      ASSERT_EQ(a.steps.size(), b.steps.size());
      EXPECT_TRUE(std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), same));
      if (tasks[n].wants_null2) expect_same_odds(found.null2, expected[n].null2);
    }
  });
  EXPECT_GT(n_targets, 0);
}

int draw(Lcg& rng, int n) { return static_cast<int>(rng.next() >> 8) % n; }

TEST(EnvelopeScores, RandomModelsAndStretches) {
  Lcg rng(1);
  Targets targets;
  for (int M : {1, 2, 3, 5, 8, 9, 13, 16, 33, 99, 100, 127, 260}) {
    SCOPED_TRACE(M);
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    std::vector<EnvelopeTask> tasks;
    for (int n = 1 + draw(rng, 10); n > 0; --n) {
      const int L = 1 + draw(rng, n == 1 ? 5 : 150);
      tasks.push_back({{LengthModel::unihit(L + draw(rng, 300)), targets.add(random_target(rng, model, L))},
                       draw(rng, 3) > 0});
    }
    expect_same_scores(profile, tasks, 200'000);
  }
}

TEST(EnvelopeScores, TooLargeToShareVectors) {
  Lcg rng(2);
  Targets targets;
  const CoreModel model = random_model(rng, 1000);
  const Profile profile(model);
  std::vector<EnvelopeTask> tasks;
  for (int L : {700, 650, 10}) {
    tasks.push_back({{LengthModel::unihit(L), targets.add(random_target(rng, model, L))}, true});
  }
  expect_same_scores(profile, tasks, 1'500'000);
}

TEST(EnvelopeScores, OutOfRangeOnesDoNotDisturbTheOthers) {
  Lcg rng(3);
  Targets targets;
  for (int M : {35, 150}) {
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    std::vector<bio::Code> twice;
    for (int i = 0; i < 2 * M; ++i) {
      const auto& p = model.mat[i % M + 1];
      twice.push_back(static_cast<bio::Code>(std::max_element(p.begin(), p.end()) - p.begin()));
    }
    std::vector<EnvelopeTask> tasks;
    for (int n = 0; n < 5; ++n) {
      tasks.push_back(
          {{LengthModel::unihit(2 * M), targets.add(random_target(rng, model, 2 * M - n))}, true});
    }
    tasks[2].stretch.residues = targets.add(twice);
    EXPECT_EQ(reference_score(profile, tasks[2]).in_range, M < 100);
    expect_same_scores(profile, tasks, 200'000);
  }
}

TEST(TraceSampler, SameDrawsAsReference) {
  Lcg rng(4);
  Targets targets;
  for (int M : {1, 4, 9, 30, 101, 230}) {
    SCOPED_TRACE(M);
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    std::vector<ForwardTask> regions;
    std::vector<std::vector<std::vector<SampledDomain>>> expected;
    constexpr int kTraces = 20;
    for (int n = 1 + draw(rng, 7); n > 0; --n) {
      std::vector<bio::Code> target = random_target(rng, model, 1 + draw(rng, 200));
      for (bio::Code& x : target) x = x == bio::kStop ? bio::Code{0} : x;  // some path is needed
      const int L = static_cast<int>(target.size());
      regions.push_back({LengthModel::multihit(L + draw(rng, 100)), targets.add(std::move(target))});
      DpMatrix forward;
      forward_ref(profile, regions.back().length, regions.back().residues, Keep::kAll, forward);
      Lcg draws(42);
      expected.emplace_back();
      for (int trace = 0; trace < kTraces; ++trace) {
        expected.back().push_back(sample_trace_ref(profile, regions.back().length, forward, draws));
      }
    }
    on_every_vector_target([&](const std::string& name) {
      SCOPED_TRACE(name);
      int n_traces = 0;
      const auto check = [&](int region, int trace, auto domains) {
        const std::vector<SampledDomain>& wanted = expected[region][trace];
        ++n_traces;
        ASSERT_EQ(domains.size(), wanted.size());
        for (size_t d = 0; d < domains.size(); ++d) {
          EXPECT_EQ(domains[d].seq_from, wanted[d].seq_from);
          EXPECT_EQ(domains[d].seq_to, wanted[d].seq_to);
          EXPECT_EQ(domains[d].hmm_from, wanted[d].hmm_from);
          EXPECT_EQ(domains[d].hmm_to, wanted[d].hmm_to);
          EXPECT_TRUE(std::equal(domains[d].nodes.begin(), domains[d].nodes.end(), wanted[d].emitting.begin(),
                                 wanted[d].emitting.end()));
          simd::AlignedVector<float> counts;
          std::vector<float> counts_ref;
          expect_same_odds(null2_by_nodes(profile.float_tables(), domains[d].nodes, counts),
                           null2_by_trace_ref(profile, wanted[d], counts_ref));
        }
      };
      TraceSampler().sample(profile, regions, 42, kTraces, check);
      MatrixBudget little(size_t{16} << 20, kManyThreads, true), nearly_none(0, 1, true);
      TraceSampler().sample(profile, regions, 42, kTraces, check, little);
      TraceSampler().sample(profile, regions, 42, kTraces, check, nearly_none);
      EXPECT_EQ(n_traces, 3 * kTraces * static_cast<int>(regions.size()));
    });
  }
}

void expect_same_definition(const DomainDefinition& a, const DomainDefinition& b) {
  EXPECT_EQ(a.n_regions, b.n_regions);
  EXPECT_EQ(a.n_clustered, b.n_clustered);
  EXPECT_EQ(a.n_envelopes, b.n_envelopes);
  EXPECT_EQ(a.n_overlaps, b.n_overlaps);
  EXPECT_TRUE(same_bits(a.n_expected, b.n_expected));
  EXPECT_TRUE(std::equal(a.null2_scores.begin(), a.null2_scores.end(), b.null2_scores.begin(),
                         b.null2_scores.end(), same_bits));
  ASSERT_EQ(a.domains.size(), b.domains.size());
  for (size_t d = 0; d < a.domains.size(); ++d) {
    const Domain &x = a.domains[d], &y = b.domains[d];
    EXPECT_EQ(x.env_from, y.env_from);
    EXPECT_EQ(x.env_to, y.env_to);
    EXPECT_TRUE(same_bits(x.envelope_score, y.envelope_score));
    EXPECT_TRUE(same_bits(x.domain_correction, y.domain_correction));
    EXPECT_TRUE(same_bits(x.oa_score, y.oa_score));
    EXPECT_EQ(x.alignment.hmm_from, y.alignment.hmm_from);
    EXPECT_EQ(x.alignment.seq_from, y.alignment.seq_from);
    EXPECT_EQ(x.alignment.aligned, y.alignment.aligned);
    EXPECT_EQ(x.alignment.pp, y.alignment.pp);
  }
}

// Targets with none, one and several copies of parts of the query.
TEST(DomainDefiner, BatchesGiveWhatSingleTargetsGive) {
  Lcg rng(5);
  const CoreModel model = random_model(rng, 120);
  CoreModel annotated = model;
  annotated.consensus.assign(model.M, 'a');
  const Profile profile(annotated);
  Targets targets;
  std::vector<DpMatrix> forward(30), backward(30);
  std::vector<Specials> forward_rows(30), backward_rows(30);
  std::vector<DefinitionTask> tasks;
  std::vector<ForwardTask> forward_tasks;
  for (int n = 0; n < 30; ++n) {
    const auto residues = targets.add(random_target(rng, model, 1 + draw(rng, 500)));
    const LengthModel length = LengthModel::multihit(static_cast<int>(residues.size()));
    forward_ref(profile, length, residues, Keep::kSpecials, forward[n]);
    backward_ref(profile, length, residues, forward[n], Keep::kSpecials, backward[n]);
    forward_tasks.push_back({length, residues});
    tasks.push_back({residues, &forward_rows[n], &backward_rows[n]});
  }
  int n_clustered = 0, n_single = 0;
  on_every_vector_target([&](const std::string& name) {
    SCOPED_TRACE(name);
    ForwardParser parser;
    parser.forward(profile, forward_tasks, forward_rows);
    parser.backward(profile, forward_tasks, forward_rows, backward_rows);
    DomainDefinerRef reference(profile, 42);
    DomainDefiner definer;
    std::vector<DomainDefinition> definitions(tasks.size());
    for (int repetition = 0; repetition < 2; ++repetition) {
      definer.define(profile, 42, tasks, definitions);
      for (size_t n = 0; n < tasks.size(); ++n) {
        SCOPED_TRACE(n);
        const DomainDefinition& expected = reference.define(tasks[n].residues, forward[n], backward[n]);
        n_clustered += expected.n_clustered;
        n_single += expected.n_regions - expected.n_clustered;
        expect_same_definition(definitions[n], expected);
      }
    }
  });
  EXPECT_GT(n_clustered, 0);
  EXPECT_GT(n_single, 0);
}

}  // namespace
}  // namespace foldmesh::hmm
