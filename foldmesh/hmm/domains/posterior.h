// Posterior probabilities from Forward and Backward matrices. Source: Durbin et al. 1998, section 3.2.
#ifndef FOLDMESH_HMM_DOMAINS_POSTERIOR_H_
#define FOLDMESH_HMM_DOMAINS_POSTERIOR_H_

#include <span>
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

// 1 / P(target), in the scale of Backward's row 0, which is given.
inline float inverse_total(const SpecialRow& first) { return static_cast<float>(1.0 / first.N); }

// Probability of emitting residue i from each flanking state.
struct FlankPosterior {
  float N, J, C;
};

// From Forward's row i - 1 and Backward's row i.
inline FlankPosterior flanks(const LengthModel& length, const SpecialRow& forward, const SpecialRow& backward,
                             float norm) {
  return {forward.N * backward.N * length.loop * norm, forward.J * backward.J * length.loop * norm,
          forward.C * backward.C * length.loop * norm};
}

// From the special states of a whole target. False when the probabilities exceed the number range; the tracks
// are then not usable.
bool decode_domain_tracks(const LengthModel& length, std::span<const SpecialRow> forward,
                          std::span<const SpecialRow> backward, bool own_scales, DomainTracks& tracks);

// Turns a full Backward matrix into posterior probabilities of the emitting states: m(i), i(i), and N, J, C
// of specials[i] for the emission of residue i, i = 1..L. Delete cells become 0. False as above.
bool decode_posteriors_ref(const Profile& profile, const LengthModel& length, const DpMatrix& forward,
                           DpMatrix& backward);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_POSTERIOR_H_
