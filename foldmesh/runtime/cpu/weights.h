// The weights that a kernel wants packed: like Workspace, stated once, for sizing, packing and running.
#ifndef FOLDMESH_RUNTIME_CPU_WEIGHTS_H_
#define FOLDMESH_RUNTIME_CPU_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

class WeightLayout {
 public:
  // What has been packed at `memory`.
  WeightLayout(Precision precision, std::span<const std::byte> packed)
      : precision_(precision), memory_(packed.data()) {}
  // Packs; without memory only counts.
  WeightLayout(Precision precision, std::byte* memory)
      : precision_(precision), memory_(memory), to_(memory), finds_(false) {}

  // One matrix [k, n] of parameters that stand side by side, each [k, any number of axes]. Parameters matter
  // when packing only.
  PackedMatrix take(std::span<const tensor::ConstView> side_by_side);
  PackedMatrix take(const tensor::ConstView& param) { return take(std::span(&param, 1)); }
  // A matrix whose rows are the first `n_axes` axes together.
  PackedMatrix take_rows(const tensor::ConstView& param, size_t n_axes);
  size_t bytes() const { return used_; }

 private:
  PackedMatrix place(int64_t k, int64_t n, const float* data);

  Precision precision_;
  const std::byte* memory_;
  std::byte* to_ = nullptr;
  bool finds_ = true;
  size_t used_ = 0;
};

// For Kernel::pack: Weights is constructed from a WeightLayout and the parameters.
template <typename Weights>
size_t pack_weights(std::span<const tensor::ConstView> params, Precision precision, std::byte* memory) {
  WeightLayout layout(precision, memory);
  Weights(layout, params);
  return layout.bytes();
}

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_WEIGHTS_H_
