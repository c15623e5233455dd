// The violation check against AlphaFold 2's own numbers.
#include "foldmesh/relax/violations.h"

#include <gtest/gtest.h>

#include "foldmesh/relax/distance_bounds.h"
#include "foldmesh/tensor/npz.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::relax {
namespace {

const tensor::NpzReader& golden() {
  static const tensor::NpzReader archive(FOLDMESH_TESTS_DIR "/golden/af2/modules/violations.npz");
  return archive;
}

std::vector<double> numbers(const std::string& name) {
  const tensor::Tensor values = golden().read(name).cast(tensor::DType::kF64);
  const auto span = values.span<double>();
  return {span.begin(), span.end()};
}

ViolationInput golden_input() {
  ViolationInput in;
  for (const double x : numbers("in_aatype")) in.aatype.push_back(static_cast<int>(x));
  for (const double x : numbers("in_residue_index")) in.residue_index.push_back(static_cast<int>(x));
  const std::vector<double> positions = numbers("in_atom14_positions"), mask = numbers("in_atom14_mask");
  for (size_t i = 0; i < in.aatype.size(); ++i) {
    auto& p = in.positions.emplace_back();
    auto& m = in.atom_mask.emplace_back();
    for (size_t a = 0; a < bio::kNumAtom14; ++a) {
      m[a] = mask[i * bio::kNumAtom14 + a];
      for (size_t k = 0; k < 3; ++k) p[a][k] = positions[(i * bio::kNumAtom14 + a) * 3 + k];
    }
  }
  return in;
}

std::vector<double> flat(const std::vector<Atom14Values>& values) {
  std::vector<double> out;
  for (const Atom14Values& row : values) out.insert(out.end(), row.begin(), row.end());
  return out;
}

// Masks exactly; losses to float32 rounding of the golden arithmetic.
void expect_same(const std::string& name, const std::vector<double>& got) {
  const std::vector<double> expected = numbers("out_" + name);
  ASSERT_EQ(got.size(), expected.size()) << name;
  const bool is_mask =
      name.find("mask") != std::string::npos || name.find("per_atom_violations") != std::string::npos;
  double weight = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], is_mask ? 0 : 2e-6 + 2e-6 * std::abs(expected[i])) << name << ' ' << i;
    weight += std::abs(expected[i]);
  }
  EXPECT_GT(weight, 0) << name << " has nothing to compare";
}

TEST(Violations, AreThoseOfTheGolden) {
  const Violations v = find_violations(golden_input());
  expect_same("between_residues_bonds_c_n_loss_mean", {v.c_n_loss_mean});
  expect_same("between_residues_angles_ca_c_n_loss_mean", {v.ca_c_n_loss_mean});
  expect_same("between_residues_angles_c_n_ca_loss_mean", {v.c_n_ca_loss_mean});
  expect_same("between_residues_connections_per_residue_loss_sum", v.bond_loss_sum);
  expect_same("between_residues_connections_per_residue_violation_mask", v.bond_mask);
  expect_same("between_residues_clashes_mean_loss", {v.clash_mean_loss});
  expect_same("between_residues_clashes_per_atom_loss_sum", flat(v.clash_loss_sum));
  expect_same("between_residues_clashes_per_atom_clash_mask", flat(v.clash_mask));
  expect_same("within_residues_per_atom_loss_sum", flat(v.within_loss_sum));
  expect_same("within_residues_per_atom_violations", flat(v.within_mask));
  expect_same("total_per_residue_violations_mask", v.per_residue);
  expect_same("metric_violations_extreme_ca_ca_distance", {v.extreme_ca_ca});
  expect_same("metric_violations_between_residue_bond", {v.between_bond});
  expect_same("metric_violations_between_residue_clash", {v.between_clash});
  expect_same("metric_violations_within_residue", {v.within});
  expect_same("metric_violations_per_residue", {v.any});
}

TEST(Violations, BoundsAreThoseOfTheConstants) {
  const tensor::NpzReader constants(FOLDMESH_TESTS_DIR "/golden/af2/constants.npz");
  const auto lower = constants.view("atom14_dists_lower_bound").span<float>();
  const auto upper = constants.view("atom14_dists_upper_bound").span<float>();
  size_t n_bounded = 0, n_listed = 0;
  for (const float x : upper) n_bounded += x > 0 && x < 1e9f ? 1 : 0;
  for (const DistanceBound& row : distance_bounds()) {
    for (const auto& [a, b] : {std::pair{row.atom1, row.atom2}, std::pair{row.atom2, row.atom1}}) {
      const size_t at = (static_cast<size_t>(row.restype) * bio::kNumAtom14 + a) * bio::kNumAtom14 + b;
      EXPECT_EQ(lower[at], row.lower);
      EXPECT_EQ(upper[at], row.upper);
      ++n_listed;
    }
  }
  EXPECT_EQ(n_listed, n_bounded);
}

TEST(Violations, IdealPeptideHasNone) {
  const bio::Structure helix = ideal_peptide("ACDEFGHIKLMNQRSTVWYA");
  const Violations v = find_violations(violation_input(helix));
  EXPECT_EQ(v.any, 0);
}

TEST(Violations, ABrokenBondMarksBothSides) {
  bio::Structure helix = ideal_peptide("AAAAAAAA");
  move_from(helix, 4, {0, 0, 3});
  const Violations v = find_violations(violation_input(helix));
  EXPECT_EQ(v.bond_mask, (std::vector<double>{0, 0, 0, 1, 1, 0, 0, 0}));
}

TEST(Violations, ResiduesWithoutAtomsViolateNothing) {
  bio::Structure helix = ideal_peptide("AAAA");
  helix.aatype[1] = bio::kRestypeX;
  helix.atom_mask[1] = {};
  EXPECT_EQ(find_violations(violation_input(helix)).any, 0);
}

}  // namespace
}  // namespace foldmesh::relax
