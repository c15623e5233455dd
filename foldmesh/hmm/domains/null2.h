// null2: the alternative null hypothesis that a domain's residues were drawn from the composition of the
// states that the alignment uses, so that biased targets lose the score that composition alone gives. Source:
// HMMER 3 behaviour.
#ifndef FOLDMESH_HMM_DOMAINS_NULL2_H_
#define FOLDMESH_HMM_DOMAINS_NULL2_H_

#include <array>
#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Odds of each code under null2 against the background.
using Null2Odds = std::array<float, bio::kNumCodes>;

// From the expected use of each state in an envelope; `posterior` as decode_posteriors() leaves it. Its row 0
// and specials[0] are overwritten.
Null2Odds null2_by_expectation(const Profile& profile, DpMatrix& posterior);
// From the states that one sampled domain uses. Residues of insert states count as if their node's match
// state had emitted them. `counts` is scratch.
Null2Odds null2_by_trace(const Profile& profile, const SampledDomain& domain, std::vector<float>& counts);

// Score correction (nats) for `sum` of null2 log-odds, weighing null2 against the plain null by its prior of
// 1/256.
float null2_correction(float sum);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_NULL2_H_
