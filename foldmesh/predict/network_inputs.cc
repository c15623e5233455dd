#include "foldmesh/predict/network_inputs.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/chain_templates.h"

namespace foldmesh::predict {
namespace {

constexpr int64_t kTorsions = 7, kPsi = 2;
constexpr int64_t kChiNumbers = 12, kChi1Mask = 8;

using tensor::DType;
using tensor::Tensor;

// The MSA's mask with a row for every template below it, which is number `which` of the `n_each` numbers that
// `templates` has for each residue.
Tensor trunk_mask(const FeatureSource& features, const model::Dims& dims, const float* templates,
                  int64_t n_each, int64_t which) {
  const int64_t n = dims.n_res;
  Tensor mask(DType::kF32, {dims.n_seq + dims.n_templates, n});
  const auto msa = features.get("msa_mask").span<float>();
  std::copy(msa.begin(), msa.end(), mask.as<float>());
  float* rows = mask.as<float>() + dims.n_seq * n;
  for (int64_t i = 0; i < dims.n_templates * n; ++i) rows[i] = templates[i * n_each + which];
  return mask;
}

// Arrays of the templates that a multimer model computes, by the name of the network's input.
std::map<std::string, Tensor, std::less<>> chain_template_inputs(const FeatureSource& features,
                                                                 const model::Dims& dims) {
  const int64_t n = dims.n_templates, n_res = dims.n_res;
  const auto count = [&](int64_t each) { return static_cast<size_t>(n * n_res * each); };
  // Where there is no slot at all, one that holds nothing.
  const Tensor no_types(DType::kI32, {n, n_res}), no_mask(DType::kF32, {n, n_res, bio::kNumAtom37}),
      no_positions(DType::kF32, {n, n_res, bio::kNumAtom37, 3});
  const auto of = [&](const char* name, const Tensor& nothing) {
    return features.contains(name) ? features.get(name) : nothing.view();
  };
  const auto aatype = of("template_aatype", no_types).span<int32_t>().first(count(1));
  features::ChainTemplates made = features::chain_templates(
      n, n_res, aatype,
      of("template_all_atom_positions", no_positions).span<float>().first(count(3 * bio::kNumAtom37)),
      of("template_all_atom_mask", no_mask).span<float>().first(count(bio::kNumAtom37)));
  std::map<std::string, Tensor, std::less<>> inputs;
  Tensor types(DType::kI32, {n, n_res}), weight(DType::kF32, {n});
  std::copy(aatype.begin(), aatype.end(), types.as<int32_t>());
  const std::vector<float> weights = template_weights(features);
  std::copy(weights.begin(), weights.end(), weight.as<float>());
  inputs.emplace("template_aatype", std::move(types));
  inputs.emplace("template_weight", std::move(weight));
  inputs.emplace("template_pseudo_beta", std::move(made.pseudo_beta));
  inputs.emplace("template_pseudo_beta_mask", std::move(made.pseudo_beta_mask));
  inputs.emplace("template_backbone_frame", std::move(made.backbone_frame));
  inputs.emplace("template_backbone_mask", std::move(made.backbone_mask));
  inputs.emplace("template_chi", std::move(made.chi));
  return inputs;
}

Tensor pair_mask(const FeatureSource& features, int64_t n) {
  const float* seq_mask = features.get("seq_mask").as<float>();
  Tensor mask(DType::kF32, {n, n});
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) mask.as<float>()[i * n + j] = seq_mask[i] * seq_mask[j];
  }
  return mask;
}

}  // namespace

std::vector<float> template_weights(const FeatureSource& features) {
  if (!features.contains("template_aatype")) return {1};
  const auto aatype = features.get("template_aatype").span<int32_t>();
  const auto mask = features.get("template_all_atom_mask").span<float>();
  const auto n_slots = static_cast<size_t>(features.get("template_aatype").shape[0]);
  const size_t n_res = aatype.size() / n_slots, n_atoms = mask.size() / n_slots;
  size_t used = n_slots;
  while (used > 0 && features::is_empty_template(aatype.subspan((used - 1) * n_res, n_res),
                                                 mask.subspan((used - 1) * n_atoms, n_atoms))) {
    --used;
  }
  std::vector<float> weights(used, 1.0F);
  if (used < n_slots) weights.push_back(static_cast<float>(n_slots - used));
  return weights;
}

void set_inputs(const FeatureSource& features, const graph::Graph& network, const model::Dims& dims,
                runtime::Executor& executor) {
  std::map<std::string, Tensor, std::less<>> templates;
  const bool is_multimer = network.contains("asym_id");
  if (is_multimer) templates = chain_template_inputs(features, dims);
  const auto msa_mask = [&] {
    if (is_multimer) {
      return trunk_mask(features, dims, templates.at("template_chi").as<float>(), kChiNumbers, kChi1Mask);
    }
    // A template's residue counts where its psi torsion is defined.
    const float* torsions =
        dims.n_templates > 0 ? features.get("template_torsion_angles_mask").as<float>() : nullptr;
    return trunk_mask(features, dims, torsions, kTorsions, kPsi);
  };
  for (const graph::Value& value : network.values()) {
    if (value.role != graph::Role::kInput) continue;
    if (value.name == "msa_mask") {
      executor.set(value.name, msa_mask().view());
    } else if (value.name == "pair_mask") {
      executor.set(value.name, pair_mask(features, dims.n_res).view());
    } else if (const auto made = templates.find(value.name); made != templates.end()) {
      executor.set(value.name, made->second.view());
    } else {
      tensor::ConstView view = features.get(value.name);
      if (value.name.starts_with("template_")) view.shape[0] = dims.n_templates;  // slots behind are empty
      executor.set(value.name, view);
    }
  }
}

}  // namespace foldmesh::predict
