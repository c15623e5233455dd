// Parameters by the published formula, of the models that all module goldens were made with: model_1_ptm, and
// model_1_multimer_v3 for those of multimer models.
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_

#include <string>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::golden {

// The tensor of that official name, or block `block` (>= 0) of a stacked one. Only what a test asks for is
// made.
tensor::Tensor formula_param(const std::string& name, int block = -1,
                             const std::string& model = "model_1_ptm");

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
