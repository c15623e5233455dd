// Features as the graph wants them. Internal to predict.
#ifndef FOLDMESH_PREDICT_NETWORK_INPUTS_H_
#define FOLDMESH_PREDICT_NETWORK_INPUTS_H_

#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/network.h"
#include "foldmesh/predict/feature_source.h"
#include "foldmesh/runtime/executor.h"

namespace foldmesh::predict {

// Of the template slots of a multimer model, those that are computed, and how many slots each stands for:
// empty slots behind the last one that holds anything are one. One empty slot when there are none.
std::vector<float> template_weights(const FeatureSource& features);

// Gives the executor all inputs of the source's current pass.
void set_inputs(const FeatureSource& features, const graph::Graph& network, const model::Dims& dims,
                runtime::Executor& executor);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_NETWORK_INPUTS_H_
