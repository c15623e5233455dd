// The alignment of highest expected accuracy: the path through the model that maximises the sum of the
// posterior probabilities of its emissions. Source: Kall et al. 2005; Holmes & Durbin 1998.
#ifndef FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_
#define FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

enum class AlignmentState : uint8_t { kMatch, kInsert, kDelete };

struct AlignmentStep {
  AlignmentState state;
  int k = 0;            // node
  int i = 0;            // residue of the scored stretch, 1-based; for a deletion, of the step before
  float posterior = 0;  // 0 for a deletion
};

struct OptimalAlignment {
  float expected_accuracy = 0;       // sum of posteriors over the stretch, flanks included
  std::vector<AlignmentStep> steps;  // from the first to the last match; empty when no path exists
};

// In the fill a forbidden transition offers 0 instead of being left out; sums of posteriors are never below
// that.
inline float offered(float transition, float value) { return transition > 0 ? value : 0.0f; }

// The flanks of a row whose E is set; `posterior`: N, J and C for the emission of its residue.
inline void fill_accuracy_flanks(const LengthModel& length, const SpecialRow& posterior,
                                 const SpecialRow& previous, SpecialRow& row) {
  row.J = std::max(offered(length.loop, previous.J + posterior.J), offered(length.e_to_j, row.E));
  row.C = std::max(offered(length.loop, previous.C + posterior.C), offered(length.e_to_c, row.E));
  row.N = offered(length.loop, previous.N + posterior.N);
  row.B = std::max(offered(length.move, row.N), offered(length.move, row.J));
}

// `posterior` as decode_posteriors_ref() leaves it, in unihit setting; `values` is scratch.
OptimalAlignment optimal_accuracy_alignment_ref(const Profile& profile, const LengthModel& length,
                                                const DpMatrix& posterior, DpMatrix& values);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_
