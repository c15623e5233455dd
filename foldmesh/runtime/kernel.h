// What a backend supplies for each operator of the catalogue (graph/op.h).
#ifndef FOLDMESH_RUNTIME_KERNEL_H_
#define FOLDMESH_RUNTIME_KERNEL_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/graph/graph.h"
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
};

// Shapes alone, for sizing workspaces before anything is allocated.
struct KernelShapes {
  const graph::Node& node;
  std::span<const tensor::Shape> inputs;
  std::span<const tensor::Shape> params;
  std::span<const tensor::Shape> outputs;
  int n_threads;
};

// Results must not depend on n_threads.
struct Kernel {
  void (*run)(const KernelArgs& args) = nullptr;
  size_t (*workspace_bytes)(const KernelShapes& shapes) = nullptr;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual tensor::DType activation() const = 0;  // kF32 or kF64
  // Without functions for what it cannot run.
  virtual Kernel kernel(graph::OpKind kind) const = 0;
  // Whether it runs what lower/ makes of a network, rather than the network itself.
  virtual bool runs_parts() const = 0;
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_KERNEL_H_
