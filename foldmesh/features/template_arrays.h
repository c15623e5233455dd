// Templates in files of raw features, and as the network takes them.
#ifndef FOLDMESH_FEATURES_TEMPLATE_ARRAYS_H_
#define FOLDMESH_FEATURES_TEMPLATE_ARRAYS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/features/feature_set.h"
#include "foldmesh/templates/template_features.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::features {

// The six template_* members of raw features (docs/formats/features.md); they are there without templates,
// too, with a leading extent of 0.
void add_raw_templates(tensor::NpzWriter& file, std::span<const templates::Template> templates,
                       int64_t n_res);
// Throws kInput for wrong shapes, residue types that are not one-hot, coordinates that are not finite and
// masks outside 0..1.
std::vector<templates::Template> read_raw_templates(const tensor::NpzReader& file, int64_t n_res);

// The nine template_* members of processed features: the first kMaxTemplates templates with their torsion
// angles and pseudo-beta atoms, then empty slots (all zero, template_mask included).
void add_template_inputs(FeatureSet& features, std::span<const templates::Template> templates, int64_t n_res);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_TEMPLATE_ARRAYS_H_
