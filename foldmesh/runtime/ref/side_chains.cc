#include "foldmesh/runtime/ref/side_chains.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr size_t kChi1Group = 4;

Rigid default_frame(int aatype, size_t group) {
  const auto& table = bio::kRigidGroupDefaultFrame[aatype][group];
  Rigid frame;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) frame.rotation[i][j] = table[i][j];
    frame.translation[i] = table[i][3];
  }
  return frame;
}

Rigid rotation_about_x(double sine, double cosine) {
  Rigid out;
  out.rotation = {{{1, 0, 0}, {0, cosine, -sine}, {0, sine, cosine}}};
  return out;
}

}  // namespace

RigidGroups rigid_groups(int aatype, const Rigid& backbone, const Torsions& torsions) {
  RigidGroups to_backbone;
  to_backbone[0] = default_frame(aatype, 0);
  for (size_t g = 1; g < to_backbone.size(); ++g) {
    const auto& [sine, cosine] = torsions[g - 1];
    to_backbone[g] = compose(default_frame(aatype, g), rotation_about_x(sine, cosine));
    // chi2 .. chi4 turn within the group before; all others sit on the backbone.
    if (g > kChi1Group) to_backbone[g] = compose(to_backbone[g - 1], to_backbone[g]);
  }
  RigidGroups global;
  for (size_t g = 0; g < global.size(); ++g) global[g] = compose(backbone, to_backbone[g]);
  return global;
}

Atom14 atom14_positions(int aatype, const RigidGroups& groups) {
  Atom14 atoms = {};
  for (size_t a = 0; a < atoms.size(); ++a) {
    if (bio::kAtom14Mask[aatype][a] == 0) continue;
    const float* local = bio::kAtom14LiteraturePosition[aatype][a];
    atoms[a] = apply(groups[bio::kAtom14ToRigidGroup[aatype][a]], {local[0], local[1], local[2]});
  }
  return atoms;
}

Atom37 atom37_positions(int aatype, const Atom14& atoms) {
  Atom37 out = {};
  for (size_t a = 0; a < out.size(); ++a) {
    if (bio::kAtom37Mask[aatype][a] != 0) out[a] = atoms[bio::kAtom37ToAtom14[aatype][a]];
  }
  return out;
}

}  // namespace foldmesh::runtime::ref
