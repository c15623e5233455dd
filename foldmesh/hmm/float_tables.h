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
  // Columns of accuracy_steps(). A transition's column holds 0 where it has a probability above 0, else
  // -infinity; a "floor" holds 0 where one of the transitions into its cell is forbidden, else -infinity.
  // Transitions into M_k and I_k stand at k, those out of M_k and D_k into D_{k+1} too.
  enum AccuracyColumn {
    kFreeBM,
    kFreeMM,
    kFreeIM,
    kFreeDM,
    kFloorM,
    kFreeMI,
    kFreeII,
    kFloorI,
    kFreeMD,
    kFreeDD,
    kFloorD,
    kAccuracyColumns
  };

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
  // [Q][4], +infinity where the delete cell is never reached (node 1 and beyond M), else 0
  const float* unused_deletes() const { return unused_deletes_.data(); }
  // Place of node k in a table or array [Q][4].
  int place(int k) const { return place_[k]; }
  // [Q][kAccuracyColumns][4], for optimal accuracy
  const float* accuracy_steps() const { return accuracy_.data(); }
  // [Q][4], match odds of code x
  const float* odds(bio::Code x) const { return odds_.data() + static_cast<size_t>(x) * q_ * kLanes; }
  // [Q][20][4], match odds of the canonical residues
  const float* odds_by_vector() const { return odds_by_vector_.data(); }

 private:
  int m_ = 0, q_ = 0;
  std::vector<int> place_;  // [M+1]
  simd::AlignedVector<float> forward_, backward_, dd_, md_, unused_deletes_, accuracy_, odds_,
      odds_by_vector_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FLOAT_TABLES_H_
