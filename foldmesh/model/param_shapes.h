// Shapes of an operator's parameters, in the order of the catalogue.
#ifndef FOLDMESH_MODEL_PARAM_SHAPES_H_
#define FOLDMESH_MODEL_PARAM_SHAPES_H_

#include <vector>

#include "foldmesh/graph/op.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::model {

// What an operator's parameters depend on beyond its kind; fields that a kind does not use stay 0.
struct Widths {
  int64_t channels = 0;  // of the tensor it updates or reads; of the target features that the MSA is made of
  int64_t heads = 0, head_dim = 0;
  int64_t hidden = 0;  // of a transition
  int64_t out = 0;     // of a linear layer
};

std::vector<tensor::Shape> param_shapes(graph::OpKind kind, const Widths& widths);

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_PARAM_SHAPES_H_
