// The kernels behind CpuBackend, one per operator or part of an operator of graph/op.h. Each works on the
// part of a tensor that it is given, beginning at Node::origin; it knows nothing of devices.
#ifndef FOLDMESH_RUNTIME_CPU_KERNELS_H_
#define FOLDMESH_RUNTIME_CPU_KERNELS_H_

#include "foldmesh/runtime/kernel.h"

namespace foldmesh::runtime::cpu {

Kernel recycle_pair_kernel();
Kernel pair_embedding_kernel();
Kernel msa_embedding_kernel();
Kernel extra_msa_embedding_kernel();
Kernel template_pair_embedding_kernel();
Kernel template_pointwise_attention_kernel();
Kernel template_angle_embedding_kernel();
Kernel pair_bias_kernel();
Kernel biased_row_attention_kernel();
Kernel column_attention_kernel();
Kernel global_column_attention_kernel();
Kernel transition_kernel();
Kernel outer_projections_kernel();
Kernel outer_products_kernel();
Kernel triangle_factors_kernel();
Kernel triangle_products_kernel();
Kernel triangle_update_kernel();
Kernel biased_attention_kernel();
Kernel layer_norm_kernel();
Kernel first_row_kernel();
Kernel linear_kernel();
Kernel structure_start_kernel();
Kernel structure_iteration_kernel();
Kernel structure_atoms_kernel();
Kernel plddt_head_kernel();
Kernel symmetric_sum_kernel();
Kernel chain_pair_embedding_kernel();
Kernel chain_template_embedding_kernel();
Kernel template_mean_kernel();
Kernel template_chi_embedding_kernel();
Kernel fused_triangle_factors_kernel();
Kernel chain_structure_iteration_kernel();

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_KERNELS_H_
