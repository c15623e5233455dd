// Features as named arrays, the form in which they are stored (.npz) and handed to the network.
#ifndef FOLDMESH_FEATURES_FEATURE_SET_H_
#define FOLDMESH_FEATURES_FEATURE_SET_H_

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::features {

using FeatureSet = std::map<std::string, tensor::Tensor>;

// Processed features that differ from pass to pass: their leading axis is the pass.
inline constexpr std::array<std::string_view, 6> kPerPassFeatures = {
    "msa_feat", "msa_mask", "extra_msa", "extra_msa_mask", "extra_has_deletion", "extra_deletion_value"};

// True for sampled features ready for the network, false for raw ones (which hold `msa` instead of
// `msa_feat`).
inline bool is_processed(const FeatureSet& features) { return features.count("msa_feat") > 0; }

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_FEATURE_SET_H_
