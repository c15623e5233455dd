// null2: the alternative null hypothesis that a domain's residues were drawn from the composition of the
// states that the alignment uses, so that biased targets lose the score that composition alone gives. Source:
// HMMER 3 behaviour.
#ifndef FOLDMESH_HMM_DOMAINS_NULL2_H_
#define FOLDMESH_HMM_DOMAINS_NULL2_H_

#include <array>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

// Odds of each code under null2 against the background.
using Null2Odds = std::array<float, bio::kNumCodes>;

// Mean odds of each residue over the states in use: nodes weighted by `match`, plus `insert` (or null) and
// `other` for states that emit like the background. `match` and `insert` are in vector order, [Q][4]
// (float_tables.h), and start at a multiple of 16 bytes.
Null2Odds null2_odds(const FloatTables& tables, const float* match, const float* insert, float other);
// From the nodes that emit the residues of one sampled domain, in any order. Residues of insert states count
// as if their node's match state had emitted them. `counts` is scratch.
Null2Odds null2_by_nodes(const FloatTables& tables, std::span<const int> nodes,
                         simd::AlignedVector<float>& counts);
// Fills the degenerate codes in with the plain mean of their members; everything else that is no residue has
// odds 1.
void set_degenerate_odds(Null2Odds& odds);

// The definitions. From the expected use of each state in an envelope; `posterior` as decode_posteriors_ref()
// leaves it. Its row 0 and specials[0] are overwritten.
Null2Odds null2_by_expectation_ref(const Profile& profile, DpMatrix& posterior);
// null2_by_nodes() of one sampled domain. `counts` is scratch.
Null2Odds null2_by_trace_ref(const Profile& profile, const SampledDomain& domain, std::vector<float>& counts);

// Score correction (nats) for `sum` of null2 log-odds, weighing null2 against the plain null by its prior of
// 1/256.
float null2_correction(float sum);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_NULL2_H_
