// Domain definition target by target with the plain versions of every step (x_ref.cc): the definition that
// DomainDefiner is tested against.
#ifndef FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_REF_H_
#define FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_REF_H_

#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/cluster.h"
#include "foldmesh/hmm/domains/domain_definition.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Working memory for one thread; not thread-safe.
class DomainDefinerRef {
 public:
  DomainDefinerRef(const Profile& profile, uint32_t seed) : profile_(profile), seed_(seed) {}

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

#endif  // FOLDMESH_HMM_DOMAINS_DOMAIN_DEFINITION_REF_H_
