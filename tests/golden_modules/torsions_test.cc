// Template torsions out of atoms.
#include "foldmesh/bio/torsions.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/golden_modules/compare.h"

namespace foldmesh::golden {
namespace {

using tensor::Tensor;

TEST(Atom37ToTorsions, AgreesWhereDefined) {
  const ModuleGolden golden("atom37_to_torsions");
  const auto torsions = bio::torsions_of_atom37(golden.in("aatype").span<int32_t>(),
                                                golden.in("all_atom_positions").span<float>(),
                                                golden.in("all_atom_mask").span<float>());
  const tensor::ConstView expected_mask = golden.out("torsion_angles_mask");
  Tensor sin_cos(tensor::DType::kF64, golden.out("torsion_angles_sin_cos").shape);
  Tensor alternative(tensor::DType::kF64, sin_cos.shape()), mask(tensor::DType::kF64, expected_mask.shape);
  ASSERT_EQ(static_cast<int64_t>(torsions.size()), sin_cos.dim(0));
  double *sin_cos_out = sin_cos.as<double>(), *alternative_out = alternative.as<double>(),
         *mask_out = mask.as<double>();
  for (const bio::ResidueTorsions& residue : torsions) {
    mask_out = std::copy(residue.mask.begin(), residue.mask.end(), mask_out);
    for (const auto& pair : residue.sin_cos) sin_cos_out = std::copy(pair.begin(), pair.end(), sin_cos_out);
    for (const auto& pair : residue.alt_sin_cos)
      alternative_out = std::copy(pair.begin(), pair.end(), alternative_out);
  }
  // The golden numbers are float32 roundings of unit vectors; its arithmetic is float64.
  constexpr Limit kRounding = {1e-7, 1e-7};
  expect_close("torsion_angles_mask", mask.view(), expected_mask, kExact);
  const Valid defined = valid_where(expected_mask);
  expect_close("torsion_angles_sin_cos", sin_cos.view(), golden.out("torsion_angles_sin_cos"), kRounding,
               defined);
  expect_close("alt_torsion_angles_sin_cos", alternative.view(), golden.out("alt_torsion_angles_sin_cos"),
               kRounding, defined);
}

}  // namespace
}  // namespace foldmesh::golden
