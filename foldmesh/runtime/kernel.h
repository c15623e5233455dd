// What a backend supplies for each operator of the catalogue (graph/op.h).
#ifndef FOLDMESH_RUNTIME_KERNEL_H_
#define FOLDMESH_RUNTIME_KERNEL_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/tensor/precision.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime {

// Everything a kernel may touch. Operands follow OpSpec::inputs / outputs / params; an in-place operator
// finds the same memory in inputs[0] and outputs[0]. Activations and masks have the backend's activation
// type, integers are int32, parameters are float32. Kernels allocate nothing: scratch memory is `workspace`
// (64-byte aligned, contents undefined).
struct KernelArgs {
  const graph::Node& node;
  std::span<const tensor::View> inputs;
  std::span<const tensor::ConstView> params;
  std::span<const tensor::View> outputs;
  std::span<std::byte> workspace;
  base::ThreadPool& pool;
  std::span<const std::byte> packed = {};  // what Kernel::pack has made of params
  tensor::Precision precision = tensor::Precision::kFp32;
};

// Shapes alone, for sizing workspaces before anything is allocated.
struct KernelShapes {
  const graph::Node& node;
  std::span<const tensor::Shape> inputs;
  std::span<const tensor::Shape> params;
  std::span<const tensor::Shape> outputs;
  int n_threads;
  tensor::Precision precision = tensor::Precision::kFp32;
};

// Results must not depend on n_threads.
struct Kernel {
  void (*run)(const KernelArgs& args) = nullptr;
  size_t (*workspace_bytes)(const KernelShapes& shapes) = nullptr;
  // For kernels that want their parameters in a form of their own (packed_params.h keeps it):
  // makes that form, once for all runs, in 64-byte aligned memory, and returns its bytes; with null memory it
  // only returns them, and the parameters then have shapes but no data.
  size_t (*pack)(std::span<const tensor::ConstView> params, tensor::Precision precision,
                 std::byte* memory) = nullptr;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual tensor::DType activation() const = 0;  // kF32 or kF64
  // Without functions for what it cannot run.
  virtual Kernel kernel(graph::OpKind kind) const = 0;
  // Of matrix products; each kernel decides which of its products are small and precious enough for fp32.
  virtual tensor::Precision precision() const { return tensor::Precision::kFp32; }
  // Whether it runs what lower/ makes of a network, rather than the network itself.
  virtual bool runs_parts() const = 0;
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_KERNEL_H_
