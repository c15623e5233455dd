// The list of a model's parameters, and the published formula that fills them for tests and demonstrations.
// Names, shapes and the formula: docs/formats/params.md.
#ifndef FOLDMESH_MODEL_PARAMETERS_H_
#define FOLDMESH_MODEL_PARAMETERS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/model/config.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::model {

// One tensor of a parameter file. Formula values are uniform in [base - scale, base + scale).
struct ParamSpec {
  std::string
      name;  // official, for instance "alphafold/alphafold_iteration/evoformer/preprocess_1d//weights"
  tensor::Shape shape;  // as stored: a stack's blocks are the leading axis
  float base = 0, scale = 0;
};

// All tensors of a model, by name in byte order. Derived from the network's graph, so the two cannot
// disagree.
std::vector<ParamSpec> parameter_list(const ModelConfig& config);

// Element `index` (row-major over the stored shape) of the formula. The salt gives other, equally arbitrary
// values.
float formula_value(const ParamSpec& param, std::string_view salt, int64_t index);

// Elements [first, first + out.size()) of the formula, on all threads of the pool.
void fill_by_formula(const ParamSpec& param, std::string_view salt, int64_t first, std::span<float> out,
                     base::ThreadPool& pool);

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_PARAMETERS_H_
