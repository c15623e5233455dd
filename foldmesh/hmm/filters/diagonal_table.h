// Scores laid out for vectors that walk along the diagonals of a profile x target matrix (ungapped matches),
// and the loops that do so. Why this layout: docs/design/search-filters.md.
//
// A row holds the scores of one residue, or of one pair of successive residues, at every node. Its cells are
// striped: lane r of vector q is cell c = r * n_vectors + q, c = k - 1 for node k, so a diagonal that has
// reached (q, r) continues at (q + 1, r), and at the end of the lane's stretch at (0, r + 1). A row may
// repeat its cells behind its last vector, one lane on and again, so that diagonals change lanes more rarely.
#ifndef FOLDMESH_HMM_FILTERS_DIAGONAL_TABLE_H_
#define FOLDMESH_HMM_FILTERS_DIAGONAL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

// How a profile of M nodes is laid out; depends on the instruction set.
struct DiagonalShape {
  int lanes = 0;      // of a vector; 1 when the machine has no vectors that we know of
  int n_vectors = 0;  // ceil(M / lanes)
  int n_bands = 0;    // of vectors that stay in registers together; they divide n_vectors evenly
  int turn = 0;       // lanes that a diagonal changes by at once, 1, 2, 4 or 8, after turn * n_vectors cells
  int row_vectors = 0;

  int n_cells() const { return lanes * n_vectors; }
  size_t row_bytes() const { return static_cast<size_t>(row_vectors) * static_cast<size_t>(lanes); }
  int widest_band() const { return (n_vectors + n_bands - 1) / n_bands; }
  int band_begin(int band) const { return band * n_vectors / n_bands; }
};

DiagonalShape diagonal_shape(int M);

struct DiagonalTable {
  DiagonalShape shape;
  simd::AlignedVector<int8_t> cells;  // row after row

  bool empty() const { return cells.empty(); }
  const int8_t* row(size_t r) const { return cells.data() + r * shape.row_bytes(); }
};

// Every cell of a row of the given shape: score(c) for c in [0, n_cells), repeated where the row runs on.
template <typename Score>
void fill_row(const DiagonalShape& shape, Score score, int8_t* row) {
  for (int q = 0; q < shape.row_vectors; ++q) {
    for (int r = 0; r < shape.lanes; ++r) *row++ = score((r * shape.n_vectors + q) % shape.n_cells());
  }
}

// Pairs of residues are numbered by the classes of the two: each canonical residue is a class, X is one, the
// other degenerate codes and the stop share one. A pair's second half may be missing, at the end of a target.
inline constexpr int kClassX = 20, kClassOther = 21, kClassNone = 22;
inline constexpr int kPairRadix = 23;
inline constexpr int kNoPair = kClassNone * kPairRadix;  // both missing
inline constexpr int kPairRows = kNoPair + 1;

// The pairs of a target that is not empty, and kNoPair behind them up to `n` at least; up to
// kWrittenBeyondPairs elements behind that are written, too.
inline constexpr size_t kWrittenBeyondPairs = 64;
void write_pairs(std::span<const bio::Code> target, size_t n, uint16_t* rows);

// How many targets pair_maxima() wants at once, to have enough independent work for the machine.
inline constexpr size_t kLargestPairGroup = 8;
size_t pair_group_size(const DiagonalShape& shape);

// The pairs of some targets, `pitch` apart.
struct PairRows {
  const uint16_t* first;
  size_t pitch, n_targets, n_rows;  // of each, kNoPair behind the end of a target
};

// The walk: all diagonals start at -128, a step adds a score and limits the sum to [-128, 127], and behind
// the last cell of a row a diagonal goes on at the first. The result is the highest value met.
//
// In steps of two residues, for at most pair_group_size() targets. If they are more than one but fewer than
// that, the rows of the missing ones must be there as well and may hold anything valid.
void pair_maxima(const DiagonalTable& pairs, const PairRows& targets, int8_t* maxima);

// In steps of one residue; `scores` has a row for each code.
int8_t diagonal_maximum(const DiagonalTable& scores, std::span<const bio::Code> target);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_DIAGONAL_TABLE_H_
