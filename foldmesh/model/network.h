// A model's network as a graph of ONE pass; recycling repeats it (predict/).
#ifndef FOLDMESH_MODEL_NETWORK_H_
#define FOLDMESH_MODEL_NETWORK_H_

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/config.h"

namespace foldmesh::model {

// Extents of one input. All but n_templates are at least 1; an empty extra MSA is one masked row.
struct Dims {
  int64_t n_res = 0;
  int64_t n_seq = 0;        // clustered MSA rows, templates not counted
  int64_t n_extra = 0;      // extra MSA rows
  int64_t n_templates = 0;  // must be 0 for models without templates
};

struct BuildOptions {
  bool distogram = false;
  // All heads, also those that a prediction does not need, and msa and single as outputs.
  bool all_heads = false;
};

// Of a monomer (monomer.h) or a multimer model (multimer.h).
graph::Graph build_network(const ModelConfig& config, const Dims& dims, const BuildOptions& options = {});

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_NETWORK_H_
