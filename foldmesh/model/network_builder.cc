#include "foldmesh/model/network_builder.h"

#include <fmt/format.h>

#include "foldmesh/base/error.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/model/multimer.h"

namespace foldmesh::model {
namespace {

using graph::Role;
using tensor::Shape;

constexpr std::string_view kRoot = "alphafold/alphafold_iteration/";
constexpr int64_t kMsaHeads = 8;

}  // namespace

graph::Graph build_network(const ModelConfig& config, const Dims& dims, const BuildOptions& options) {
  return config.is_multimer ? build_multimer(config, dims, options) : build_monomer(config, dims, options);
}

graph::Graph NetworkBuilder::build() {
  if (dims_.n_res < 1 || dims_.n_seq < 1 || dims_.n_extra < 1 || dims_.n_templates < 0) {
    base::throw_internal("no network for {} residues, {} MSA rows, {} extra rows, {} templates", dims_.n_res,
                         dims_.n_seq, dims_.n_extra, dims_.n_templates);
  }
  add_values();
  add_pair_embedding();
  if (dims_.n_templates > 0) add_templates();
  add_extra_msa_stack();
  add_msa_embedding();
  add_evoformer();
  add_structure_and_heads();
  return std::move(graph_);
}

graph::ValueId NetworkBuilder::value(std::string name, Shape shape, Role role, bool is_integer) {
  return graph_.add_value({std::move(name), std::move(shape), is_integer, role});
}

graph::ValueId NetworkBuilder::input(const char* name, Shape shape) {
  return value(name, std::move(shape), Role::kInput);
}

graph::ValueId NetworkBuilder::integers(const char* name, Shape shape) {
  return value(name, std::move(shape), Role::kInput, true);
}

void NetworkBuilder::add(Placed op, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  const auto& leaves = graph::spec(op.kind).params;
  const std::vector<Shape> shapes = param_shapes(op.kind, op.widths);
  if (shapes.size() != leaves.size()) {
    base::throw_internal("{}: {} parameter shapes for {} parameters", op.name, shapes.size(), leaves.size());
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
void NetworkBuilder::update(Placed op, ValueId x, std::vector<ValueId> others) {
  others.insert(others.begin(), x);
  add(std::move(op), std::move(others), {x});
}

void NetworkBuilder::add_values() {
  const int64_t n = dims_.n_res, s = dims_.n_seq, e = dims_.n_extra, t = dims_.n_templates;
  target_feat_ = input("target_feat", {n, target_features()});
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
  add_own_inputs();
  pair_ = value("pair", {n, n, kPairChannels}, Role::kState);
  first_row_ = value("prev_msa_first_row", {n, kMsaChannels}, Role::kState);
  positions_ = value("prev_positions", {n, kAtoms, 3}, Role::kState);
}

void NetworkBuilder::add_pair_embedding() {
  update({OpKind::kRecyclePair, "recycle_pair", {"evoformer"}, {}}, pair_, {aatype_, positions_});
  add_pair_features();
}

void NetworkBuilder::add_triangle_multiplication(const std::string& name, const Scope& scope, ValueId z,
                                                 Variant variant, int64_t channels) {
  const bool outgoing = variant == Variant::kOutgoing;
  const char* which = outgoing ? "triangle_multiplication_outgoing" : "triangle_multiplication_incoming";
  update({config_.fuses_triangle_multiplication ? OpKind::kFusedTriangleMultiplication
                                                : OpKind::kTriangleMultiplication,
          fmt::format("{}/{}", name, which),
          inside(scope, which),
          {.channels = channels},
          variant},
         z, {pair_mask_});
}

void NetworkBuilder::add_triangle_attention(const std::string& name, const Scope& scope, ValueId z,
                                            Variant variant, int64_t channels) {
  const bool starting = variant == Variant::kStarting;
  const char* which = starting ? "triangle_attention_starting_node" : "triangle_attention_ending_node";
  update({OpKind::kTriangleAttention,
          fmt::format("{}/{}", name, which),
          inside(scope, which),
          {.channels = channels, .heads = kPairHeads, .head_dim = channels / kPairHeads},
          variant},
         z, {pair_mask_});
}

void NetworkBuilder::add_transition(const std::string& name, const Scope& scope, const char* which, ValueId x,
                                    int64_t channels, int64_t factor) {
  update({OpKind::kTransition,
          fmt::format("{}/{}", name, which),
          inside(scope, which),
          {.channels = channels, .hidden = factor * channels}},
         x, {});
}

NetworkBuilder::Scope NetworkBuilder::inside(const Scope& scope, std::string_view part) {
  return {fmt::format("{}/{}", scope.name, part), scope.block, scope.n_blocks};
}

// The half of a block that updates the pair tensor, common to both stacks.
void NetworkBuilder::add_pair_updates(const std::string& name, const Scope& scope) {
  const int64_t c = kPairChannels;
  add_triangle_multiplication(name, scope, pair_, Variant::kOutgoing, c);
  add_triangle_multiplication(name, scope, pair_, Variant::kIncoming, c);
  add_triangle_attention(name, scope, pair_, Variant::kStarting, c);
  add_triangle_attention(name, scope, pair_, Variant::kEnding, c);
  add_transition(name, scope, "pair_transition", pair_, c, kTransitionFactor);
}

void NetworkBuilder::add_outer_product(const std::string& name, const Scope& scope, ValueId m, ValueId mask,
                                       int64_t channels) {
  update({OpKind::kOuterProductMean,
          fmt::format("{}/outer_product_mean", name),
          inside(scope, "outer_product_mean"),
          {.channels = channels}},
         pair_, {m, mask});
}

void NetworkBuilder::add_block(const std::string& name, const Scope& scope, ValueId m, ValueId mask,
                               OpKind column) {
  const bool global = column == OpKind::kGlobalColumnAttention;
  const int64_t c = global ? kExtraMsaChannels : kMsaChannels;
  const Widths attention{.channels = c, .heads = kMsaHeads, .head_dim = c / kMsaHeads};
  const char* row_name = "msa_row_attention_with_pair_bias";
  const char* column_name = global ? "msa_column_global_attention" : "msa_column_attention";
  if (outer_product_comes_first()) add_outer_product(name, scope, m, mask, c);
  update({OpKind::kRowAttention, fmt::format("{}/{}", name, row_name), inside(scope, row_name), attention}, m,
         {pair_, mask});
  update({column, fmt::format("{}/{}", name, column_name), inside(scope, column_name), attention}, m, {mask});
  add_transition(name, scope, "msa_transition", m, c, kTransitionFactor);
  if (!outer_product_comes_first()) add_outer_product(name, scope, m, mask, c);
  add_pair_updates(name, scope);
}

void NetworkBuilder::add_extra_msa_stack() {
  const ValueId e =
      value("extra_msa_activations", {dims_.n_extra, dims_.n_res, kExtraMsaChannels}, Role::kLocal);
  add({OpKind::kExtraMsaEmbedding, "extra_msa_embedding", {"evoformer"}, {}},
      {find("extra_msa"), find("extra_has_deletion"), find("extra_deletion_value")}, {e});
  for (int b = 0; b < config_.n_extra_msa_blocks; ++b) {
    add_block(fmt::format("extra_msa/{}", b), {"evoformer/extra_msa_stack", b, config_.n_extra_msa_blocks}, e,
              find("extra_msa_mask"), OpKind::kGlobalColumnAttention);
  }
}

void NetworkBuilder::add_msa_embedding() {
  const int64_t rows = dims_.n_seq + dims_.n_templates;
  msa_ = value("msa", {rows, dims_.n_res, kMsaChannels}, output_if_all_heads());
  add({OpKind::kMsaEmbedding, "msa_embedding", {"evoformer"}, {.channels = target_features()}},
      {target_feat_, find("msa_feat"), first_row_}, {msa_});
  if (dims_.n_templates > 0) add_template_rows();
}

void NetworkBuilder::add_evoformer() {
  for (int b = 0; b < config_.n_evoformer_blocks; ++b) {
    add_block(fmt::format("evoformer/{}", b),
              {"evoformer/evoformer_iteration", b, config_.n_evoformer_blocks}, msa_, msa_mask_,
              OpKind::kColumnAttention);
  }
  add({OpKind::kFirstRow, "msa_first_row", {"evoformer"}, {}}, {msa_}, {first_row_});
}

graph::ValueId NetworkBuilder::add_linear(const char* name, const std::string& scope, ValueId x, ValueId y) {
  const Widths widths{.channels = graph_.value(x).shape.back(), .out = graph_.value(y).shape.back()};
  add({OpKind::kLinear, name, {scope}, widths}, {x}, {y});
  return y;
}

Role NetworkBuilder::output_if_all_heads() const { return options_.all_heads ? Role::kOutput : Role::kLocal; }

void NetworkBuilder::add_structure_and_heads() {
  const int64_t n = dims_.n_res, iterations = kStructureIterations;
  const auto output = [&](const char* name, Shape shape) {
    return value(name, std::move(shape), Role::kOutput);
  };
  const ValueId single = add_linear("single_activations", "evoformer/single_activations", first_row_,
                                    value("single", {n, kSingleChannels}, output_if_all_heads()));
  const ValueId act = output("sm_single", {n, kSingleChannels});
  const ValueId frames = output("sm_frames", {iterations, n, frame_width()});
  const ValueId angles = output("sm_angles", {iterations, n, 7, 2});
  const ValueId unnormalized = output("sm_unnormalized_angles", {iterations, n, 7, 2});
  const ValueId atom14 = output("sm_positions", {n, 14, 3});
  add({structure_module(), "structure_module", {"structure_module"}, {}},
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
             output("masked_msa_logits", {dims_.n_seq, n, masked_msa_classes()}));
  add_linear("experimentally_resolved_head", "experimentally_resolved_head/logits", single,
             output("experimentally_resolved_logits", {n, kAtoms}));
}

}  // namespace foldmesh::model
