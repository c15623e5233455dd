// A domain's alignment as text, and posterior probabilities as letters.
#ifndef FOLDMESH_HMM_DOMAINS_ALIGNMENT_H_
#define FOLDMESH_HMM_DOMAINS_ALIGNMENT_H_

#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/hit.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// '0'..'9' for tenths (rounded), '*' from 0.95.
char posterior_letter(float probability);
// The middle of a letter's range, roughly: '0' is 0.01, '*' is 1, a digit d is d/10, '.' is 0.
float posterior_value(char letter);

// `steps` not empty, beginning and ending with a match; residue i of a step is target[i - 1]; `offset`
// residues come before `target` in the sequence whose coordinates are reported.
DomainAlignment render_alignment(const Profile& profile, std::span<const bio::Code> target,
                                 const std::vector<AlignmentStep>& steps, int offset);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_ALIGNMENT_H_
