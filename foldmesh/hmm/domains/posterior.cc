#include "foldmesh/hmm/domains/posterior.h"

#include <algorithm>
#include <cmath>

namespace foldmesh::hmm {
namespace {

// 1 / P(target), in the scale of Backward's row 0.
float inverse_total(const DpMatrix& backward) { return static_cast<float>(1.0 / backward.specials[0].N); }

// Probability of emitting residue i from each flanking state.
struct FlankPosterior {
  float N, J, C;
};

FlankPosterior flanks(const LengthModel& length, const SpecialRow& forward, const SpecialRow& backward,
                      float norm) {
  return {forward.N * backward.N * length.loop * norm, forward.J * backward.J * length.loop * norm,
          forward.C * backward.C * length.loop * norm};
}

}  // namespace

bool decode_domain_tracks(const LengthModel& length, const DpMatrix& forward, const DpMatrix& backward,
                          DomainTracks& tracks) {
  const int L = forward.L();
  tracks.occupancy.assign(L + 1, 0.0f);
  tracks.begins.assign(L + 1, 0.0f);
  tracks.ends.assign(L + 1, 0.0f);
  float norm = inverse_total(backward);
  for (int i = 1; i <= L; ++i) {
    const SpecialRow &f = forward.specials[i], &b = backward.specials[i];
    const SpecialRow &previous_f = forward.specials[i - 1], &previous_b = backward.specials[i - 1];
    tracks.begins[i] = tracks.begins[i - 1] + previous_f.B * previous_b.B * previous_f.scale * norm;
    if (backward.own_scales) norm *= previous_f.scale / previous_b.scale;
    tracks.ends[i] = tracks.ends[i - 1] + f.E * b.E * f.scale * norm;
    const FlankPosterior flank = flanks(length, previous_f, b, norm);
    tracks.occupancy[i] = static_cast<float>(1.0 - ((flank.N + flank.J) + flank.C));
  }
  return !std::isinf(norm) && !std::isnan(norm);
}

bool decode_posteriors(const Profile& profile, const LengthModel& length, const DpMatrix& forward,
                       DpMatrix& backward) {
  float norm = inverse_total(backward);
  for (int i = 1; i <= forward.L(); ++i) {
    const SpecialRow& f = forward.specials[i];
    SpecialRow& b = backward.specials[i];
    const float scale = norm * f.scale;
    const float *fm = forward.m(i), *fi = forward.i(i);
    float *bm = backward.m(i), *bi = backward.i(i);
    for (int k = 1; k < profile.row_size(); ++k) {
      bm[k] = fm[k] * bm[k] * scale;
      bi[k] = fi[k] * bi[k] * scale;
    }
    std::fill_n(backward.d(i), profile.row_size(), 0.0f);
    const FlankPosterior flank = flanks(length, forward.specials[i - 1], b, norm);
    b.E = b.B = 0;
    b.N = flank.N;
    b.J = flank.J;
    b.C = flank.C;
    if (backward.own_scales) norm *= f.scale / b.scale;
  }
  return !std::isinf(norm) && !std::isnan(norm);
}

}  // namespace foldmesh::hmm
