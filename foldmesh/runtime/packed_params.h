// Parameters in the form that kernels asked for, each made once, however many nodes and executors use it.
#ifndef FOLDMESH_RUNTIME_PACKED_PARAMS_H_
#define FOLDMESH_RUNTIME_PACKED_PARAMS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::runtime {

// Thread-safe.
class PackedParams {
 public:
  // `after_packing` is told each parameter that has been packed, from several threads.
  using AfterPacking = std::function<void(const tensor::ConstView& param)>;
  explicit PackedParams(AfterPacking after_packing = {}) : after_packing_(std::move(after_packing)) {}

  // Packs on the first call for this kernel and these parameters. The memory lives as long as this object;
  // the parameters themselves must stay where they are for as long.
  std::span<const std::byte> get(const Kernel& kernel, std::span<const tensor::ConstView> params,
                                 tensor::Precision precision);
  size_t bytes() const;

 private:
  struct Entry {
    std::once_flag once;
    simd::AlignedVector<std::byte> memory;
  };
  AfterPacking after_packing_;
  mutable std::mutex mutex_;
  // By kernel, precision and the parameters' addresses.
  std::map<std::vector<uintptr_t>, std::unique_ptr<Entry>> entries_;
};

// What the nodes of a graph ask for, each parameter once.
struct PackedParamList {
  size_t bytes = 0;
  std::vector<graph::ParamRef> params;
};
PackedParamList packed_param_list(const graph::Graph& graph, const Backend& backend);

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_PACKED_PARAMS_H_
