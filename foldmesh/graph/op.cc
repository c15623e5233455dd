#include "foldmesh/graph/op.h"

#include <array>
#include <initializer_list>

#include "foldmesh/base/error.h"

namespace foldmesh::graph {
namespace {

// clang-format off

// Leaf names of a structure module's parameters. Both kinds of models have the same ones but for the projections
// of invariant point attention and the name of the frames' update.
std::vector<std::string_view> structure_module_params(std::initializer_list<std::string_view> projections,
                                                      std::initializer_list<std::string_view> update) {
  std::vector<std::string_view> params = {
      "single_layer_norm//scale", "single_layer_norm//offset",
      "initial_projection//weights", "initial_projection//bias",
      "pair_layer_norm//scale", "pair_layer_norm//offset"};
  const auto append = [&](std::initializer_list<std::string_view> more) {
    params.insert(params.end(), more.begin(), more.end());
  };
  append(projections);
  append({"fold_iteration/invariant_point_attention//trainable_point_weights",
          "fold_iteration/invariant_point_attention/attention_2d//weights",
          "fold_iteration/invariant_point_attention/attention_2d//bias",
          "fold_iteration/invariant_point_attention/output_projection//weights",
          "fold_iteration/invariant_point_attention/output_projection//bias",
          "fold_iteration/attention_layer_norm//scale", "fold_iteration/attention_layer_norm//offset",
          "fold_iteration/transition//weights", "fold_iteration/transition//bias",
          "fold_iteration/transition_1//weights", "fold_iteration/transition_1//bias",
          "fold_iteration/transition_2//weights", "fold_iteration/transition_2//bias",
          "fold_iteration/transition_layer_norm//scale", "fold_iteration/transition_layer_norm//offset"});
  append(update);
  append({"fold_iteration/rigid_sidechain/input_projection//weights", "fold_iteration/rigid_sidechain/input_projection//bias",
          "fold_iteration/rigid_sidechain/input_projection_1//weights",
          "fold_iteration/rigid_sidechain/input_projection_1//bias",
          "fold_iteration/rigid_sidechain/resblock1//weights", "fold_iteration/rigid_sidechain/resblock1//bias",
          "fold_iteration/rigid_sidechain/resblock2//weights", "fold_iteration/rigid_sidechain/resblock2//bias",
          "fold_iteration/rigid_sidechain/resblock1_1//weights", "fold_iteration/rigid_sidechain/resblock1_1//bias",
          "fold_iteration/rigid_sidechain/resblock2_1//weights", "fold_iteration/rigid_sidechain/resblock2_1//bias",
          "fold_iteration/rigid_sidechain/unnormalized_angles//weights",
          "fold_iteration/rigid_sidechain/unnormalized_angles//bias"});
  return params;
}

std::vector<std::string_view> monomer_structure_params() {
  return structure_module_params(
      {"fold_iteration/invariant_point_attention/q_scalar//weights",
       "fold_iteration/invariant_point_attention/q_scalar//bias",
       "fold_iteration/invariant_point_attention/kv_scalar//weights",
       "fold_iteration/invariant_point_attention/kv_scalar//bias",
       "fold_iteration/invariant_point_attention/q_point_local//weights",
       "fold_iteration/invariant_point_attention/q_point_local//bias",
       "fold_iteration/invariant_point_attention/kv_point_local//weights",
       "fold_iteration/invariant_point_attention/kv_point_local//bias"},
      {"fold_iteration/affine_update//weights", "fold_iteration/affine_update//bias"});
}

std::vector<std::string_view> multimer_structure_params() {
  return structure_module_params(
      {"fold_iteration/invariant_point_attention/q_scalar_projection//weights",
       "fold_iteration/invariant_point_attention/k_scalar_projection//weights",
       "fold_iteration/invariant_point_attention/v_scalar_projection//weights",
       "fold_iteration/invariant_point_attention/q_point_projection/point_projection//weights",
       "fold_iteration/invariant_point_attention/q_point_projection/point_projection//bias",
       "fold_iteration/invariant_point_attention/k_point_projection/point_projection//weights",
       "fold_iteration/invariant_point_attention/k_point_projection/point_projection//bias",
       "fold_iteration/invariant_point_attention/v_point_projection/point_projection//weights",
       "fold_iteration/invariant_point_attention/v_point_projection/point_projection//bias"},
      {"fold_iteration/quat_rigid/rigid//weights", "fold_iteration/quat_rigid/rigid//bias"});
}

const std::vector<OpSpec>& table() {
  static const std::vector<OpSpec> specs = {
    {OpKind::kRecyclePair, "recycle_pair", true,
     {"z [N,N,128]", "aatype [N] int", "prev_positions [N,37,3] A"},
     {"z"},
     {"prev_pair_norm//scale", "prev_pair_norm//offset", "prev_pos_linear//weights", "prev_pos_linear//bias"}},
    {OpKind::kPairEmbedding, "pair_embedding", true,
     {"z [N,N,128]", "target_feat [N,22]", "residue_index [N] int"},
     {"z"},
     {"left_single//weights", "left_single//bias", "right_single//weights", "right_single//bias",
      "pair_activiations//weights", "pair_activiations//bias"}},
    {OpKind::kMsaEmbedding, "msa_embedding", false,
     {"target_feat [N,f]", "msa_feat [S,N,49]", "prev_msa_first_row [N,256]"},
     {"m [R,N,256], rows S.. left unwritten"},
     {"preprocess_1d//weights", "preprocess_1d//bias", "preprocess_msa//weights", "preprocess_msa//bias",
      "prev_msa_first_row_norm//scale", "prev_msa_first_row_norm//offset"}},
    {OpKind::kExtraMsaEmbedding, "extra_msa_embedding", false,
     {"extra_msa [E,N] int", "extra_has_deletion [E,N]", "extra_deletion_value [E,N]"},
     {"e [E,N,64]"},
     {"extra_msa_activations//weights", "extra_msa_activations//bias"}},
    {OpKind::kTemplatePairEmbedding, "template_pair_embedding", false,
     {"template_aatype [T,N] int", "template_all_atom_mask [T,N,37]", "template_pseudo_beta [T,N,3] A",
      "template_pseudo_beta_mask [T,N]"},
     {"t [N,N,64] of template Node::index"},
     {"embedding2d//weights", "embedding2d//bias"}},
    {OpKind::kTemplatePointwiseAttention, "template_pointwise_attention", true,
     {"z [N,N,128]", "template_mask [T]", "t_0 .. t_{T-1} [N,N,64] (one operand each)"},
     {"z"},
     {"attention//query_w", "attention//key_w", "attention//value_w", "attention//output_w", "attention//output_b"}},
    {OpKind::kTemplateAngleEmbedding, "template_angle_embedding", true,
     {"m [R,N,256]", "template_aatype [T,N] int", "template_torsion_angles_sin_cos [T,N,7,2]",
      "template_alt_torsion_angles_sin_cos [T,N,7,2]", "template_torsion_angles_mask [T,N,7]"},
     {"m, rows R-T.. written"},
     {"template_single_embedding//weights", "template_single_embedding//bias",
      "template_projection//weights", "template_projection//bias"}},
    {OpKind::kRowAttention, "row_attention", true,
     {"m [R,N,c]", "z [N,N,128]", "msa_mask [R,N]"},
     {"m"},
     {"query_norm//scale", "query_norm//offset", "feat_2d_norm//scale", "feat_2d_norm//offset", "//feat_2d_weights",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kColumnAttention, "column_attention", true,
     {"m [R,N,c]", "msa_mask [R,N]"},
     {"m"},
     {"query_norm//scale", "query_norm//offset",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kGlobalColumnAttention, "global_column_attention", true,
     {"m [R,N,c]", "msa_mask [R,N]"},
     {"m"},
     {"query_norm//scale", "query_norm//offset",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kTransition, "transition", true,
     {"x [A,B,c]"},
     {"x"},
     {"input_layer_norm//scale", "input_layer_norm//offset", "transition1//weights", "transition1//bias",
      "transition2//weights", "transition2//bias"}},
    {OpKind::kOuterProductMean, "outer_product_mean", true,
     {"z [N,N,128]", "m [R,N,c]", "msa_mask [R,N]"},
     {"z"},
     {"layer_norm_input//scale", "layer_norm_input//offset", "left_projection//weights", "left_projection//bias",
      "right_projection//weights", "right_projection//bias", "//output_w", "//output_b"}},
    {OpKind::kTriangleMultiplication, "triangle_multiplication", true,
     {"z [N,N,c]", "pair_mask [N,N]"},
     {"z"},
     {"layer_norm_input//scale", "layer_norm_input//offset", "left_projection//weights", "left_projection//bias",
      "right_projection//weights", "right_projection//bias", "left_gate//weights", "left_gate//bias",
      "right_gate//weights", "right_gate//bias", "center_layer_norm//scale", "center_layer_norm//offset",
      "output_projection//weights", "output_projection//bias", "gating_linear//weights", "gating_linear//bias"}},
    {OpKind::kTriangleAttention, "triangle_attention", true,
     {"z [N,N,c]", "pair_mask [N,N]"},
     {"z"},
     {"query_norm//scale", "query_norm//offset", "//feat_2d_weights",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kLayerNorm, "layer_norm", true, {"x [...,c]"}, {"x"}, {"//scale", "//offset"}},
    {OpKind::kFirstRow, "first_row", false, {"m [R,N,c]"}, {"row [N,c]"}, {}},
    {OpKind::kLinear, "linear", false, {"x [A,...,c]"}, {"y [A' <= A,...,d]"}, {"//weights", "//bias"}},
    {OpKind::kStructureModule, "structure_module", false,
     {"single [N,384]", "z [N,N,128]", "aatype [N] int", "seq_mask [N]"},
     {"act [N,384]", "frames [8,N,7] quaternion w,x,y,z and translation in A", "angles [8,N,7,2] sin, cos",
      "unnormalized_angles [8,N,7,2]", "positions_atom14 [N,14,3] A", "final_atom_positions [N,37,3] A"},
     monomer_structure_params()},
    {OpKind::kPlddtHead, "plddt_head", false, {"act [N,384]"}, {"lddt_logits [N,50]"},
     {"input_layer_norm//scale", "input_layer_norm//offset", "act_0//weights", "act_0//bias", "act_1//weights",
      "act_1//bias", "logits//weights", "logits//bias"}},
    {OpKind::kDistogramHead, "distogram_head", false, {"z [N,N,128]"}, {"distogram_logits [N,N,64]"},
     {"half_logits//weights", "half_logits//bias"}},
    {OpKind::kChainPairEmbedding, "chain_pair_embedding", true,
     {"z [N,N,128]", "target_feat [N,21]", "residue_index [N] int", "asym_id [N] int", "entity_id [N] int",
      "sym_id [N] int"},
     {"z"},
     {"left_single//weights", "left_single//bias", "right_single//weights", "right_single//bias",
      "~_relative_encoding/position_activations//weights", "~_relative_encoding/position_activations//bias"}},
    {OpKind::kChainTemplateEmbedding, "chain_template_embedding", false,
     {"z [N,N,128]", "template_aatype [T,N] int", "template_pseudo_beta [T,N,3] A", "template_pseudo_beta_mask [T,N]",
      "template_backbone_frame [T,N,12] 3x4, A", "template_backbone_mask [T,N]", "asym_id [N] int"},
     {"t [N,N,64] of template Node::index"},
     {"query_embedding_norm//scale", "query_embedding_norm//offset",
      "template_pair_embedding_0//weights", "template_pair_embedding_0//bias",
      "template_pair_embedding_1//weights", "template_pair_embedding_1//bias",
      "template_pair_embedding_2//weights", "template_pair_embedding_2//bias",
      "template_pair_embedding_3//weights", "template_pair_embedding_3//bias",
      "template_pair_embedding_4//weights", "template_pair_embedding_4//bias",
      "template_pair_embedding_5//weights", "template_pair_embedding_5//bias",
      "template_pair_embedding_6//weights", "template_pair_embedding_6//bias",
      "template_pair_embedding_7//weights", "template_pair_embedding_7//bias",
      "template_pair_embedding_8//weights", "template_pair_embedding_8//bias"}},
    {OpKind::kTemplateMean, "template_mean", true,
     {"z [N,N,128]", "template_weight [T]", "t_0 .. t_{T-1} [N,N,64] (one operand each)"},
     {"z"},
     {"output_linear//weights", "output_linear//bias"}},
    {OpKind::kTemplateChiEmbedding, "template_chi_embedding", true,
     {"m [R,N,256]", "template_aatype [T,N] int", "template_chi [T,N,12] sin, cos and mask of four"},
     {"m, rows R-T.. written"},
     {"template_single_embedding//weights", "template_single_embedding//bias",
      "template_projection//weights", "template_projection//bias"}},
    {OpKind::kFusedTriangleMultiplication, "fused_triangle_multiplication", true,
     {"z [N,N,c]", "pair_mask [N,N]"},
     {"z"},
     {"left_norm_input//scale", "left_norm_input//offset", "projection//weights", "projection//bias",
      "gate//weights", "gate//bias", "center_norm//scale", "center_norm//offset",
      "output_projection//weights", "output_projection//bias", "gating_linear//weights", "gating_linear//bias"}},
    {OpKind::kChainStructureModule, "chain_structure_module", false,
     {"single [N,384]", "z [N,N,128]", "aatype [N] int", "seq_mask [N]"},
     {"act [N,384]", "frames [8,N,12] 3x4 with translation in A", "angles [8,N,7,2] sin, cos",
      "unnormalized_angles [8,N,7,2]", "positions_atom14 [N,14,3] A", "final_atom_positions [N,37,3] A"},
     multimer_structure_params()},

    {OpKind::kPairBias, "pair_bias", false, {"z [A,B,c]"}, {"bias [L,h,K]: lines L of K pairs"},
     {"norm//scale", "norm//offset", "//feat_2d_weights"}},
    {OpKind::kBiasedRowAttention, "biased_row_attention", true,
     {"m [A,N,c]", "bias [N,h,N]", "msa_mask [R,N]"}, {"m"},
     {"query_norm//scale", "query_norm//offset",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kBiasedAttention, "biased_attention", true, {"z [A,B,c]", "bias [N,h,N]", "pair_mask [N,N]"}, {"z"},
     {"query_norm//scale", "query_norm//offset",
      "attention//query_w", "attention//key_w", "attention//value_w", "attention//gating_w", "attention//gating_b",
      "attention//output_w", "attention//output_b"}},
    {OpKind::kOuterProjections, "outer_projections", false,
     {"m [R,A,c]", "msa_mask [R,N]"}, {"left [R,A,32]", "right [R,A,32]"},
     {"layer_norm_input//scale", "layer_norm_input//offset", "left_projection//weights", "left_projection//bias",
      "right_projection//weights", "right_projection//bias"}},
    {OpKind::kOuterProducts, "outer_products", true,
     {"z [A,B,128]", "left [R,A,32] of own or of all residues", "right [R,B,32] likewise", "msa_mask [R,N]"}, {"z"},
     {"//output_w", "//output_b"}},
    {OpKind::kTriangleFactors, "triangle_factors", false,
     {"z [A,B,c]", "pair_mask [N,N]"}, {"left [C,L,K]: lines L of K pairs", "right [C,L,K]"},
     {"layer_norm_input//scale", "layer_norm_input//offset", "left_projection//weights", "left_projection//bias",
      "right_projection//weights", "right_projection//bias", "left_gate//weights", "left_gate//bias",
      "right_gate//weights", "right_gate//bias"}},
    {OpKind::kTriangleProducts, "triangle_products", true, {"left [C,L,N]", "right [C,N,N]"}, {"left"}, {}},
    {OpKind::kTriangleUpdate, "triangle_update", true, {"z [A,B,c]", "products [h,L,K]"}, {"z"},
     {"layer_norm_input//scale", "layer_norm_input//offset", "center_layer_norm//scale", "center_layer_norm//offset",
      "output_projection//weights", "output_projection//bias", "gating_linear//weights", "gating_linear//bias"}},
    {OpKind::kSymmetricSum, "symmetric_sum", true, {"half [A,N,c]", "others [N,A,c] (or half itself)"}, {"half"}, {}},
    {OpKind::kStructureStart, "structure_start", false,
     {"single [N,384]", "z [A,N,128]"},
     {"initial [N,384]", "act [N,384]", "frames [N,f] (7, or 12 of multimer models)", "pair_bias [12,A,N]"},
     {"single_layer_norm//scale", "single_layer_norm//offset",
      "initial_projection//weights", "initial_projection//bias",
      "pair_layer_norm//scale", "pair_layer_norm//offset",
      "fold_iteration/invariant_point_attention/attention_2d//weights",
      "fold_iteration/invariant_point_attention/attention_2d//bias"}},
    {OpKind::kStructureIteration, "structure_iteration", true,
     {"act [N,384]", "frames [N,7]", "sm_frames [8,N,7]", "angles [8,N,7,2]", "unnormalized_angles [8,N,7,2]",
      "initial [N,384]", "z [A,N,128]", "pair_bias [12,A,N]", "seq_mask [N]"},
     {"act", "frames [N,7]", "sm_frames [8,N,7]", "angles [8,N,7,2]", "unnormalized_angles [8,N,7,2]"},
     monomer_structure_params()},
    {OpKind::kStructureAtoms, "structure_atoms", false,
     {"sm_frames [8,N,f] (7, or 12 of multimer models)", "angles [8,N,7,2]", "aatype [N] int"},
     {"positions_atom14 [N,14,3] A", "final_atom_positions [N,37,3] A"}, {}},
    {OpKind::kFusedTriangleFactors, "fused_triangle_factors", false,
     {"z [A,B,c]", "pair_mask [N,N]"},
     {"left [C,L,K]: channels C from Origin::channel on, lines L of K pairs", "right [C,L,K]"},
     {"left_norm_input//scale", "left_norm_input//offset", "projection//weights", "projection//bias",
      "gate//weights", "gate//bias"}},
    {OpKind::kChainStructureIteration, "chain_structure_iteration", true,
     {"act [N,384]", "frames [N,12]", "sm_frames [8,N,12]", "angles [8,N,7,2]", "unnormalized_angles [8,N,7,2]",
      "initial [N,384]", "z [A,N,128]", "pair_bias [12,A,N]", "seq_mask [N]"},
     {"act", "frames [N,12]", "sm_frames [8,N,12]", "angles [8,N,7,2]", "unnormalized_angles [8,N,7,2]"},
     multimer_structure_params()},
    {OpKind::kExchange, "exchange", false, {"from [A,...]"}, {"to [B,...]"}, {}},
  };
  return specs;
}
// clang-format on

}  // namespace

OpKind monomer_kind(OpKind kind) {
  switch (kind) {
    case OpKind::kChainPairEmbedding:
      return OpKind::kPairEmbedding;
    case OpKind::kChainTemplateEmbedding:
      return OpKind::kTemplatePairEmbedding;
    case OpKind::kTemplateMean:
      return OpKind::kTemplatePointwiseAttention;
    case OpKind::kTemplateChiEmbedding:
      return OpKind::kTemplateAngleEmbedding;
    case OpKind::kFusedTriangleMultiplication:
      return OpKind::kTriangleMultiplication;
    case OpKind::kChainStructureModule:
      return OpKind::kStructureModule;
    default:
      return kind;
  }
}

std::span<const OpSpec> catalogue() { return table(); }

const OpSpec& spec(OpKind kind) {
  const OpSpec& found = table().at(static_cast<size_t>(kind));
  if (found.kind != kind) base::throw_internal("operator catalogue is out of order at {}", found.name);
  return found;
}

}  // namespace foldmesh::graph
