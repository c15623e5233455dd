// The null hypothesis: residues drawn independently from a fixed composition, with a geometric length.
#ifndef FOLDMESH_HMM_BACKGROUND_H_
#define FOLDMESH_HMM_BACKGROUND_H_

#include <array>

#include "foldmesh/bio/alphabet.h"

namespace foldmesh::hmm {

// Residue frequencies, order of bio::Code (A C D E ...); they sum to 0.9999999.
inline constexpr std::array<float, bio::kNumCanonical> kBackground = {
    .0787945f, .0151600f, .0535222f, .0668298f, .0397062f, .0695071f, .0229198f,
    .0590092f, .0594422f, .0963728f, .0237718f, .0414386f, .0482904f, .0395639f,
    .0540978f, .0683364f, .0540687f, .0673417f, .0114135f, .0304133f};

// Probability of staying in the background for one more residue when the target has length L.
inline float null_loop(int L) { return static_cast<float>(L) / static_cast<float>(L + 1); }

// Log probability (nats) of the length under the null; emissions cost nothing since profile scores are
// already odds.
float null_score(int L);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_BACKGROUND_H_
