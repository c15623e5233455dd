// Features as the graph wants them. Internal to predict.
#ifndef FOLDMESH_PREDICT_NETWORK_INPUTS_H_
#define FOLDMESH_PREDICT_NETWORK_INPUTS_H_

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/predict/feature_source.h"
#include "foldmesh/runtime/executor.h"

namespace foldmesh::predict {

// Gives the executor all inputs of the source's current pass.
void set_inputs(const FeatureSource& features, const graph::Graph& network, const model::Dims& dims,
                runtime::Executor& executor);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_NETWORK_INPUTS_H_
