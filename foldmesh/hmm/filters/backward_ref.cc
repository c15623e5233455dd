// Backward written plainly; the definition that faster versions are tested against. For the order of sums see
// forward_ref.cc.
#include <algorithm>
#include <array>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

constexpr int kLanes = Profile::kLanes;
// Forward's factors can be too small for Backward where a strong domain is followed by another; beyond this
// level it takes its own.
constexpr double kOwnScalesAbove = 1.0e16, kRescaleAbove = 1.0e4;

using Lanes = std::array<float, kLanes>;

// Last step of a delete row. On entry d[k] holds what leads from D_k into match states; on return also the
// ways to E and through deletions, lane by lane and then carried three lanes further (downwards in k).
void close_delete_row(const Profile& profile, float E, float* d) {
  const float* dd = profile.odds_transitions().dd.data();
  const int Q = profile.Q();
  Lanes next, carry{};
  for (int r = 0; r < kLanes; ++r) next[r] = r + 1 < kLanes ? d[(r + 1) * Q + 1] + E : 0.0f;
  for (int q = Q - 1; q >= 0; --q) {
    for (int r = 0; r < kLanes; ++r) {
      const int k = r * Q + q + 1;
      carry[r] = next[r] * dd[k];
      d[k] += carry[r] + E;
      next[r] = d[k];
    }
  }
  for (int pass = 1; pass < kLanes; ++pass) {
    for (int r = 0; r + 1 < kLanes; ++r) carry[r] = carry[r + 1];
    carry[kLanes - 1] = 0;
    for (int q = Q - 1; q >= 0; --q) {
      for (int r = 0; r < kLanes; ++r) {
        const int k = r * Q + q + 1;
        carry[r] *= dd[k];
        d[k] += carry[r];
      }
    }
  }
}

// On entry m[k] holds what leads from M_k into match and insert states; adds the ways to E and into
// deletions.
void close_match_row(const Profile& profile, float E, const float* d, float* m) {
  const float* md = profile.odds_transitions().md.data();
  const int last = profile.row_size() - 1;
  for (int k = 1; k < last; ++k) m[k] = (m[k] + E) + d[k + 1] * md[k];
  m[last] += E;
}

// Multiplies the match cells of row i + 1 by the emission of its residue.
void emit(const Profile& profile, bio::Code x, const float* next_m, float* emitted) {
  const float* odds = profile.match_odds(x);
  for (int k = 1; k < profile.row_size(); ++k) emitted[k] = next_m[k] * odds[k];
}

// Fills row i with what leads into row i + 1; the ways to E and through deletions are still missing.
void open_row(const Profile& profile, const float* __restrict emitted, const float* __restrict next_i,
              float* __restrict m, float* __restrict ins, float* __restrict d) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const float *mm = t.mm.data(), *im = t.im.data(), *dm = t.dm.data(), *mi = t.mi.data(), *ii = t.ii.data();
  const int last = profile.row_size() - 1;
  for (int k = 1; k < last; ++k) {
    ins[k] = next_i[k] * ii[k] + emitted[k + 1] * im[k + 1];
    d[k] = emitted[k + 1] * dm[k + 1];
    m[k] = next_i[k] * mi[k] + emitted[k + 1] * mm[k + 1];
  }
  m[last] = ins[last] = d[last] = 0.0f;  // nothing leads out of the last node, and this is it or lies beyond
}

float pair_sum(const Lanes& sum) { return (sum[0] + sum[1]) + (sum[2] + sum[3]); }

// sum_k B->M_k e(x_{i+1}, k) M(i+1, k); the reference walks down through the row, except for row 0.
float begin_sum(const Profile& profile, const float* emitted, bool downwards) {
  const float* bm = profile.odds_transitions().bm.data();
  const int Q = profile.Q();
  Lanes sum{};
  for (int step = 0; step < Q; ++step) {
    const int q = downwards ? Q - 1 - step : step;
    for (int r = 0; r < kLanes; ++r) {
      const int k = r * Q + q + 1;
      sum[r] += emitted[k] * bm[k];
    }
  }
  return pair_sum(sum);
}

// Divides a finished row by row.scale.
void rescale(SpecialRow& row, float* cells, int n, DpMatrix& backward) {
  if (!(row.scale > 1.0f)) return;
  row.E /= row.scale;
  row.N /= row.scale;
  row.J /= row.scale;
  row.B /= row.scale;
  row.C /= row.scale;
  const float inverse = static_cast<float>(1.0 / row.scale);
  for (int c = 0; c < n; ++c) cells[c] *= inverse;
  backward.total_scale = static_cast<float>(backward.total_scale + log_of(row.scale));
}

}  // namespace

float backward_ref(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target,
                   const DpMatrix& forward, DpMatrix::Keep keep, DpMatrix& backward) {
  const int L = static_cast<int>(target.size());
  backward.reshape(profile, L, keep);
  backward.emitted.assign(profile.row_size(), 0.0f);
  float* emitted = backward.emitted.data();
  const int row_cells = 3 * profile.row_size();

  SpecialRow* row = &backward.specials[L];
  row->C = length.move;
  row->E = row->C * length.e_to_c;
  row->scale = forward.specials[L].scale;
  std::fill_n(backward.m(L), row_cells, 0.0f);
  close_delete_row(profile, row->E, backward.d(L));
  close_match_row(profile, row->E, backward.d(L), backward.m(L));
  rescale(*row, backward.m(L), row_cells, backward);

  for (int i = L - 1; i >= 1; --i) {
    const SpecialRow& next = backward.specials[i + 1];
    float *m = backward.m(i), *ins = backward.i(i), *d = backward.d(i);
    m[0] = ins[0] = d[0] = 0.0f;
    emit(profile, target[i], backward.m(i + 1), emitted);
    open_row(profile, emitted, backward.i(i + 1), m, ins, d);

    row = &backward.specials[i];
    row->B = begin_sum(profile, emitted, true);
    row->C = next.C * length.loop;
    row->J = row->B * length.move + next.J * length.loop;
    row->N = row->B * length.move + next.N * length.loop;
    row->E = row->C * length.e_to_c + row->J * length.e_to_j;
    close_delete_row(profile, row->E, d);
    close_match_row(profile, row->E, d, m);

    if (row->B > kOwnScalesAbove) backward.own_scales = true;
    row->scale = !backward.own_scales ? forward.specials[i].scale : row->B > kRescaleAbove ? row->B : 1.0f;
    rescale(*row, m, row_cells, backward);
  }

  row = &backward.specials[0];
  emit(profile, target[0], backward.m(1), emitted);
  row->B = begin_sum(profile, emitted, false);
  row->N = row->B * length.move + backward.specials[1].N * length.loop;
  return static_cast<float>(backward.total_scale + log_of(row->N));
}

}  // namespace foldmesh::hmm
