// The network of multimer models (Evans et al. 2021), v1 to v3. What differs from monomer models: chains are
// told apart in the pair embedding, templates are averaged and not attended to, the outer product mean comes
// first in a block, side-chain torsions alone are template rows, rotation matrices are the structure module's
// state; in v3 triangle multiplication projects both factors at once.
#ifndef FOLDMESH_MODEL_MULTIMER_H_
#define FOLDMESH_MODEL_MULTIMER_H_

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/network.h"

namespace foldmesh::model {

// Values by name as in monomer.h, but:
//
//   inputs   target_feat is [N,21]; asym_id, entity_id and sym_id [N] int; with templates: template_aatype
//   [T,N]
//            int, template_pseudo_beta [T,N,3], template_pseudo_beta_mask [T,N], template_backbone_frame
//            [T,N,12] (3x4: rotation and C-alpha), template_backbone_mask [T,N], template_chi [T,N,12]
//            (sines, cosines and masks of chi 1 to 4, zero where the mask is) and template_weight [T], the
//            number of template slots that each of the T stands for: slots without atoms are all alike and
//            computed once
//   outputs  sm_frames is [8,N,12], a 3x4 matrix for each residue; masked_msa_logits [S,N,22]
//
// Below the MSA, msa_mask has the mask of chi 1 for every template. Multimer models always average over at
// least one template slot, so T is at least 1.
graph::Graph build_multimer(const ModelConfig& config, const Dims& dims, const BuildOptions& options = {});

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_MULTIMER_H_
