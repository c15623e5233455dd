// Which parts of a target match the profile: regions, envelopes, and a scored alignment for each.
// Source: HMMER 3 behaviour (posterior heuristics with sampled alignments for crowded regions).
#ifndef FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_
#define FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_

#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/cluster.h"
#include "foldmesh/hmm/domains/null2.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/domains/regions.h"
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

// Working memory for one thread; not thread-safe.
class DomainDefiner {
 public:
  DomainDefiner(const Profile& profile, uint32_t seed) : profile_(profile), seed_(seed) {}

  // `forward` and `backward` hold the special states of the whole target, multihit. The result is valid until
  // the next call. Sampling starts from the same seed in every region, so results do not depend on what was
  // searched before.
  const DomainDefinition& define(std::span<const bio::Code> target, const DpMatrix& forward,
                                 const DpMatrix& backward);

 private:
  std::vector<Envelope> envelopes_by_sampling(const Region& region);
  bool score_envelope(int from, int to, bool has_null2);
  void set_null2_by_expectation(int from, int to);

  const Profile& profile_;
  const uint32_t seed_;
  std::span<const bio::Code> target_;
  DomainDefinition result_;
  DpMatrix forward_, backward_;
  std::vector<float> counts_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_H_
