// The odds of a profile in the order in which the vectorised Forward, Backward and domain code reads them.
//
// Node k lies in vector q = (k-1) mod Q and lane r = (k-1) div Q of four lanes. A table is an array over q of
// one or more four-lane columns; lanes beyond M hold 0. Everything starts at a multiple of 16 bytes.
#ifndef FOLDMESH_HMM_FLOAT_TABLES_H_
#define FOLDMESH_HMM_FLOAT_TABLES_H_

#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

class Profile;

class FloatTables {
 public:
  static constexpr int kLanes = 4;
  // Columns of forward_steps(): transitions into k and out of k, see TransitionTable.
  enum ForwardColumn { kBM, kMM, kIM, kDM, kMI, kII, kMD, kForwardColumns };
  // Columns of backward_steps(): the transitions into k + 1 stand at k.
  enum BackwardColumn { kEntry, kToMM, kToIM, kToDM, kFromMI, kFromII, kBackwardColumns };
  // Columns of allowed(): all bits set where the transition has a probability above 0.
  enum AllowedColumn { kMayBM, kMayMM, kMayIM, kMayDM, kMayMI, kMayII, kMayMD, kMayDD, kAllowedColumns };

  FloatTables() = default;
  // From the odds and transitions of `profile`, which must be set.
  explicit FloatTables(const Profile& profile);

  int M() const { return m_; }
  int Q() const { return q_; }
  // [Q][kForwardColumns][4]
  const float* forward_steps() const { return forward_.data(); }
  // [Q][kBackwardColumns][4]
  const float* backward_steps() const { return backward_.data(); }
  const float* dd() const { return dd_.data(); }  // [Q][4], D_k -> D_{k+1}
  const float* md() const { return md_.data(); }  // [Q][4], M_k -> D_{k+1}
  // [Q][kAllowedColumns][4]
  const float* allowed() const { return allowed_.data(); }
  // [Q][4], match odds of code x
  const float* odds(bio::Code x) const { return odds_.data() + static_cast<size_t>(x) * q_ * kLanes; }
  // [Q][20][4], match odds of the canonical residues
  const float* odds_by_vector() const { return odds_by_vector_.data(); }

 private:
  int m_ = 0, q_ = 0;
  simd::AlignedVector<float> forward_, backward_, dd_, md_, allowed_, odds_, odds_by_vector_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FLOAT_TABLES_H_
