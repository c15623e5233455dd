// What multimer models see of a template: geometry that their network computes from its atoms (Evans et al.
// 2021, section 7; the released code).
#ifndef FOLDMESH_FEATURES_CHAIN_TEMPLATES_H_
#define FOLDMESH_FEATURES_CHAIN_TEMPLATES_H_

#include <cstdint>
#include <span>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::features {

// All float32, of T templates of N residues; positions in A.
struct ChainTemplates {
  tensor::Tensor pseudo_beta;       // [T,N,3]: C-beta, or C-alpha of glycine
  tensor::Tensor pseudo_beta_mask;  // [T,N]
  // [T,N,12]: a 3x4 matrix, the axes of the frame that N, C-alpha and C span as columns, then C-alpha.
  tensor::Tensor backbone_frame;
  tensor::Tensor backbone_mask;  // [T,N]: 1 where all three are known
  tensor::Tensor chi;            // [T,N,12]: sines, cosines, masks of chi 1 to 4; 0 where the mask is
};

// From residue types [T,N] (0..21), atom37 positions [T,N,37,3] and their mask [T,N,37]. kInternal when the
// lengths do not fit.
ChainTemplates chain_templates(int64_t n_templates, int64_t n_res, std::span<const int32_t> aatype,
                               std::span<const float> positions, std::span<const float> mask);

// Whether a slot holds nothing: no atom, and residue type 0 everywhere. All such slots are alike.
bool is_empty_template(std::span<const int32_t> aatype, std::span<const float> mask);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_CHAIN_TEMPLATES_H_
