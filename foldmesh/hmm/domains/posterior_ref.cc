// Posteriors of all cells written plainly; the definition that envelope_scores.cc is tested against.
#include <algorithm>
#include <cmath>

#include "foldmesh/hmm/domains/posterior.h"

namespace foldmesh::hmm {

bool decode_posteriors_ref(const Profile& profile, const LengthModel& length, const DpMatrix& forward,
                           DpMatrix& backward) {
  float norm = inverse_total(backward.specials[0]);
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
