// The monomer network (Jumper et al. 2021).
#ifndef FOLDMESH_MODEL_MONOMER_H_
#define FOLDMESH_MODEL_MONOMER_H_

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/network.h"

namespace foldmesh::model {

// Values a caller meets by name. N residues, S = n_seq, E = n_extra, T = n_templates, R = S + T; float unless
// noted, positions in A.
//
//   inputs   target_feat [N,22], msa_feat [S,N,49], msa_mask [R,N], residue_index [N] int, aatype [N] int,
//            seq_mask [N], pair_mask [N,N], extra_msa [E,N] int, extra_msa_mask, extra_has_deletion and
//            extra_deletion_value [E,N];
//            with templates: template_aatype [T,N] int, template_all_atom_mask [T,N,37],
//            template_pseudo_beta [T,N,3], template_pseudo_beta_mask [T,N], template_mask [T],
//            template_torsion_angles_sin_cos and template_alt_torsion_angles_sin_cos [T,N,7,2],
//            template_torsion_angles_mask [T,N,7]
//   states   pair [N,N,128], prev_msa_first_row [N,256], prev_positions [N,37,3]: read from the pass before
//            (zero at first) and left for the next
//   outputs  sm_single [N,384], sm_frames [8,N,7], sm_angles and sm_unnormalized_angles [8,N,7,2],
//            sm_positions [N,14,3], lddt_logits [N,50]; tm_logits [N,N,64] with a PAE head;
//            distogram_logits [N,N,64] if asked for; with all_heads also msa [R,N,256], single [N,384],
//            masked_msa_logits [S,N,23], experimentally_resolved_logits [N,37]
//
// msa_mask has the rows of the MSA and then one for every template, the psi column of
// template_torsion_angles_mask. The MSA is built only after the extra MSA is dead, so that the two never take
// memory together.
graph::Graph build_monomer(const ModelConfig& config, const Dims& dims, const BuildOptions& options = {});

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_MONOMER_H_
