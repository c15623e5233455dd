// Network parameters out of the published formula (tests/golden/af2/README.md), one tensor at a time.
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_

#include <cstdint>
#include <map>
#include <string>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::golden {

class FormulaParams {
 public:
  explicit FormulaParams(const std::string& tsv_path);

  // The tensor of that official name, or block `block` (>= 0) of a stacked one.
  tensor::Tensor get(const std::string& name, int block = -1) const;

 private:
  struct Entry {
    tensor::Shape shape;
    double base = 0;
    float scale = 0;
  };
  std::map<std::string, Entry> entries_;
};

// Those of model_1_ptm, with which all module goldens were made.
const FormulaParams& model_1_ptm_params();

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_FORMULA_PARAMS_H_
