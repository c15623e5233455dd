#include "foldmesh/model/monomer.h"

#include <fmt/format.h>

#include "foldmesh/base/error.h"
#include "foldmesh/model/param_shapes.h"

namespace foldmesh::model {
namespace {

using graph::OpKind;
using graph::Role;
using graph::ValueId;
using graph::Variant;
using tensor::Shape;

constexpr std::string_view kRoot = "alphafold/alphafold_iteration/";
constexpr int64_t kMsaHeads = 8, kPairHeads = 4;
constexpr int64_t kTransitionFactor = 4, kTemplateTransitionFactor = 2;

// Where in the parameter file a node's tensors are: a scope, and the slice of stacked tensors.
struct Scope {
  std::string name;  // after kRoot
  int block = -1, n_blocks = 0;
};

class Builder {
 public:
  Builder(const ModelConfig& config, const Dims& dims, const BuildOptions& options)
      : config_(config), dims_(dims), options_(options) {}

  graph::Graph build() {
    add_values();
    add_pair_embedding();
    if (dims_.n_templates > 0) add_templates();
    add_extra_msa_stack();
    add_msa_embedding();
    add_evoformer();
    add_structure_and_heads();
    return std::move(graph_);
  }

 private:
  ValueId value(std::string name, Shape shape, Role role, bool is_integer = false) {
    return graph_.add_value({std::move(name), std::move(shape), is_integer, role});
  }
  ValueId input(const char* name, Shape shape) { return value(name, std::move(shape), Role::kInput); }
  ValueId integers(const char* name, Shape shape) {
    return value(name, std::move(shape), Role::kInput, true);
  }
  ValueId find(std::string_view name) const { return graph_.find(name); }

  struct Placed {
    OpKind kind;
    std::string name;
    Scope scope;
    Widths widths;
    Variant variant = Variant::kDefault;
    int32_t index = 0;
  };
  void add(Placed op, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
    const auto& leaves = graph::spec(op.kind).params;
    const std::vector<Shape> shapes = param_shapes(op.kind, op.widths);
    if (shapes.size() != leaves.size()) {
      base::throw_internal("{}: {} parameter shapes for {} parameters", op.name, shapes.size(),
                           leaves.size());
    }
    graph::Node node{.kind = op.kind,
                     .variant = op.variant,
                     .index = op.index,
                     .name = std::move(op.name),
                     .inputs = std::move(inputs),
                     .outputs = std::move(outputs),
                     .params = {}};
    for (size_t i = 0; i < leaves.size(); ++i) {
      const char* separator = leaves[i].starts_with("//") ? "" : "/";
      node.params.push_back({.name = fmt::format("{}{}{}{}", kRoot, op.scope.name, separator, leaves[i]),
                             .shape = shapes[i],
                             .block = op.scope.block,
                             .n_blocks = op.scope.n_blocks});
    }
    graph_.add_node(std::move(node));
  }
  // An in-place update of x that reads the other operands.
  void update(Placed op, ValueId x, std::vector<ValueId> others) {
    others.insert(others.begin(), x);
    add(std::move(op), std::move(others), {x});
  }

  void add_values() {
    const int64_t n = dims_.n_res, s = dims_.n_seq, e = dims_.n_extra, t = dims_.n_templates;
    target_feat_ = input("target_feat", {n, kTargetFeatures});
    input("msa_feat", {s, n, kMsaFeatures});
    msa_mask_ = input("msa_mask", {s + t, n});
    integers("residue_index", {n});
    aatype_ = integers("aatype", {n});
    input("seq_mask", {n});
    pair_mask_ = input("pair_mask", {n, n});
    integers("extra_msa", {e, n});
    input("extra_msa_mask", {e, n});
    input("extra_has_deletion", {e, n});
    input("extra_deletion_value", {e, n});
    if (t > 0) {
      integers("template_aatype", {t, n});
      input("template_all_atom_mask", {t, n, kAtoms});
      input("template_pseudo_beta", {t, n, 3});
      input("template_pseudo_beta_mask", {t, n});
      input("template_mask", {t});
      input("template_torsion_angles_sin_cos", {t, n, 7, 2});
      input("template_alt_torsion_angles_sin_cos", {t, n, 7, 2});
      input("template_torsion_angles_mask", {t, n, 7});
    }
    pair_ = value("pair", {n, n, kPairChannels}, Role::kState);
    first_row_ = value("prev_msa_first_row", {n, kMsaChannels}, Role::kState);
    positions_ = value("prev_positions", {n, kAtoms, 3}, Role::kState);
  }

