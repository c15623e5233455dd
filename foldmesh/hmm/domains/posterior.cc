#include "foldmesh/hmm/domains/posterior.h"

#include <cmath>

namespace foldmesh::hmm {

bool decode_domain_tracks(const LengthModel& length, std::span<const SpecialRow> forward,
                          std::span<const SpecialRow> backward, bool own_scales, DomainTracks& tracks) {
  const int L = static_cast<int>(forward.size()) - 1;
  tracks.occupancy.assign(L + 1, 0.0f);
  tracks.begins.assign(L + 1, 0.0f);
  tracks.ends.assign(L + 1, 0.0f);
  float norm = inverse_total(backward[0]);
  for (int i = 1; i <= L; ++i) {
    const SpecialRow &f = forward[i], &b = backward[i];
    const SpecialRow &previous_f = forward[i - 1], &previous_b = backward[i - 1];
    tracks.begins[i] = tracks.begins[i - 1] + previous_f.B * previous_b.B * previous_f.scale * norm;
    if (own_scales) norm *= previous_f.scale / previous_b.scale;
    tracks.ends[i] = tracks.ends[i - 1] + f.E * b.E * f.scale * norm;
    const FlankPosterior flank = flanks(length, previous_f, b, norm);
    tracks.occupancy[i] = static_cast<float>(1.0 - ((flank.N + flank.J) + flank.C));
  }
  return !std::isinf(norm) && !std::isnan(norm);
}

}  // namespace foldmesh::hmm
