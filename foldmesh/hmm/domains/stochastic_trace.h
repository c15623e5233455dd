// Alignments sampled in proportion to their probability, from a full Forward matrix.
// Source: Durbin et al. 1998, section 4.3 (probabilistic traceback).
#ifndef FOLDMESH_HMM_DOMAINS_STOCHASTIC_TRACE_H_
#define FOLDMESH_HMM_DOMAINS_STOCHASTIC_TRACE_H_

#include <vector>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/lcg.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// One pass through the model in a sampled alignment.
struct SampledDomain {
  int seq_from = 0, seq_to = 0;  // residues at the first and last match state, 1-based
  int hmm_from = 0, hmm_to = 0;  // their nodes
  std::vector<int> emitting;     // node of the match or insert state of each residue seq_from..seq_to
};

// One sampled alignment: its domains, in sequence order. The number of random draws depends on the path, and
// one wrong choice shifts all later ones.
std::vector<SampledDomain> sample_trace_ref(const Profile& profile, const LengthModel& length,
                                            const DpMatrix& forward, Lcg& rng);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_STOCHASTIC_TRACE_H_
