// Which parts of a target match the profile: regions, envelopes, and a scored alignment for each.
// Source: HMMER 3 behaviour (posterior heuristics with sampled alignments for crowded regions).
#ifndef FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_
#define FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_

#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/cluster.h"
#include "foldmesh/hmm/domains/envelope_scores.h"
#include "foldmesh/hmm/domains/null2.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/domains/regions.h"
#include "foldmesh/hmm/domains/trace_sampler.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/hit.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

struct DomainDefinition {
  // In the order found. Envelope, envelope_score, domain_correction, oa_score and alignment are set; the
  // scores that need the null are the pipeline's.
  std::vector<Domain> domains;
  int n_regions = 0;
  int n_clustered = 0;   // regions that were resolved by sampling
  int n_envelopes = 0;   // may exceed the number of domains when one is numerically out of range
  int n_overlaps = 0;    // envelopes that overlap the one before
  float n_expected = 0;  // posterior expected number of domains
  std::vector<float>
      null2_scores;  // [L+1] null2 log-odds per residue (nats), 0 outside domains; index 0 unused
  DomainTracks tracks;
};

// One target whose domains are wanted. `forward` and `backward`: special states of the whole target,
// multihit.
struct DefinitionTask {
  std::span<const bio::Code> residues;
  const Specials* forward = nullptr;
  const Specials* backward = nullptr;
};

inline constexpr int kSampledTraces = 200;

// Adds sampled alignments' null2 odds to the residues of a region; `scores` starts at the region's first
// residue, domains count residues from 1 there. Residues outside domains have odds 1, and so has a domain's
// first residue (the reference's convention).
class Null2Sums {
 public:
  Null2Sums(std::span<const bio::Code> residues, std::span<float> scores)
      : residues_(residues), scores_(scores) {}

  // The next domain of the present alignment.
  void add_domain(int seq_from, int seq_to, const Null2Odds& odds) {
    add_outside(seq_from);
    for (; done_ < seq_to; ++done_) scores_[done_] += odds[residues_[done_]];
  }
  void finish_trace() {
    add_outside(static_cast<int>(scores_.size()));
    done_ = 0;
  }
  // From sums of odds to log-odds.
  void finish() const;

 private:
  void add_outside(int to) {
    for (; done_ < to; ++done_) scores_[done_] += 1.0f;
  }

  std::span<const bio::Code> residues_;
  std::span<float> scores_;
  int done_ = 0;  // residues that have got their share of this alignment
};

// Working memory for one thread; not thread-safe. Regions and envelopes of all targets of a call are worked
// on together; what comes out for a target does not depend on the others.
class DomainDefiner {
 public:
  // Sampling starts from `seed` in every region. Memory in `out` is used again.
  void define(const Profile& profile, uint32_t seed, std::span<const DefinitionTask> tasks,
              std::span<DomainDefinition> out, MatrixBudget& budget = MatrixBudget::unlimited());

 private:
  // A region that holds several domains, or an envelope, of target `task`.
  struct Stretch {
    int task = 0, from = 0, to = 0;  // residues, 1-based
    bool sampled = false;            // its null2 scores come from sampled alignments
    bool first_of_region = false;
  };

  void find_stretches(std::span<const DefinitionTask> tasks, std::span<DomainDefinition> out);
  void sample_regions(const Profile& profile, uint32_t seed, std::span<const DefinitionTask> tasks,
                      std::span<DomainDefinition> out, MatrixBudget& budget);
  void score_envelopes(const Profile& profile, std::span<const DefinitionTask> tasks,
                       std::span<DomainDefinition> out, MatrixBudget& budget);
  static bool add_domain(const Profile& profile, const DefinitionTask& task, const Stretch& envelope,
                         const EnvelopeScore& score, DomainDefinition& definition);

  TraceSampler sampler_;
  EnvelopeScorer scorer_;
  std::vector<Stretch> regions_;    // to be sampled
  std::vector<Stretch> envelopes_;  // of all targets in the order found
  simd::AlignedVector<float> counts_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_
