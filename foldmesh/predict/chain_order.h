// The chains of a prediction by name, in the user's order. Internal to predict.
#ifndef FOLDMESH_PREDICT_CHAIN_ORDER_H_
#define FOLDMESH_PREDICT_CHAIN_ORDER_H_

#include "foldmesh/predict/feature_source.h"
#include "foldmesh/predict/predict.h"

namespace foldmesh::predict {

// Names the chains of a prediction by a multimer model, whose residues come in the network's order (asym_id
// 1, 2, ..), and puts residues, matrices and pairs of chains into the user's order. With `as_alphafold` the
// order stays and chains are called as AlphaFold does, which takes letter number asym_id: B, C, ... Without
// names in the source they are A, B, ... `asym_id` is that of the residues that are left without padding.
void name_chains(const ChainNames* names, std::span<const int32_t> asym_id, bool as_alphafold,
                 Prediction* prediction);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_CHAIN_ORDER_H_
