#include "foldmesh/runtime/cpu/weights.h"

#include <algorithm>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime::cpu {

PackedMatrix WeightLayout::place(int64_t k, int64_t n, const float* data) {
  constexpr size_t kAlignment = 64;
  const size_t begin = used_;
  used_ += (PackedMatrix::bytes(k, n, precision_) + kAlignment - 1) / kAlignment * kAlignment;
  if (memory_ == nullptr) {
    if (finds_) base::throw_internal("a kernel runs without its packed parameters");
    return {};
  }
  if (finds_) return {k, precision_, memory_ + begin};
  return {k, n, {data, n}, precision_, to_ + begin};
}

PackedMatrix WeightLayout::take_rows(const tensor::ConstView& param, size_t n_axes) {
  int64_t k = 1;
  for (size_t axis = 0; axis < n_axes; ++axis) k *= param.shape[axis];
  return place(k, tensor::num_elements(param.shape) / std::max<int64_t>(k, 1),
               static_cast<const float*>(param.data));
}

PackedMatrix WeightLayout::take(std::span<const tensor::ConstView> side_by_side) {
  if (side_by_side.size() == 1) return take_rows(side_by_side[0], 1);
  const int64_t k = side_by_side[0].shape[0];
  int64_t n = 0;
  for (const tensor::ConstView& param : side_by_side)
    n += tensor::num_elements(param.shape) / std::max<int64_t>(k, 1);
  std::vector<float> joined;
  if (to_ != nullptr) {
    joined.resize(static_cast<size_t>(k * n));
    float* to = joined.data();
    for (const tensor::ConstView& param : side_by_side) {
      const int64_t width = tensor::num_elements(param.shape) / std::max<int64_t>(k, 1);
      for (int64_t l = 0; l < k; ++l) std::copy_n(param.as<float>() + l * width, width, to + l * n);
      to += width;
    }
  }
  return place(k, n, joined.data());
}

}  // namespace foldmesh::runtime::cpu
