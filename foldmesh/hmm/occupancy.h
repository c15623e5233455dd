// How often each node is visited by paths through a core model.
#ifndef FOLDMESH_HMM_OCCUPANCY_H_
#define FOLDMESH_HMM_OCCUPANCY_H_

#include <vector>

#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

// Probability that a glocal path uses M_k, [M+1], index 0 is 0.
std::vector<float> match_occupancy(const CoreModel& model);
// Expected residues at I_k, [M+1], from the match occupancies.
std::vector<float> insert_occupancy(const CoreModel& model, const std::vector<float>& match);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_OCCUPANCY_H_
