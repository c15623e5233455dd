// Posterior probabilities from Forward and Backward matrices. Source: Durbin et al. 1998, section 3.2.
#ifndef FOLDMESH_HMM_DOMAINS_POSTERIOR_H_
#define FOLDMESH_HMM_DOMAINS_POSTERIOR_H_

#include <vector>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Where domains lie in a target; each [L+1], index 0 is 0.
struct DomainTracks {
  std::vector<float> occupancy;  // probability that residue i belongs to a domain
  std::vector<float> begins;     // expected domains that begin at residue <= i
  std::vector<float> ends;       // expected domains that end at residue <= i
};

// From the special states of a whole target. False when the probabilities exceed the number range; the tracks
// are then not usable.
bool decode_domain_tracks(const LengthModel& length, const DpMatrix& forward, const DpMatrix& backward,
                          DomainTracks& tracks);

// Turns a full Backward matrix into posterior probabilities of the emitting states: m(i), i(i), and N, J, C
// of specials[i] for the emission of residue i, i = 1..L. Delete cells become 0. False as above.
bool decode_posteriors(const Profile& profile, const LengthModel& length, const DpMatrix& forward,
                       DpMatrix& backward);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_POSTERIOR_H_
