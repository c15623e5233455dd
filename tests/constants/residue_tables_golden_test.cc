// Holds the generated tables of bio/residue_tables.h against the golden constants, element by element.
#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh {
namespace {

const tensor::NpzReader& constants() {
  static const tensor::NpzReader file(FOLDMESH_TESTS_DIR "/golden/af2/constants.npz");
  return file;
}

template <typename Table>
void expect_equal(const char* name, const Table& table) {
  using Element = std::remove_cv_t<std::remove_all_extents_t<Table>>;
  const auto* flat = reinterpret_cast<const Element*>(&table);
  const tensor::Tensor golden = constants().read(name);
  tensor::Shape shape;
  [&]<size_t... Axis>(std::index_sequence<Axis...>) {
    (shape.push_back(static_cast<int64_t>(std::extent_v<Table, Axis>)), ...);
  }
  (std::make_index_sequence<std::rank_v<Table>>());
  ASSERT_EQ(golden.shape(), shape) << name;
  if constexpr (std::is_same_v<Element, float>) {
    for (int64_t i = 0; i < golden.size(); ++i) {
      ASSERT_EQ(std::bit_cast<uint32_t>(flat[i]), std::bit_cast<uint32_t>(golden.as<float>()[i]))
          << name << ' ' << i;
    }
  } else {
    const tensor::Tensor numbers = golden.cast(tensor::DType::kF64);
    for (int64_t i = 0; i < golden.size(); ++i)
      ASSERT_EQ(flat[i], numbers.as<double>()[i]) << name << ' ' << i;
  }
}

TEST(ResidueTablesGolden, EveryTable) {
  expect_equal("restype_atom37_to_atom14", bio::kAtom37ToAtom14);
  expect_equal("restype_atom14_to_atom37", bio::kAtom14ToAtom37);
  expect_equal("restype_atom37_mask", bio::kAtom37Mask);
  expect_equal("restype_atom14_mask", bio::kAtom14Mask);
  expect_equal("restype_atom37_to_rigid_group", bio::kAtom37ToRigidGroup);
  expect_equal("restype_atom14_to_rigid_group", bio::kAtom14ToRigidGroup);
  expect_equal("chi_atom37_indices", bio::kChiAtom37);
  expect_equal("chi_angles_mask", bio::kChiMask);
  expect_equal("chi_pi_periodic", bio::kChiPiPeriodic);
  expect_equal("hhblits_to_restype", bio::kHhblitsToRestype);
  expect_equal("restype_atom14_rigid_group_positions", bio::kAtom14LiteraturePosition);
  expect_equal("restype_rigid_group_default_frame", bio::kRigidGroupDefaultFrame);
}

}  // namespace
}  // namespace foldmesh
