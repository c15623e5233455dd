#include "foldmesh/hmm/filters/pair_table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

constexpr int kFloor = -128, kCeiling = 127;

// A segment that begins or ends within a pair is worth this much less (in third-bits) to the pair pass, at
// most. Lower values let more pairs pass as better than they are; the number of targets that survive the pass
// has its minimum about here.
constexpr int kEndLoss = 3;

// A table takes some 600 bytes per node, and the longer the profile the less it gains: at this length the
// pass is a fifth faster than SSV.
constexpr int kMaxPairNodes = 4096;

// The scores of one class of residues along a row, and what they count for when the other half of the pair
// does not belong to the segment.
struct ClassRow {
  simd::AlignedVector<int8_t> score, alone;
};

int class_score(const Profile& profile, int residue_class, int k) {
  const auto score = [&](bio::Code x) { return -profile.diagonal_cost(x)[k]; };
  if (residue_class < kClassX) return score(static_cast<bio::Code>(residue_class));
  if (residue_class == kClassX) return score(bio::kX);
  int best = score(bio::kStop);
  for (const bio::Code x : {bio::kB, bio::kJ, bio::kZ, bio::kO, bio::kU}) best = std::max(best, score(x));
  return best;
}

ClassRow make_class_row(const Profile& profile, const DiagonalShape& shape, int residue_class) {
  ClassRow row;
  row.score.resize(shape.row_bytes());
  row.alone.resize(shape.row_bytes());
  const auto score = [&](int c) {
    return static_cast<int8_t>(c < profile.M() ? class_score(profile, residue_class, c + 1) : kFloor);
  };
  fill_row(shape, score, row.score.data());
  std::transform(row.score.begin(), row.score.end(), row.alone.begin(),
                 [](int8_t s) { return static_cast<int8_t>(s > kEndLoss ? s - kEndLoss : kFloor); });
  return row;
}

// The sum of both, or what one of them is worth alone where that is more. The second of a pair is one cell
// on, which is one vector on.
void fill_pair_row(const ClassRow& first, const ClassRow& second, size_t lanes, size_t n,
                   int8_t* __restrict row) {
  const int8_t *a = first.score.data(), *a_alone = first.alone.data();
  const int8_t *b = second.score.data() + lanes, *b_alone = second.alone.data() + lanes;
  for (size_t i = 0; i < n; ++i) {
    const int16_t sum = static_cast<int16_t>(std::max(a[i] + b[i], kFloor));
    const int16_t alone = std::max(a_alone[i], b_alone[i]);
    row[i] = static_cast<int8_t>(std::max(sum, alone));
  }
}

}  // namespace

DiagonalTable make_diagonal_table(const Profile& profile) {
  DiagonalTable table;
  // One cell more than nodes: no segment gets across it from the last node to the first.
  table.shape = diagonal_shape(profile.M() + 1);
  if (table.shape.n_vectors == 0) return table;
  table.cells.resize(bio::kNumCodes * table.shape.row_bytes());
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    const int16_t* cost = profile.diagonal_cost(x);
    const auto score = [&](int c) { return static_cast<int8_t>(c < profile.M() ? -cost[c + 1] : kFloor); };
    fill_row(table.shape, score, table.cells.data() + x * table.shape.row_bytes());
  }
  return table;
}

PairTable make_pair_table(const Profile& profile) {
  PairTable table;
  table.slack = 2 * kEndLoss;
  const DiagonalShape shape = diagonal_shape(profile.M());
  // No pair may exceed a byte, or its score would be too low.
  if (shape.n_vectors == 0 || profile.M() > kMaxPairNodes || 2 * profile.byte_bias() > kCeiling) return table;
  table.scores.shape = shape;

  // Every row has a vector more than the layout, for the pair that begins in its last vector.
  DiagonalShape longer = shape;
  ++longer.row_vectors;
  std::vector<ClassRow> rows;
  for (int a = 0; a < kClassNone; ++a) rows.push_back(make_class_row(profile, longer, a));

  const size_t n = shape.row_bytes();
  table.scores.cells.assign(kPairRows * n, int8_t{kFloor});
  for (int a = 0; a < kClassNone; ++a) {
    int8_t* row = table.scores.cells.data() + static_cast<size_t>(a * kPairRadix) * n;
    for (int b = 0; b < kClassNone; ++b, row += n) {
      fill_pair_row(rows[a], rows[b], static_cast<size_t>(shape.lanes), n, row);
    }
    std::copy_n(rows[a].score.begin(), n, row);  // the target ends with a
  }
  return table;
}

}  // namespace foldmesh::hmm
