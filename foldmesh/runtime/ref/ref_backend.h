// The reference backend: every operator of the catalogue in double precision, written to be read.
// It is the oracle for the other backends, so it shares no arithmetic with them.
#ifndef FOLDMESH_RUNTIME_REF_REF_BACKEND_H_
#define FOLDMESH_RUNTIME_REF_REF_BACKEND_H_

#include <string_view>

#include "foldmesh/runtime/kernel.h"

namespace foldmesh::runtime {

// Activations and masks are float64, parameters float32 as stored, integers int32. Stateless.
// Kernels throw kInput when an integer operand (aatype, extra_msa) is no valid class, kInternal when the
// workspace is smaller than workspace_bytes said.
class RefBackend : public Backend {
 public:
  std::string_view name() const override { return "ref"; }
  tensor::DType activation() const override { return tensor::DType::kF64; }
  Kernel kernel(graph::OpKind kind) const override;
  bool runs_parts() const override { return false; }
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_REF_REF_BACKEND_H_
