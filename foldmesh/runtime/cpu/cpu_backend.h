// The CPU backend: fp32 activations, products of fp32 or bf16 numbers with fp32 sums, all cores of the thread
// pool.
#ifndef FOLDMESH_RUNTIME_CPU_CPU_BACKEND_H_
#define FOLDMESH_RUNTIME_CPU_CPU_BACKEND_H_

#include <string_view>

#include "foldmesh/runtime/kernel.h"

namespace foldmesh::runtime {

// Results are the same bits for every number of threads on one machine; another instruction set may round
// differently.
class CpuBackend : public Backend {
 public:
  explicit CpuBackend(tensor::Precision precision = tensor::Precision::kFp32) : precision_(precision) {}
  std::string_view name() const override { return "cpu"; }
  tensor::Precision precision() const override { return precision_; }
  tensor::DType activation() const override { return tensor::DType::kF32; }
  Kernel kernel(graph::OpKind kind) const override;
  bool runs_parts() const override { return true; }

 private:
  tensor::Precision precision_;
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_CPU_CPU_BACKEND_H_
