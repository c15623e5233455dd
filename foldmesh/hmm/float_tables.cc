#include "foldmesh/hmm/float_tables.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

// Scatters value(k), k = 1..4Q, over column `column` of a table with n_columns.
template <typename Value>
void fill_column(simd::AlignedVector<float>& table, int Q, int n_columns, int column, Value value) {
  for (int r = 0; r < FloatTables::kLanes; ++r) {
    for (int q = 0; q < Q; ++q) {
      table[(static_cast<size_t>(q) * n_columns + column) * FloatTables::kLanes + r] = value(r * Q + q + 1);
    }
  }
}

}  // namespace

FloatTables::FloatTables(const Profile& profile) : m_(profile.M()), q_(profile.Q()) {
  const TransitionTable<float>& t = profile.odds_transitions();
  const size_t n = static_cast<size_t>(q_) * kLanes;
  const int last = q_ * kLanes;
  const auto at = [](const std::vector<float>& column) { return [&column](int k) { return column[k]; }; };
  const auto after = [last](const std::vector<float>& column) {
    return [&column, last](int k) { return k < last ? column[k + 1] : 0.0f; };
  };
  forward_.resize(n * kForwardColumns);
  const std::vector<float>* forward[kForwardColumns] = {&t.bm, &t.mm, &t.im, &t.dm, &t.mi, &t.ii, &t.md};
  for (int c = 0; c < kForwardColumns; ++c) fill_column(forward_, q_, kForwardColumns, c, at(*forward[c]));

  backward_.resize(n * kBackwardColumns);
  fill_column(backward_, q_, kBackwardColumns, kEntry, at(t.bm));
  fill_column(backward_, q_, kBackwardColumns, kToMM, after(t.mm));
  fill_column(backward_, q_, kBackwardColumns, kToIM, after(t.im));
  fill_column(backward_, q_, kBackwardColumns, kToDM, after(t.dm));
  fill_column(backward_, q_, kBackwardColumns, kFromMI, at(t.mi));
  fill_column(backward_, q_, kBackwardColumns, kFromII, at(t.ii));

  dd_.resize(n);
  fill_column(dd_, q_, 1, 0, at(t.dd));
  md_.resize(n);
  fill_column(md_, q_, 1, 0, at(t.md));

  unused_deletes_.resize(n);
  fill_column(unused_deletes_, q_, 1, 0,
              [this](int k) { return k == 1 || k > m_ ? std::numeric_limits<float>::infinity() : 0.0f; });
  place_.assign(m_ + 1, 0);
  for (int k = 1; k <= m_; ++k) place_[k] = (k - 1) % q_ * kLanes + (k - 1) / q_;

  accuracy_.resize(n * kAccuracyColumns);
  constexpr float kImpossible = -std::numeric_limits<float>::infinity();
  const auto free_where = [&](int column, const std::vector<float>& kind) {
    fill_column(accuracy_, q_, kAccuracyColumns, column,
                [&](int k) { return kind[k] > 0 ? 0.0f : kImpossible; });
  };
  const auto floor_where_any = [&](int column, std::initializer_list<const std::vector<float>*> kinds) {
    fill_column(accuracy_, q_, kAccuracyColumns, column, [&](int k) {
      return std::any_of(kinds.begin(), kinds.end(), [k](const auto* kind) { return !((*kind)[k] > 0); })
                 ? 0.0f
                 : kImpossible;
    });
  };
  free_where(kFreeBM, t.bm);
  free_where(kFreeMM, t.mm);
  free_where(kFreeIM, t.im);
  free_where(kFreeDM, t.dm);
  floor_where_any(kFloorM, {&t.bm, &t.mm, &t.im, &t.dm});
  free_where(kFreeMI, t.mi);
  free_where(kFreeII, t.ii);
  floor_where_any(kFloorI, {&t.mi, &t.ii});
  free_where(kFreeMD, t.md);
  free_where(kFreeDD, t.dd);
  floor_where_any(kFloorD, {&t.md, &t.dd});

  odds_.resize(n * bio::kNumCodes);
  odds_by_vector_.resize(n * bio::kNumCanonical);
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    const float* odds = profile.match_odds(x);
    float* row = odds_.data() + x * n;
    for (int r = 0; r < kLanes; ++r) {
      for (int q = 0; q < q_; ++q) row[q * kLanes + r] = odds[r * q_ + q + 1];
    }
    if (!bio::is_canonical(x)) continue;
    for (int q = 0; q < q_; ++q) {
      for (int r = 0; r < kLanes; ++r) {
        odds_by_vector_[(static_cast<size_t>(q) * bio::kNumCanonical + x) * kLanes + r] = row[q * kLanes + r];
      }
    }
  }
}

}  // namespace foldmesh::hmm
