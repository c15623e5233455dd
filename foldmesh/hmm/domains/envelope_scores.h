// Everything that is computed for an envelope: its score, the alignment of highest expected accuracy with
// posteriors, and null2. Equal to forward_ref, backward_ref, decode_posteriors_ref,
// optimal_accuracy_alignment_ref and null2_by_expectation_ref one after the other, bit by bit.
#ifndef FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_H_
#define FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/hmm/domains/null2.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/matrix_budget.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

struct EnvelopeTask {
  ForwardTask stretch;  // unihit, with the length of the whole target
  bool wants_null2 = false;
};

struct EnvelopeScore {
  float nats = 0;         // Forward
  bool in_range = false;  // false: posteriors exceed the number range, and what follows is not set
  OptimalAlignment alignment;
  Null2Odds null2{};  // if wanted
};

// Working memory of EnvelopeScorer.
struct EnvelopeScratch {
  simd::AlignedVector<float> forward, backward;  // match and insert cells of all rows, or of a block of rows
  simd::AlignedVector<float> deletes;            // cells of one row
  simd::AlignedVector<float> accuracy, accuracy_deletes;  // values of one row
  std::vector<uint8_t> choices;                           // where the values of these rows came from, as bits
  simd::AlignedVector<float> kept;                        // rows from which blocks are computed again
  std::vector<SpecialRow> kept_backward;                  // and Backward's special states there
  std::vector<int> exits;  // per row and slot the node that the best path ends at
  simd::AlignedVector<float> null2_sums;
  simd::AlignedVector<float> null2_match, null2_insert;  // of one envelope, [Q][4]
  std::vector<float> scales;                             // what turns products of cells into posteriors
  std::vector<std::vector<SpecialRow>> forward_rows, backward_rows, accuracy_rows;  // per slot
};

// Working memory for one thread; not thread-safe. Vectors hold several envelopes of similar length side by
// side, so a call with many is faster than many calls.
//
// Memory: 17 bytes per residue and node of the envelopes that share vectors. Their number is chosen so that
// this stays below kSharedBytes and a thread's share of the budget; a longer envelope is worked on by itself.
// It takes what it takes (M = L = 2000: 66 MB) from the budget's pool, or where this is short keeps every
// R-th row and computes the rows between again when they are needed, which takes 2 sqrt(32 * 17 L) M bytes (M
// = L = 30,000: 250 MB instead of 15 GB) and 2 to 3 times as long.
class EnvelopeScorer {
 public:
  static constexpr size_t kSharedBytes = size_t{32} << 20;

  void score(const Profile& profile, std::span<const EnvelopeTask> tasks, std::span<EnvelopeScore> out,
             MatrixBudget& budget = MatrixBudget::unlimited());

 private:
  std::vector<int> order_;
  EnvelopeScratch scratch_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_ENVELOPE_SCORES_H_
