// When further passes stop changing the structure. Internal to predict.
#ifndef FOLDMESH_PREDICT_RECYCLING_H_
#define FOLDMESH_PREDICT_RECYCLING_H_

#include <array>
#include <span>
#include <vector>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::predict {

using Points = std::vector<std::array<double, 3>>;

// C-alpha atoms out of positions [n_res, 37, 3], float32 or float64.
Points c_alphas(const tensor::ConstView& positions);

// Root mean square change of the distances between residues, in A: over all ordered pairs of residues that
// the mask [n_res] holds, a residue and itself included; 1e-8 is added under the root. No superposition is
// needed, and a mirror image would not be noticed. The rule of AlphaFold-Multimer (Evans et al. 2021).
double distance_change(const Points& before, const Points& after, std::span<const float> mask);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_RECYCLING_H_
