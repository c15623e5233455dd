// Internal: categorical inputs, and the features that embeddings make of coordinates.
#ifndef FOLDMESH_RUNTIME_REF_FEATURES_H_
#define FOLDMESH_RUNTIME_REF_FEATURES_H_

#include <cstdint>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime::ref {

// A class out of an integer operand; kInput when it is not one of the n_classes there are.
inline int checked_class(int32_t value, int n_classes, const char* what) {
  if (value < 0 || value >= n_classes) {
    base::throw_input("{} {} is not a class of the network (expected 0 to {})", what, value, n_classes - 1);
  }
  return value;
}

inline double squared_distance(const double* a, const double* b) {
  const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return x * x + y * y + z * z;
}

// The distance bin of a distogram whose bins start at 3.25, 4.5, 5.75, ... A; the last one ends at 1e4 A.
// Edges belong to no bin: -1 for a distance on an edge or below the first one (suppl. algorithms 32 and table
// 1).
inline int distance_bin(double squared_distance, int n_bins) {
  constexpr double kFirst = 3.25, kStep = 1.25, kLastSquared = 1e8;
  for (int bin = 0; bin < n_bins; ++bin) {
    const double lower = kFirst + kStep * bin, upper = lower + kStep;
    const double upper_squared = bin + 1 < n_bins ? upper * upper : kLastSquared;
    if (squared_distance > lower * lower && squared_distance < upper_squared) return bin;
  }
  return -1;
}

// The 88 features of a pair of template residues (suppl. table 1, template_pair_feat): distogram, pseudo-beta
// mask, residue type of j, of i, unit vector (zero in all monomer models), backbone mask.
inline constexpr int kTemplatePairFeatures = 88;
struct TemplateResidues {
  const int32_t* aatype;           // [N]
  const double* atom37_mask;       // [N,37]
  const double* pseudo_beta;       // [N,3] A
  const double* pseudo_beta_mask;  // [N]
};
void template_pair_features(const TemplateResidues& residues, int64_t i, int64_t j, double* features);

// The 57 features of one template residue (suppl. table 1, template_angle_feat): residue type, torsions,
// alternative torsions, their mask.
inline constexpr int kTemplateAngleFeatures = 57;
struct TemplateTorsions {
  const int32_t* aatype;      // [N]
  const double* sin_cos;      // [N,7,2]
  const double* alt_sin_cos;  // [N,7,2]
  const double* mask;         // [N,7]
};
void template_angle_features(const TemplateTorsions& torsions, int64_t i, double* features);

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_FEATURES_H_
