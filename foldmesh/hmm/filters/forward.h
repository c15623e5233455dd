// Forward and Backward: the summed probability of all alignments, as odds in single precision with sparse
// rescaling. A row is divided by a scale factor whenever its odds grow large, and the logs of the factors are
// added up apart. Source: Durbin et al. 1998, section 3.2; Eddy 2011 for sparse rescaling.
#ifndef FOLDMESH_HMM_FILTERS_FORWARD_H_
#define FOLDMESH_HMM_FILTERS_FORWARD_H_

#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

// Odds of the states around the model after i residues, i = 0..L, and what row i was divided by (1 if
// nothing).
struct SpecialRow {
  float N = 0, J = 0, B = 0, C = 0, E = 0, scale = 1;
  float unused[2] = {};  // rows are stored as two vectors of four
};

// The special states of one target, rows 0..L.
struct Specials {
  std::vector<SpecialRow> rows;
  float nats = 0;           // the score
  bool own_scales = false;  // Backward only: its rows follow their own scale factors from some row downwards

  int L() const { return static_cast<int>(rows.size()) - 1; }
};

// A dynamic programming matrix over rows i = 0..L and nodes k. It holds either every row or, when only the
// special states are wanted ("parser"), the last two. Reused from target to target; memory grows to the
// largest seen.
class DpMatrix {
 public:
  enum class Keep { kSpecials, kAll };

  void reshape(const Profile& profile, int L, Keep keep);
  int L() const { return L_; }
  int row_size() const { return row_size_; }
  // Cells of row i, index k in [0, row_size). With kSpecials, row i takes the place of row i - 2.
  float* m(int i) { return cell(i, 0); }
  float* i(int i) { return cell(i, 1); }
  float* d(int i) { return cell(i, 2); }
  const float* m(int i) const { return const_cast<DpMatrix*>(this)->cell(i, 0); }
  const float* i(int i) const { return const_cast<DpMatrix*>(this)->cell(i, 1); }
  const float* d(int i) const { return const_cast<DpMatrix*>(this)->cell(i, 2); }

  std::vector<SpecialRow> specials;  // [L+1]
  float total_scale = 0;             // sum of ln(scale)
  // Backward only: its rows follow their own scale factors from some row downwards.
  bool own_scales = false;
  std::vector<float> emitted;  // Backward's scratch, [row_size]

 private:
  float* cell(int i, int state) {
    return cells_.data() + (static_cast<size_t>(i % n_rows_) * 3 + state) * row_size_;
  }

  int L_ = 0, row_size_ = 0, n_rows_ = 1;
  std::vector<float> cells_;
};

// --- the definitions, one target at a time ---

// Forward score of `target` (digital, not empty), nats; -infinity when no path exists. length.L may differ
// from the size of the target: an envelope is scored in the setting of its whole sequence.
float forward_ref(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target,
                  DpMatrix::Keep keep, DpMatrix& forward);

// Backward score, equal to Forward's up to rounding. `forward` is the matrix of the same target, whose scale
// factors are used again so that products of cells need no correction.
float backward_ref(const Profile& profile, const LengthModel& length, std::span<const bio::Code> target,
                   const DpMatrix& forward, DpMatrix::Keep keep, DpMatrix& backward);

// --- the same bits, vectorised: many targets of one profile at once ---

struct ForwardTask {
  LengthModel length;
  std::span<const bio::Code> residues;  // digital, not empty
};

// Working memory for one thread; not thread-safe. Results do not depend on which targets share a call.
// Vectors hold several targets of similar length side by side, so a call with many is faster than many calls.
class ForwardParser {
 public:
  // Special states and score of every task; both spans have the same size. Memory in `out` is used again.
  void forward(const Profile& profile, std::span<const ForwardTask> tasks, std::span<Specials> out);
  // Scores alone (nats).
  void forward_scores(const Profile& profile, std::span<const ForwardTask> tasks, std::span<float> nats);
  // `forward` as forward() left it for the same tasks.
  void backward(const Profile& profile, std::span<const ForwardTask> tasks, std::span<const Specials> forward,
                std::span<Specials> out);

 private:
  // The order in which tasks are worked on: neighbours are of similar length.
  void prepare(const Profile& profile, std::span<const ForwardTask> tasks);

  std::vector<int> order_;
  simd::AlignedVector<float> cells_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_FORWARD_H_
