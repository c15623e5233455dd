#include "foldmesh/predict/network_inputs.h"

#include <algorithm>

namespace foldmesh::predict {
namespace {

constexpr int64_t kTorsions = 7, kPsi = 2;

// The MSA's mask with a row for every template below it: a template's residue counts where its psi torsion is
// defined.
tensor::Tensor trunk_mask(const FeatureSource& features, const model::Dims& dims) {
  const int64_t n = dims.n_res;
  tensor::Tensor mask(tensor::DType::kF32, {dims.n_seq + dims.n_templates, n});
  const auto msa = features.get("msa_mask").span<float>();
  std::copy(msa.begin(), msa.end(), mask.as<float>());
  if (dims.n_templates == 0) return mask;
  const float* torsions = features.get("template_torsion_angles_mask").as<float>();
  float* rows = mask.as<float>() + dims.n_seq * n;
  for (int64_t i = 0; i < dims.n_templates * n; ++i) rows[i] = torsions[i * kTorsions + kPsi];
  return mask;
}

tensor::Tensor pair_mask(const FeatureSource& features, int64_t n) {
  const float* seq_mask = features.get("seq_mask").as<float>();
  tensor::Tensor mask(tensor::DType::kF32, {n, n});
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) mask.as<float>()[i * n + j] = seq_mask[i] * seq_mask[j];
  }
  return mask;
}

}  // namespace

void set_inputs(const FeatureSource& features, const graph::Graph& network, const model::Dims& dims,
                runtime::Executor& executor) {
  for (const graph::Value& value : network.values()) {
    if (value.role != graph::Role::kInput) continue;
    if (value.name == "msa_mask") {
      executor.set(value.name, trunk_mask(features, dims).view());
    } else if (value.name == "pair_mask") {
      executor.set(value.name, pair_mask(features, dims.n_res).view());
    } else {
      tensor::ConstView view = features.get(value.name);
      if (value.name.starts_with("template_")) view.shape[0] = dims.n_templates;  // slots behind are empty
      executor.set(value.name, view);
    }
  }
}

}  // namespace foldmesh::predict
