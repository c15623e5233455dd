#include "foldmesh/model/monomer.h"

#include <fmt/format.h>

#include "foldmesh/base/error.h"
#include "foldmesh/model/network_builder.h"

namespace foldmesh::model {
namespace {

class Monomer : public NetworkBuilder {
 public:
  using NetworkBuilder::NetworkBuilder;

 private:
  int64_t target_features() const override { return kTargetFeatures; }
  int64_t masked_msa_classes() const override { return kMaskedMsaClasses; }
  int64_t frame_width() const override { return 7; }
  OpKind structure_module() const override { return OpKind::kStructureModule; }
  bool outer_product_comes_first() const override { return false; }

  void add_own_inputs() override {
    const int64_t n = dims_.n_res, t = dims_.n_templates;
    if (t == 0) return;
    integers("template_aatype", {t, n});
    input("template_all_atom_mask", {t, n, kAtoms});
    input("template_pseudo_beta", {t, n, 3});
    input("template_pseudo_beta_mask", {t, n});
    input("template_mask", {t});
    input("template_torsion_angles_sin_cos", {t, n, 7, 2});
    input("template_alt_torsion_angles_sin_cos", {t, n, 7, 2});
    input("template_torsion_angles_mask", {t, n, 7});
  }

  void add_pair_features() override {
    update({OpKind::kPairEmbedding, "pair_embedding", {"evoformer"}, {}}, pair_,
           {target_feat_, find("residue_index")});
  }

  void add_templates() override {
    const std::string base = "evoformer/template_embedding";
    const std::string single = base + "/single_template_embedding";
    const int64_t n = dims_.n_res, c = kTemplateChannels;
    std::vector<ValueId> attended = {find("template_mask")};
    for (int64_t t = 0; t < dims_.n_templates; ++t) {
      const std::string name = fmt::format("template/{}", t);
      const ValueId x = value(name, {n, n, c}, graph::Role::kLocal);
      add({OpKind::kTemplatePairEmbedding,
           name + "/embedding",
           {single},
           {},
           Variant::kDefault,
           static_cast<int32_t>(t)},
          {find("template_aatype"), find("template_all_atom_mask"), find("template_pseudo_beta"),
           find("template_pseudo_beta_mask")},
          {x});
      for (int b = 0; b < config_.n_template_blocks; ++b) {
        const Scope scope{single + "/template_pair_stack/__layer_stack_no_state", b,
                          config_.n_template_blocks};
        const std::string block = fmt::format("{}/{}", name, b);
        // Unlike in the trunk, attention comes before multiplication.
        add_triangle_attention(block, scope, x, Variant::kStarting, c);
        add_triangle_attention(block, scope, x, Variant::kEnding, c);
        add_triangle_multiplication(block, scope, x, Variant::kOutgoing, c);
        add_triangle_multiplication(block, scope, x, Variant::kIncoming, c);
        add_transition(block, scope, "pair_transition", x, c, kTemplateTransitionFactor);
      }
      update(
          {OpKind::kLayerNorm, name + "/output_layer_norm", {single + "/output_layer_norm"}, {.channels = c}},
          x, {});
      attended.push_back(x);
    }
    update({OpKind::kTemplatePointwiseAttention,
            "template/pointwise_attention",
            {base},
            {.heads = kPairHeads, .head_dim = c / kPairHeads}},
           pair_, std::move(attended));
  }

  void add_template_rows() override {
    update({OpKind::kTemplateAngleEmbedding, "template/angle_embedding", {"evoformer"}, {}}, msa_,
           {find("template_aatype"), find("template_torsion_angles_sin_cos"),
            find("template_alt_torsion_angles_sin_cos"), find("template_torsion_angles_mask")});
  }
};

}  // namespace

graph::Graph build_monomer(const ModelConfig& config, const Dims& dims, const BuildOptions& options) {
  if (dims.n_templates > 0 && !config.uses_templates) {
    base::throw_internal("{} takes no templates", config.name);
  }
  return Monomer(config, dims, options).build();
}

}  // namespace foldmesh::model
