// The alignment of highest expected accuracy: the path through the model that maximises the sum of the
// posterior probabilities of its emissions. Source: Kall et al. 2005; Holmes & Durbin 1998.
#ifndef FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_
#define FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_

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

// `posterior` as decode_posteriors() leaves it, in unihit setting; `values` is scratch.
OptimalAlignment optimal_accuracy_alignment(const Profile& profile, const LengthModel& length,
                                            const DpMatrix& posterior, DpMatrix& values);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_OPTIMAL_ACCURACY_H_
