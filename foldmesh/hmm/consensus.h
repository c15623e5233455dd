#ifndef FOLDMESH_HMM_CONSENSUS_H_
#define FOLDMESH_HMM_CONSENSUS_H_

#include <string>

#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

// The commonest residue of each node, upper case where its probability is at least one half; 'x' on masked
// nodes.
std::string consensus_of(const CoreModel& model);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_CONSENSUS_H_
