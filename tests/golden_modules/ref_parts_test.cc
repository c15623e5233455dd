// Parts of the reference backend that are no operators of their own: IPA, atom placement, template features,
// distance bins.
#include <gtest/gtest.h>

#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/ipa.h"
#include "foldmesh/runtime/ref/side_chains.h"
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/formula_params.h"

namespace foldmesh::golden {
namespace {

using namespace runtime::ref;  // NOLINT: the tests of that namespace's insides
using tensor::DType;
using tensor::Tensor;

Tensor load(const tensor::ConstView& view) {
  Tensor out(DType::kF64, view.shape);
  const std::span<const float> values = view.span<float>();
  std::copy(values.begin(), values.end(), out.as<double>());
  return out;
}

TEST(RefParts, InvariantPointAttention) {
  const ModuleGolden golden("ipa");
  const Tensor act = load(golden.in("s")), pair = load(golden.in("z")), mask = load(golden.in("mask"));
  const Tensor quaternion = load(golden.in("quaternion")), translation = load(golden.in("translation"));
  const int64_t n_res = act.dim(0);
  std::vector<double> frames;
  for (int64_t i = 0; i < n_res; ++i) {
    frames.insert(frames.end(), quaternion.as<double>() + i * 4, quaternion.as<double>() + i * 4 + 4);
    frames.insert(frames.end(), translation.as<double>() + i * 3, translation.as<double>() + i * 3 + 3);
  }
  std::vector<Tensor> tensors;
  for (const char* leaf :
       {"/q_scalar//weights", "/q_scalar//bias", "/kv_scalar//weights", "/kv_scalar//bias",
        "/q_point_local//weights", "/q_point_local//bias", "/kv_point_local//weights",
        "/kv_point_local//bias", "//trainable_point_weights", "/attention_2d//weights", "/attention_2d//bias",
        "/output_projection//weights", "/output_projection//bias"}) {
    tensors.push_back(formula_param(
        std::string(
            "alphafold/alphafold_iteration/structure_module/fold_iteration/invariant_point_attention") +
        leaf));
  }
  std::vector<tensor::ConstView> params;
  for (const Tensor& t : tensors) params.push_back(t.view());

  base::ThreadPool pool(2);
  std::vector<double> workspace(ipa_bytes(n_res, pair.dim(2), pool.size()) / sizeof(double));
  Tensor update(DType::kF64, act.shape());
  ParamReader reader(params);
  const IpaInputs inputs = {
      n_res, pair.dim(2), act.as<double>(), pair.as<double>(), mask.as<double>(), frames.data(), 7};
  invariant_point_attention(read_ipa(reader, false), inputs, pool,
                            std::as_writable_bytes(std::span(workspace)), update.as<double>());
  expect_close("s_update", update.view(), golden.out("s_update"), kIpaLimit, valid_where(golden.in("mask")));
}

// Appends a frame as a 4x4 matrix.
double* put_matrix(const Rigid& rigid, double* out) {
  for (size_t i = 0; i < 3; ++i) {
    out = std::copy(rigid.rotation[i].begin(), rigid.rotation[i].end(), out);
    *out++ = rigid.translation[i];
  }
  const double last_row[4] = {0, 0, 0, 1};
  return std::copy_n(last_row, 4, out);
}

template <typename Atoms>
double* put_atoms(const Atoms& atoms, double* out) {
  for (const Vec3& atom : atoms) out = std::copy(atom.begin(), atom.end(), out);
  return out;
}

Torsions torsions_at(const double* sin_cos) {
  Torsions torsions;
  for (auto& torsion : torsions) {
    torsion = {sin_cos[0], sin_cos[1]};
    sin_cos += 2;
  }
  return torsions;
}

TEST(RefParts, TorsionsToAtoms) {
  const ModuleGolden golden("torsions_to_atoms");
  const tensor::ConstView aatype = golden.in("aatype");
  const Tensor rotation = load(golden.in("rotation")), translation = load(golden.in("translation"));
  const Tensor angles = load(golden.in("angles_sin_cos"));
  Tensor frames(DType::kF64, golden.out("frames_4x4").shape);
  Tensor atom14(DType::kF64, golden.out("atom14").shape), atom37(DType::kF64, golden.out("atom37").shape);
  double *frames_out = frames.as<double>(), *atom14_out = atom14.as<double>(),
         *atom37_out = atom37.as<double>();
  for (int64_t i = 0; i < aatype.size(); ++i) {
    const int type = aatype.as<int32_t>()[i];
    Rigid backbone;
    for (size_t k = 0; k < 9; ++k)
      backbone.rotation[k / 3][k % 3] = rotation.as<double>()[i * 9 + static_cast<int64_t>(k)];
    std::copy_n(translation.as<double>() + i * 3, 3, backbone.translation.begin());
    const RigidGroups groups =
        rigid_groups(type, backbone, torsions_at(angles.as<double>() + i * bio::kNumTorsions * 2));
    for (const Rigid& group : groups) frames_out = put_matrix(group, frames_out);
    const Atom14 atoms = atom14_positions(type, groups);
    atom14_out = put_atoms(atoms, atom14_out);
    atom37_out = put_atoms(atom37_positions(type, atoms), atom37_out);
  }
  expect_close("frames_4x4", frames.view(), golden.out("frames_4x4"), kPositionLimit);
  expect_close("atom14", atom14.view(), golden.out("atom14"), kPositionLimit);
  expect_close("atom37", atom37.view(), golden.out("atom37"), kPositionLimit);
}

TEST(RefParts, SideChainFramesOfTheStructureModule) {
  const ModuleGolden golden("structure_module");
  const Tensor frames = load(golden.out("frames")), angles = load(golden.out("angles"));
  const int64_t last = frames.dim(0) - 1, n_res = frames.dim(1);
  Tensor matrices(DType::kF64, golden.out("sidechain_frames_last").shape);
  Tensor mask(DType::kF64, golden.out("final_atom_mask").shape);
  double *out = matrices.as<double>(), *mask_out = mask.as<double>();
  for (int64_t i = 0; i < n_res; ++i) {
    const int type = golden.in("aatype").as<int32_t>()[i];
    const Torsions torsions = torsions_at(angles.as<double>() + (last * n_res + i) * bio::kNumTorsions * 2);
    const Rigid backbone = rigid_of(frames.as<double>() + (last * n_res + i) * 7, 7);
    for (const Rigid& group : rigid_groups(type, backbone, torsions)) out = put_matrix(group, out);
    mask_out = std::copy_n(bio::kAtom37Mask[type], bio::kNumAtom37, mask_out);
  }
  expect_close("sidechain_frames_last", matrices.view(), golden.out("sidechain_frames_last"), kPositionLimit,
               valid_where(golden.in("seq_mask")));
  expect_close("final_atom_mask", mask.view(), golden.out("final_atom_mask"), kExact);
}

TEST(RefParts, TemplateFeatures) {
  const ModuleGolden golden("template");
  const tensor::ConstView aatype = golden.in("template_aatype");
  const Tensor atom_mask = load(golden.in("template_all_atom_mask")),
               beta = load(golden.in("template_pseudo_beta"));
  const Tensor beta_mask = load(golden.in("template_pseudo_beta_mask"));
  const Tensor sin_cos = load(golden.in("template_torsion_angles_sin_cos"));
  const Tensor alternative = load(golden.in("template_alt_torsion_angles_sin_cos"));
  const Tensor torsion_mask = load(golden.in("template_torsion_angles_mask"));
  Tensor pairs(DType::kF64, golden.out("pair_feat").shape),
      angles(DType::kF64, golden.out("angle_feat").shape);
  const int64_t n_templates = aatype.dim(0), n_res = aatype.dim(1);
  double *pair_out = pairs.as<double>(), *angle_out = angles.as<double>();
  for (int64_t t = 0; t < n_templates; ++t) {
    const int64_t first = t * n_res;
    const TemplateResidues residues = {aatype.as<int32_t>() + first,
                                       atom_mask.as<double>() + first * bio::kNumAtom37,
                                       beta.as<double>() + first * 3, beta_mask.as<double>() + first};
    const TemplateTorsions torsions = {aatype.as<int32_t>() + first,
                                       sin_cos.as<double>() + first * bio::kNumTorsions * 2,
                                       alternative.as<double>() + first * bio::kNumTorsions * 2,
                                       torsion_mask.as<double>() + first * bio::kNumTorsions};
    for (int64_t i = 0; i < n_res; ++i, angle_out += kTemplateAngleFeatures) {
      template_angle_features(torsions, i, angle_out);
      for (int64_t j = 0; j < n_res; ++j, pair_out += kTemplatePairFeatures) {
        template_pair_features(residues, i, j, pair_out);
      }
    }
  }
  expect_close("pair_feat", pairs.view(), golden.out("pair_feat"), kExact);
  expect_close("angle_feat", angles.view(), golden.out("angle_feat"), kExact);
}

TEST(RefParts, RecyclingDistogram) {
  const ModuleGolden golden("recycling_embedder");
  const Tensor beta = load(golden.out("pseudo_beta"));
  Tensor bins(DType::kF64, golden.out("dgram").shape);
  const int64_t n_res = bins.dim(0), n_bins = bins.dim(2);
  for (int64_t i = 0; i < n_res; ++i) {
    for (int64_t j = 0; j < n_res; ++j) {
      const double squared = squared_distance(beta.as<double>() + i * 3, beta.as<double>() + j * 3);
      const int bin = distance_bin(squared, static_cast<int>(n_bins));
      if (bin >= 0) bins.as<double>()[(i * n_res + j) * n_bins + bin] = 1;
    }
  }
  expect_close("dgram", bins.view(), golden.out("dgram"), kExact);
}

TEST(RefParts, DistancesOnAnEdgeHaveNoBin) {
  EXPECT_EQ(distance_bin(3.25 * 3.25, 15), -1);
  EXPECT_EQ(distance_bin(3.0 * 3.0, 15), -1);
  EXPECT_EQ(distance_bin(4.0 * 4.0, 15), 0);
  EXPECT_EQ(distance_bin(4.5 * 4.5, 15), -1);
  EXPECT_EQ(distance_bin(20.75 * 20.75, 15), -1);
  EXPECT_EQ(distance_bin(21.0 * 21.0, 15), 14);
  EXPECT_EQ(distance_bin(9999.0 * 9999.0, 15), 14);
  EXPECT_EQ(distance_bin(1e8, 15), -1);
}

}  // namespace
}  // namespace foldmesh::golden
