// Forward written plainly; the definition that faster versions are tested against.
//
// The sums over nodes follow the order of the reference's 4-lane vectors (Profile::kLanes): lane r holds the
// nodes r*Q+1 .. r*Q+Q, each lane is summed by itself and the four sums are added in pairs.
#include <array>
#include <cmath>
#include <limits>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

constexpr int kLanes = Profile::kLanes;
constexpr double kRescaleAbove = 1.0e4;
constexpr int kShortModel = 100;  // below it the delete passes always run to the end

using Lanes = std::array<float, kLanes>;

void match_insert_row(const Profile& profile, bio::Code x, float begin, const DpMatrix& matrix, int i,
                      float* __restrict m, float* __restrict ins) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const float *bm = t.bm.data(), *mm = t.mm.data(), *im = t.im.data(), *dm = t.dm.data();
  const float *mi = t.mi.data(), *ii = t.ii.data(), *odds = profile.match_odds(x);
  const float *pm = matrix.m(i - 1), *pi = matrix.i(i - 1), *pd = matrix.d(i - 1);
  for (int k = 1; k < profile.row_size(); ++k) {
    m[k] = (begin * bm[k] + pm[k - 1] * mm[k] + pi[k - 1] * im[k] + pd[k - 1] * dm[k]) * odds[k];
    ins[k] = pm[k] * mi[k] + pi[k] * ii[k];
  }
}

// D(k) = M(k-1) MD + D(k-1) DD, evaluated lane by lane: first as if nothing came in from the lane before,
// then three times the incoming deletions are carried one lane further.
void delete_row(const Profile& profile, const float* m, float* d) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const float *md = t.md.data(), *dd = t.dd.data();
  const int Q = profile.Q();
  Lanes carry;
  for (int r = 0; r < kLanes; ++r) {
    d[r * Q + 1] = m[r * Q] * md[r * Q];
    carry[r] = d[r * Q + 1] * dd[r * Q + 1];
  }
  for (int q = 1; q < Q; ++q) {
    for (int r = 0; r < kLanes; ++r) {
      const int k = r * Q + q + 1;
      d[k] = carry[r] + m[k - 1] * md[k - 1];
      carry[r] = d[k] * dd[k];
    }
  }
  for (int pass = 1; pass < kLanes; ++pass) {
    for (int r = kLanes - 1; r > 0; --r) carry[r] = carry[r - 1];
    carry[0] = 0;
    bool changed = false;
    for (int q = 0; q < Q; ++q) {
      for (int r = 0; r < kLanes; ++r) {
        const int k = r * Q + q + 1;
        const float sum = carry[r] + d[k];
        changed |= sum > d[k];
        d[k] = sum;
        carry[r] *= dd[k];
      }
    }
    if (!changed && profile.M() >= kShortModel) break;
  }
}

float row_sum(const float* m, const float* d, int Q) {
  Lanes sum{};
  for (const float* cells : {m, d}) {
    for (int q = 0; q < Q; ++q) {
      for (int r = 0; r < kLanes; ++r) sum[r] += cells[r * Q + q + 1];
    }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

SpecialRow next_specials(const SpecialRow& previous, float E, const LengthModel& length) {
  SpecialRow row;
  row.E = E;
  row.N = previous.N * length.loop;
  row.C = previous.C * length.loop + E * length.e_to_c;
  row.J = previous.J * length.loop + E * length.e_to_j;
  row.B = row.J * length.move + row.N * length.move;
  return row;
}

void rescale(SpecialRow& row, float* cells, int n) {
  row.scale = row.E;
  row.N /= row.E;
  row.C /= row.E;
  row.J /= row.E;
  row.B /= row.E;
  const float inverse = static_cast<float>(1.0 / row.E);
  for (int c = 0; c < n; ++c) cells[c] *= inverse;
  row.E = 1.0f;
}

}  // namespace

float forward_ref(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target,
                  DpMatrix::Keep keep, DpMatrix& forward) {
  const int L = static_cast<int>(target.size());
  forward.reshape(profile, L, keep);
  const int row_cells = 3 * profile.row_size();
  std::fill_n(forward.m(0), row_cells, 0.0f);
  forward.specials[0].N = 1.0f;
  forward.specials[0].B = length.move;

  for (int i = 1; i <= L; ++i) {
    const SpecialRow& previous = forward.specials[i - 1];
    float *m = forward.m(i), *ins = forward.i(i), *d = forward.d(i);
    m[0] = ins[0] = d[0] = 0.0f;
    match_insert_row(profile, target[i - 1], previous.B, forward, i, m, ins);
    delete_row(profile, m, d);
    SpecialRow& row = forward.specials[i];
    row = next_specials(previous, row_sum(m, d, profile.Q()), length);
    if (row.E > kRescaleAbove) {
      rescale(row, m, row_cells);
      forward.total_scale = static_cast<float>(forward.total_scale + log_of(row.scale));
    }
  }
  return static_cast<float>(forward.total_scale + log_of(forward.specials[L].C * length.move));
}

}  // namespace foldmesh::hmm
