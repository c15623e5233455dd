// Processed features as named arrays: what the network eats, and how it is stored (docs/formats/features.md).
#ifndef FOLDMESH_FEATURES_FEATURE_SET_H_
#define FOLDMESH_FEATURES_FEATURE_SET_H_

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "foldmesh/tensor/npz.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::features {

using FeatureSet = std::map<std::string, tensor::Tensor>;

// The members that differ from pass to pass: their leading axis is the pass. The others have none.
inline constexpr std::array<std::string_view, 6> kPerPassFeatures = {
    "msa_feat", "msa_mask", "extra_msa", "extra_msa_mask", "extra_has_deletion", "extra_deletion_value"};

// Archives that hold inputs and outputs of a network together call the inputs in_msa_feat and so on.
inline constexpr std::string_view kInputPrefix = "in_";

// True for sampled features ready for the network (told by names that raw features do not have), even if some
// are missing; false for raw ones.
bool is_processed(const tensor::NpzReader& file);

void write_processed_features(const FeatureSet& features, const std::filesystem::path& path);
// Checks names, types, shapes, that numbers are finite and the range of everything that is used as an index,
// so that a network can trust the result. With `asym_id` they are features of a multimer model, which has
// other members (docs/formats/features.md). All names may have the prefix above; the result's do not.
// Template members are read if `template_aatype` is present. Unknown members are ignored. Throws kInput with
// a list of all that is missing or wrong.
FeatureSet read_processed_features(const tensor::NpzReader& file);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_FEATURE_SET_H_
