// How many alignment rows each AlphaFold 2 model sees (its configuration table; Jumper et al. 2021, suppl.
// table 5).
#ifndef FOLDMESH_FEATURES_FEATURE_CONFIG_H_
#define FOLDMESH_FEATURES_FEATURE_CONFIG_H_

#include <string>
#include <string_view>

namespace foldmesh::features {

inline constexpr int kMaxTemplates = 4;

struct FeatureConfig {
  std::string model;         // "model_1_ptm"
  int max_msa_clusters = 0;  // rows of msa_feat; models with templates add their rows later, in the network
  int max_extra_msa = 0;
  bool templates = false;  // whether the network has template inputs
};

// Monomer models model_1 .. model_5, each with or without `_ptm`. Throws kInput for any other name.
FeatureConfig feature_config(std::string_view model);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_FEATURE_CONFIG_H_