  void add_pair_embedding() {
    update({OpKind::kRecyclePair, "recycle_pair", {"evoformer"}, {}}, pair_, {aatype_, positions_});
    update({OpKind::kPairEmbedding, "pair_embedding", {"evoformer"}, {}}, pair_,
           {target_feat_, find("residue_index")});
  }

  void add_triangle_multiplication(const std::string& name, const Scope& scope, ValueId z, Variant variant,
                                   int64_t channels) {
    const bool outgoing = variant == Variant::kOutgoing;
    const char* which = outgoing ? "triangle_multiplication_outgoing" : "triangle_multiplication_incoming";
    update({OpKind::kTriangleMultiplication,
            fmt::format("{}/{}", name, which),
            inside(scope, which),
            {.channels = channels},
            variant},
           z, {pair_mask_});
  }

  void add_triangle_attention(const std::string& name, const Scope& scope, ValueId z, Variant variant,
                              int64_t channels) {
    const bool starting = variant == Variant::kStarting;
    const char* which = starting ? "triangle_attention_starting_node" : "triangle_attention_ending_node";
    update({OpKind::kTriangleAttention,
            fmt::format("{}/{}", name, which),
            inside(scope, which),
            {.channels = channels, .heads = kPairHeads, .head_dim = channels / kPairHeads},
            variant},
           z, {pair_mask_});
  }

  void add_transition(const std::string& name, const Scope& scope, const char* which, ValueId x,
                      int64_t channels, int64_t factor) {
    update({OpKind::kTransition,
            fmt::format("{}/{}", name, which),
            inside(scope, which),
            {.channels = channels, .hidden = factor * channels}},
           x, {});
  }

  static Scope inside(const Scope& scope, std::string_view part) {
    return {fmt::format("{}/{}", scope.name, part), scope.block, scope.n_blocks};
  }

