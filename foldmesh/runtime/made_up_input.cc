#include "foldmesh/runtime/made_up_input.h"

#include <string>

namespace foldmesh::runtime {

tensor::Tensor made_up_input(const graph::Value& value, base::Rng& rng) {
  tensor::Tensor input(value.is_integer ? tensor::DType::kI32 : tensor::DType::kF32, value.shape);
  const bool is_mask = value.name.find("mask") != std::string::npos;
  for (int64_t i = 0; i < input.size(); ++i) {
    if (value.name == "residue_index") {
      input.as<int32_t>()[i] = static_cast<int32_t>(i);
    } else if (value.is_integer) {
      input.as<int32_t>()[i] = static_cast<int32_t>(rng.below(20));
    } else {
      input.as<float>()[i] = is_mask ? 1.0F : static_cast<float>(2 * rng.uniform() - 1);
    }
  }
  return input;
}

}  // namespace foldmesh::runtime
