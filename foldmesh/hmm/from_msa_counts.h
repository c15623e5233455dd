// Counting the events of an alignment's rows on a model's nodes. Internal to build_from_msa().
#ifndef FOLDMESH_HMM_FROM_MSA_COUNTS_H_
#define FOLDMESH_HMM_FROM_MSA_COUNTS_H_

#include <vector>

#include "foldmesh/hmm/core_model.h"
#include "foldmesh/hmm/from_msa_columns.h"

namespace foldmesh::hmm {

// A model whose `mat`, `ins` and `t` hold weighted counts instead of probabilities. Each row becomes a path
// through the model (match columns are nodes, residues elsewhere are insertions); a deletion next to an
// insertion is read as a match of the inserted residue, because the model has no transition between the two.
CoreModel count_events(const DigitalMsa& msa, const std::vector<double>& weights,
                       const std::vector<bool>& is_match);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FROM_MSA_COUNTS_H_
