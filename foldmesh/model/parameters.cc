#include "foldmesh/model/parameters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/model/network.h"

namespace foldmesh::model {
namespace {

// The range of a tensor's values depends on what it does, read off the last parts of its name. Layers without
// a rule get gain 1. Weights have scale gain * sqrt(3 / fan_in), which is unit variance of the output times
// gain^2.
struct GainRule {
  std::string_view suffix;
  float gain;
};
constexpr GainRule kGains[] = {
    {"//query_w", 1.5F},
    {"//key_w", 1.5F},
    {"//feat_2d_weights", 1.5F},
    {"/attention_2d//weights", 1.5F},
    {"//gating_w", 0.7F},
    {"/gating_linear//weights", 0.7F},
    {"/left_gate//weights", 0.7F},
    {"/right_gate//weights", 0.7F},
    {"/gate//weights", 0.7F},
    // Before a ReLU: the square root of 2.
    {"/transition1//weights", 1.41421356F},
    {"/fold_iteration/transition//weights", 1.41421356F},
    {"/fold_iteration/transition_1//weights", 1.41421356F},
    {"/resblock1//weights", 1.41421356F},
    {"/resblock1_1//weights", 1.41421356F},
    {"/predicted_lddt_head/act_0//weights", 1.41421356F},
    {"/predicted_lddt_head/act_1//weights", 1.41421356F},
    // The last layer of a residual branch.
    {"/outer_product_mean//output_w", 3.0F},
    {"//output_w", 0.6F},
    {"/transition2//weights", 0.6F},
    {"/transition_2//weights", 0.6F},
    {"_multiplication_incoming/output_projection//weights", 0.6F},
    {"_multiplication_outgoing/output_projection//weights", 0.6F},
    {"/invariant_point_attention/output_projection//weights", 0.5F},
    {"_point_local//weights", 0.7F},
    {"/point_projection//weights", 0.7F},
    {"/affine_update//weights", 0.3F},
    {"/quat_rigid/rigid//weights", 0.3F},
    {"/template_embedding/output_linear//weights", 0.6F},
    {"/predicted_lddt_head/logits//weights", 2.0F},
    {"_head/logits//weights", 0.3F},
    {"/half_logits//weights", 0.3F},
};

// Layers that read features instead of activations have fixed scales.
constexpr GainRule kFixedScales[] = {
    {"/preprocess_1d//weights", 1.0F},
    {"/left_single//weights", 1.0F},
    {"/right_single//weights", 1.0F},
    {"/pair_activiations//weights", 1.0F},
    {"/prev_pos_linear//weights", 1.0F},
    {"/preprocess_msa//weights", 0.75F},
    {"/extra_msa_activations//weights", 0.75F},
    {"/position_activations//weights", 1.0F},
    {"/embedding2d//weights", 0.5F},
    {"/template_pair_embedding_0//weights", 0.5F},
    {"/template_pair_embedding_1//weights", 0.5F},
    {"/template_pair_embedding_2//weights", 0.5F},
    {"/template_pair_embedding_3//weights", 0.5F},
    {"/template_pair_embedding_4//weights", 0.5F},
    {"/template_pair_embedding_5//weights", 0.5F},
    {"/template_pair_embedding_6//weights", 0.5F},
    {"/template_pair_embedding_7//weights", 0.5F},
    {"/template_single_embedding//weights", 0.35F},
};

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view s) { return name.ends_with(s); });
}

// Scales are defined as the float32 next to a decimal of three significant digits.
float three_digits(double value) { return std::strtof(fmt::format("{:.3g}", value).c_str(), nullptr); }

void set_range(const tensor::Shape& slice, ParamSpec* param) {
  const std::string_view name = param->name;
  param->scale = 0.125F;
  if (is_any_of(name, {"//scale", "//gating_b", "/gating_linear//bias", "_gate//bias", "/gate//bias"})) {
    param->base = 1;
    return;
  }
  if (is_any_of(name, {"//offset", "//bias", "//output_b"})) return;
  if (name.ends_with("//trainable_point_weights")) {
    param->base = 0.5F;
    param->scale = 0.25F;
    return;
  }
  for (const GainRule& rule : kFixedScales) {
    if (name.ends_with(rule.suffix)) {
      param->scale = rule.gain;
      return;
    }
  }
  double gain = 1;
  for (const GainRule& rule : kGains) {
    if (!name.ends_with(rule.suffix)) continue;
    gain = rule.gain;
    break;
  }
  // Output weights have two input axes (heads and head width, or the two outer-product channels).
  const int64_t fan_in = name.ends_with("//output_w") ? slice[0] * slice[1] : slice[0];
  param->scale = three_digits(gain * std::sqrt(3.0 / static_cast<double>(fan_in)));
}

uint64_t fnv1a(std::string_view text, uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

uint64_t name_hash(const ParamSpec& param, std::string_view salt) {
  return fnv1a(param.name, fnv1a(salt, 14695981039346656037U));
}

// SplitMix64 as a counter-based generator, mapped to [base - scale, base + scale).
float value_at(const ParamSpec& param, uint64_t hash, uint64_t index) {
  uint64_t x = hash + (index + 1) * 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  x ^= x >> 31;
  const auto k = static_cast<int32_t>(x >> 40) - 8388608;
  return param.base + param.scale * (static_cast<float>(k) * 0x1p-23F);
}

}  // namespace

std::vector<ParamSpec> parameter_list(const ModelConfig& config) {
  const Dims smallest{.n_res = 1, .n_seq = 1, .n_extra = 1, .n_templates = config.uses_templates ? 1 : 0};
  std::map<std::string, ParamSpec> found;
  const graph::Graph network = build_network(config, smallest, {.all_heads = true});
  for (const graph::Node& node : network.nodes()) {
    for (const graph::ParamRef& ref : node.params) {
      ParamSpec param{.name = ref.name, .shape = ref.shape};
      if (ref.n_blocks > 0) param.shape.insert(param.shape.begin(), ref.n_blocks);
      set_range(ref.shape, &param);
      found.try_emplace(ref.name, std::move(param));
    }
  }
  std::vector<ParamSpec> list;
  for (auto& [name, param] : found) list.push_back(std::move(param));
  return list;
}

float formula_value(const ParamSpec& param, std::string_view salt, int64_t index) {
  return value_at(param, name_hash(param, salt), static_cast<uint64_t>(index));
}

void fill_by_formula(const ParamSpec& param, std::string_view salt, int64_t first, std::span<float> out,
                     base::ThreadPool& pool) {
  constexpr size_t kPiece = 1 << 18;
  const uint64_t hash = name_hash(param, salt);
  pool.parallel_for(static_cast<int64_t>((out.size() + kPiece - 1) / kPiece), [&](int64_t piece, int) {
    const size_t begin = static_cast<size_t>(piece) * kPiece, end = std::min(begin + kPiece, out.size());
    for (size_t i = begin; i < end; ++i) out[i] = value_at(param, hash, static_cast<uint64_t>(first) + i);
  });
}

}  // namespace foldmesh::model
