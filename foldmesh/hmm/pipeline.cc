#include "foldmesh/hmm/pipeline.h"

namespace foldmesh::hmm {

StageCounters& StageCounters::operator+=(const StageCounters& other) {
  n_targets += other.n_targets;
  n_residues += other.n_residues;
  n_past_msv += other.n_past_msv;
  n_past_bias += other.n_past_bias;
  n_past_viterbi += other.n_past_viterbi;
  n_past_forward += other.n_past_forward;
  return *this;
}

}  // namespace foldmesh::hmm