  void add_templates() {
    const std::string base = "evoformer/template_embedding";
    const std::string single = base + "/single_template_embedding";
    const int64_t n = dims_.n_res, c = kTemplateChannels;
    std::vector<ValueId> attended = {find("template_mask")};
    for (int64_t t = 0; t < dims_.n_templates; ++t) {
      const std::string name = fmt::format("template/{}", t);
      const ValueId x = value(name, {n, n, c}, Role::kLocal);
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

  // The half of a block that updates the pair tensor, common to both stacks.
  void add_pair_updates(const std::string& name, const Scope& scope) {
    const int64_t c = kPairChannels;
    add_triangle_multiplication(name, scope, pair_, Variant::kOutgoing, c);
    add_triangle_multiplication(name, scope, pair_, Variant::kIncoming, c);
    add_triangle_attention(name, scope, pair_, Variant::kStarting, c);
    add_triangle_attention(name, scope, pair_, Variant::kEnding, c);
    add_transition(name, scope, "pair_transition", pair_, c, kTransitionFactor);
  }

  void add_block(const std::string& name, const Scope& scope, ValueId m, ValueId mask, OpKind column) {
    const bool global = column == OpKind::kGlobalColumnAttention;
    const int64_t c = global ? kExtraMsaChannels : kMsaChannels;
    const Widths attention{.channels = c, .heads = kMsaHeads, .head_dim = c / kMsaHeads};
    const char* row_name = "msa_row_attention_with_pair_bias";
    const char* column_name = global ? "msa_column_global_attention" : "msa_column_attention";
    update({OpKind::kRowAttention, fmt::format("{}/{}", name, row_name), inside(scope, row_name), attention},
           m, {pair_, mask});
    update({column, fmt::format("{}/{}", name, column_name), inside(scope, column_name), attention}, m,
           {mask});
    add_transition(name, scope, "msa_transition", m, c, kTransitionFactor);
    update({OpKind::kOuterProductMean,
            fmt::format("{}/outer_product_mean", name),
            inside(scope, "outer_product_mean"),
            {.channels = c}},
           pair_, {m, mask});
    add_pair_updates(name, scope);
  }

  void add_extra_msa_stack() {
    const ValueId e =
        value("extra_msa_activations", {dims_.n_extra, dims_.n_res, kExtraMsaChannels}, Role::kLocal);
    add({OpKind::kExtraMsaEmbedding, "extra_msa_embedding", {"evoformer"}, {}},
        {find("extra_msa"), find("extra_has_deletion"), find("extra_deletion_value")}, {e});
    for (int b = 0; b < config_.n_extra_msa_blocks; ++b) {
      add_block(fmt::format("extra_msa/{}", b), {"evoformer/extra_msa_stack", b, config_.n_extra_msa_blocks},
                e, find("extra_msa_mask"), OpKind::kGlobalColumnAttention);
    }
  }

  void add_msa_embedding() {
    const int64_t rows = dims_.n_seq + dims_.n_templates;
    msa_ = value("msa", {rows, dims_.n_res, kMsaChannels}, output_if_all_heads());
    add({OpKind::kMsaEmbedding, "msa_embedding", {"evoformer"}, {}},
        {target_feat_, find("msa_feat"), first_row_}, {msa_});
    if (dims_.n_templates == 0) return;
    update({OpKind::kTemplateAngleEmbedding, "template/angle_embedding", {"evoformer"}, {}}, msa_,
           {find("template_aatype"), find("template_torsion_angles_sin_cos"),
            find("template_alt_torsion_angles_sin_cos"), find("template_torsion_angles_mask")});
  }

  void add_evoformer() {
    for (int b = 0; b < config_.n_evoformer_blocks; ++b) {
      add_block(fmt::format("evoformer/{}", b),
                {"evoformer/evoformer_iteration", b, config_.n_evoformer_blocks}, msa_, msa_mask_,
                OpKind::kColumnAttention);
    }
    add({OpKind::kFirstRow, "msa_first_row", {"evoformer"}, {}}, {msa_}, {first_row_});
  }

  ValueId add_linear(const char* name, const std::string& scope, ValueId x, ValueId y) {
    const Widths widths{.channels = graph_.value(x).shape.back(), .out = graph_.value(y).shape.back()};
    add({OpKind::kLinear, name, {scope}, widths}, {x}, {y});
    return y;
  }

  Role output_if_all_heads() const { return options_.all_heads ? Role::kOutput : Role::kLocal; }

  void add_structure_and_heads() {
    const int64_t n = dims_.n_res, iterations = kStructureIterations;
    const auto output = [&](const char* name, Shape shape) {
      return value(name, std::move(shape), Role::kOutput);
    };
    const ValueId single = add_linear("single_activations", "evoformer/single_activations", first_row_,
                                      value("single", {n, kSingleChannels}, output_if_all_heads()));
    const ValueId act = output("sm_single", {n, kSingleChannels});
    const ValueId frames = output("sm_frames", {iterations, n, 7});
    const ValueId angles = output("sm_angles", {iterations, n, 7, 2});
    const ValueId unnormalized = output("sm_unnormalized_angles", {iterations, n, 7, 2});
    const ValueId atom14 = output("sm_positions", {n, 14, 3});
    add({OpKind::kStructureModule, "structure_module", {"structure_module"}, {}},
        {single, pair_, aatype_, find("seq_mask")}, {act, frames, angles, unnormalized, atom14, positions_});
    add({OpKind::kPlddtHead, "predicted_lddt_head", {"predicted_lddt_head"}, {}}, {act},
        {output("lddt_logits", {n, kPlddtBins})});
    if (config_.has_pae_head) {
      add_linear("predicted_aligned_error_head", "predicted_aligned_error_head/logits", pair_,
                 output("tm_logits", {n, n, kPaeBins}));
    }
    if (options_.distogram || options_.all_heads) {
      add({OpKind::kDistogramHead, "distogram_head", {"distogram_head"}, {}}, {pair_},
          {output("distogram_logits", {n, n, kDistogramBins})});
    }
    if (!options_.all_heads) return;
    add_linear("masked_msa_head", "masked_msa_head/logits", msa_,
               output("masked_msa_logits", {dims_.n_seq, n, kMaskedMsaClasses}));
    add_linear("experimentally_resolved_head", "experimentally_resolved_head/logits", single,
               output("experimentally_resolved_logits", {n, kAtoms}));
  }

  const ModelConfig& config_;
  const Dims& dims_;
  const BuildOptions& options_;
  graph::Graph graph_;
  ValueId target_feat_ = 0, msa_mask_ = 0, aatype_ = 0, pair_mask_ = 0;
  ValueId pair_ = 0, first_row_ = 0, positions_ = 0, msa_ = 0;
};

}  // namespace

graph::Graph build_monomer(const ModelConfig& config, const Dims& dims, const BuildOptions& options) {
  if (dims.n_res < 1 || dims.n_seq < 1 || dims.n_extra < 1 || dims.n_templates < 0) {
    base::throw_internal("no network for {} residues, {} MSA rows, {} extra rows, {} templates", dims.n_res,
                         dims.n_seq, dims.n_extra, dims.n_templates);
  }
  if (dims.n_templates > 0 && !config.uses_templates) {
    base::throw_internal("{} takes no templates", config.name);
  }
  return Builder(config, dims, options).build();
}

}  // namespace foldmesh::model
