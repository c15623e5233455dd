#include "foldmesh/model/multimer.h"

#include <fmt/format.h>

#include "foldmesh/base/error.h"
#include "foldmesh/model/network_builder.h"

namespace foldmesh::model {
namespace {

class Multimer : public NetworkBuilder {
 public:
  using NetworkBuilder::NetworkBuilder;

 private:
  int64_t target_features() const override { return kMultimerTargetFeatures; }
  int64_t masked_msa_classes() const override { return kMultimerMaskedMsaClasses; }
  int64_t frame_width() const override { return 12; }
  OpKind structure_module() const override { return OpKind::kChainStructureModule; }
  bool outer_product_comes_first() const override { return true; }

  void add_own_inputs() override {
    const int64_t n = dims_.n_res, t = dims_.n_templates;
    integers("asym_id", {n});
    integers("entity_id", {n});
    integers("sym_id", {n});
    integers("template_aatype", {t, n});
    input("template_pseudo_beta", {t, n, 3});
    input("template_pseudo_beta_mask", {t, n});
    input("template_backbone_frame", {t, n, 12});
    input("template_backbone_mask", {t, n});
    input("template_chi", {t, n, 12});
    input("template_weight", {t});
  }

  void add_pair_features() override {
    update({OpKind::kChainPairEmbedding, "pair_embedding", {"evoformer"}, {}}, pair_,
           {target_feat_, find("residue_index"), find("asym_id"), find("entity_id"), find("sym_id")});
  }

  void add_templates() override {
    const std::string base = "evoformer/template_embedding";
    const std::string single = base + "/single_template_embedding";
    const int64_t n = dims_.n_res, c = kTemplateChannels;
    std::vector<ValueId> averaged = {find("template_weight")};
    for (int64_t t = 0; t < dims_.n_templates; ++t) {
      const std::string name = fmt::format("template/{}", t);
      const ValueId x = value(name, {n, n, c}, graph::Role::kLocal);
      add({OpKind::kChainTemplateEmbedding,
           name + "/embedding",
           {single},
           {},
           Variant::kDefault,
           static_cast<int32_t>(t)},
          {pair_, find("template_aatype"), find("template_pseudo_beta"), find("template_pseudo_beta_mask"),
           find("template_backbone_frame"), find("template_backbone_mask"), find("asym_id")},
          {x});
      for (int b = 0; b < config_.n_template_blocks; ++b) {
        const Scope scope{single + "/template_embedding_iteration", b, config_.n_template_blocks};
        const std::string block = fmt::format("{}/{}", name, b);
        // Unlike in monomer models, multiplication comes before attention, as in the trunk.
        add_triangle_multiplication(block, scope, x, Variant::kOutgoing, c);
        add_triangle_multiplication(block, scope, x, Variant::kIncoming, c);
        add_triangle_attention(block, scope, x, Variant::kStarting, c);
        add_triangle_attention(block, scope, x, Variant::kEnding, c);
        add_transition(block, scope, "pair_transition", x, c, kTemplateTransitionFactor);
      }
      update(
          {OpKind::kLayerNorm, name + "/output_layer_norm", {single + "/output_layer_norm"}, {.channels = c}},
          x, {});
      averaged.push_back(x);
    }
    update({OpKind::kTemplateMean, "template/mean", {base}, {}}, pair_, std::move(averaged));
  }

  void add_template_rows() override {
    update({OpKind::kTemplateChiEmbedding, "template/chi_embedding", {"evoformer"}, {}}, msa_,
           {find("template_aatype"), find("template_chi")});
  }
};

}  // namespace

graph::Graph build_multimer(const ModelConfig& config, const Dims& dims, const BuildOptions& options) {
  if (dims.n_templates < 1) base::throw_internal("{} has at least one template slot", config.name);
  return Multimer(config, dims, options).build();
}

}  // namespace foldmesh::model
