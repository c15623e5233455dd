// Parameters of model_1_ptm by the published formula: those all module goldens were made with.
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_

#include <string>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::golden {

// The tensor of that official name, or block `block` (>= 0) of a stacked one. Only what a test asks for is
// made.
tensor::Tensor formula_param(const std::string& name, int block = -1);

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
