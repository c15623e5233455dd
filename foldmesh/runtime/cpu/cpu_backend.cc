#include "foldmesh/runtime/cpu/cpu_backend.h"

#include "foldmesh/base/error.h"
#include "foldmesh/runtime/cpu/kernels.h"

namespace foldmesh::runtime {

Kernel CpuBackend::kernel(graph::OpKind kind) const {
  using graph::OpKind;
  switch (kind) {
    case OpKind::kRecyclePair:
      return cpu::recycle_pair_kernel();
    case OpKind::kPairEmbedding:
      return cpu::pair_embedding_kernel();
    case OpKind::kMsaEmbedding:
      return cpu::msa_embedding_kernel();
    case OpKind::kExtraMsaEmbedding:
      return cpu::extra_msa_embedding_kernel();
    case OpKind::kTemplatePairEmbedding:
      return cpu::template_pair_embedding_kernel();
    case OpKind::kTemplatePointwiseAttention:
      return cpu::template_pointwise_attention_kernel();
    case OpKind::kTemplateAngleEmbedding:
      return cpu::template_angle_embedding_kernel();
    case OpKind::kRowAttention:
      return cpu::row_attention_kernel();
    case OpKind::kColumnAttention:
      return cpu::column_attention_kernel();
    case OpKind::kGlobalColumnAttention:
      return cpu::global_column_attention_kernel();
    case OpKind::kTransition:
      return cpu::transition_kernel();
    case OpKind::kOuterProductMean:
      return cpu::outer_product_mean_kernel();
    case OpKind::kTriangleMultiplication:
      return cpu::triangle_multiplication_kernel();
    case OpKind::kTriangleAttention:
      return cpu::triangle_attention_kernel();
    case OpKind::kLayerNorm:
      return cpu::layer_norm_kernel();
    case OpKind::kFirstRow:
      return cpu::first_row_kernel();
    case OpKind::kLinear:
      return cpu::linear_kernel();
    case OpKind::kStructureModule:
      return cpu::structure_module_kernel();
    case OpKind::kPlddtHead:
      return cpu::plddt_head_kernel();
    case OpKind::kDistogramHead:
      return cpu::distogram_head_kernel();
  }
  base::throw_internal("the cpu backend has no kernel for operator {}", static_cast<int>(kind));
}

}  // namespace foldmesh::runtime
