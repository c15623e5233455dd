// The kernels behind CpuBackend, one per operator of graph/op.h.
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
Kernel row_attention_kernel();
Kernel column_attention_kernel();
Kernel global_column_attention_kernel();
Kernel transition_kernel();
Kernel outer_product_mean_kernel();
Kernel triangle_multiplication_kernel();
Kernel triangle_attention_kernel();
Kernel layer_norm_kernel();
Kernel first_row_kernel();
Kernel linear_kernel();
Kernel structure_module_kernel();
Kernel plddt_head_kernel();
Kernel distogram_head_kernel();

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_KERNELS_H_
