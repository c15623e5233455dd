// Inputs for measurements, whose times do not depend on the values.
#ifndef FOLDMESH_RUNTIME_MADE_UP_INPUT_H_
#define FOLDMESH_RUNTIME_MADE_UP_INPUT_H_

#include "foldmesh/base/rng.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime {

// Something valid for a network's input of that name: everything unmasked, residues numbered from 0, classes
// below 20, other numbers between -1 and 1.
tensor::Tensor made_up_input(const graph::Value& value, base::Rng& rng);

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_MADE_UP_INPUT_H_
