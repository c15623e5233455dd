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
    case OpKind::kPairBias:
      return cpu::pair_bias_kernel();
    case OpKind::kBiasedRowAttention:
      return cpu::biased_row_attention_kernel();
    case OpKind::kColumnAttention:
      return cpu::column_attention_kernel();
    case OpKind::kGlobalColumnAttention:
      return cpu::global_column_attention_kernel();
    case OpKind::kTransition:
      return cpu::transition_kernel();
    case OpKind::kOuterProjections:
      return cpu::outer_projections_kernel();
    case OpKind::kOuterProducts:
      return cpu::outer_products_kernel();
    case OpKind::kTriangleFactors:
      return cpu::triangle_factors_kernel();
    case OpKind::kTriangleProducts:
      return cpu::triangle_products_kernel();
    case OpKind::kTriangleUpdate:
      return cpu::triangle_update_kernel();
    case OpKind::kBiasedAttention:
      return cpu::biased_attention_kernel();
    case OpKind::kLayerNorm:
      return cpu::layer_norm_kernel();
    case OpKind::kFirstRow:
      return cpu::first_row_kernel();
    case OpKind::kLinear:
      return cpu::linear_kernel();
    case OpKind::kStructureStart:
      return cpu::structure_start_kernel();
    case OpKind::kStructureIteration:
      return cpu::structure_iteration_kernel();
    case OpKind::kStructureAtoms:
      return cpu::structure_atoms_kernel();
    case OpKind::kPlddtHead:
      return cpu::plddt_head_kernel();
    case OpKind::kSymmetricSum:
      return cpu::symmetric_sum_kernel();
    case OpKind::kChainPairEmbedding:
      return cpu::chain_pair_embedding_kernel();
    case OpKind::kChainTemplateEmbedding:
      return cpu::chain_template_embedding_kernel();
    case OpKind::kTemplateMean:
      return cpu::template_mean_kernel();
    case OpKind::kTemplateChiEmbedding:
      return cpu::template_chi_embedding_kernel();
    case OpKind::kFusedTriangleFactors:
      return cpu::fused_triangle_factors_kernel();
    case OpKind::kChainStructureIteration:
      return cpu::chain_structure_iteration_kernel();
    case OpKind::kRowAttention:
    case OpKind::kOuterProductMean:
    case OpKind::kTriangleMultiplication:
    case OpKind::kTriangleAttention:
    case OpKind::kStructureModule:
    case OpKind::kDistogramHead:
    case OpKind::kFusedTriangleMultiplication:
    case OpKind::kChainStructureModule:
    case OpKind::kExchange:
      return {};  // run in parts, or by the executor
  }
  base::throw_internal("operator kind {} is not in the catalogue", static_cast<int>(kind));
}

}  // namespace foldmesh::runtime
