#include "foldmesh/bio/residue_tables.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace foldmesh::bio {
namespace {

TEST(ResidueTables, SlotMapsAgreeWithTheAtomNames) {
  for (int r = 0; r < kNumRestypes; ++r) {
    int n14 = 0, n37 = 0;
    for (int a = 0; a < kNumAtom14; ++a) {
      const std::string_view name = kAtom14Names[r][a];
      ASSERT_EQ(kAtom14Mask[r][a], name.empty() ? 0 : 1);
      if (name.empty()) continue;
      ++n14;
      const int slot = kAtom14ToAtom37[r][a];
      EXPECT_EQ(kAtom37Names[slot], name);
      EXPECT_EQ(kAtom37ToAtom14[r][slot], a);
      EXPECT_EQ(kAtom37Mask[r][slot], 1);
      EXPECT_EQ(kAtom37ToRigidGroup[r][slot], kAtom14ToRigidGroup[r][a]);
    }
    for (int slot = 0; slot < kNumAtom37; ++slot) n37 += kAtom37Mask[r][slot];
    EXPECT_EQ(n14, n37);
  }
  EXPECT_EQ(kAtom37Names[kAtom37Cb], "CB");
  EXPECT_EQ(kAtom14Names[kRestypeGly][3], "O");
  EXPECT_EQ(kRestypeNames3[kRestypeGly], "GLY");
}

// Every group that moves an atom has a rotation matrix; chi angles exist exactly where their group does.
TEST(ResidueTables, DefaultFramesAreRotations) {
  for (int r = 0; r < kNumAminoAcids; ++r) {
    for (int g = 0; g < kNumRigidGroups; ++g) {
      const auto& frame = kRigidGroupDefaultFrame[r][g];
      const bool exists = g < 4 || kChiMask[r][g - 4] == 1;
      EXPECT_EQ(frame[3][3], exists ? 1.0f : 0.0f);
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
          double dot = 0;
          for (int k = 0; k < 3; ++k) dot += static_cast<double>(frame[i][k]) * frame[j][k];
          EXPECT_NEAR(dot, exists && i == j ? 1.0 : 0.0, 1e-5) << r << ' ' << g;
        }
      }
    }
    for (int a = 0; a < kNumAtom14; ++a) {
      if (kAtom14Mask[r][a] == 1 && kAtom14ToRigidGroup[r][a] >= 4) {
        EXPECT_EQ(kChiMask[r][kAtom14ToRigidGroup[r][a] - 4], 1);
      }
    }
  }
}

TEST(ResidueTables, LettersMapBetweenTheAlphabets) {
  for (int i = 0; i < kNumHhblits; ++i) {
    EXPECT_EQ(kRestypeLetters[kHhblitsToRestype[i]], kHhblitsLetters[i]);
    EXPECT_EQ(hhblits_id(kHhblitsLetters[i]), i);
  }
  EXPECT_EQ(hhblits_id('B'), hhblits_id('D'));
  EXPECT_EQ(hhblits_id('Z'), hhblits_id('E'));
  EXPECT_EQ(hhblits_id('U'), hhblits_id('C'));
  EXPECT_EQ(hhblits_id('J'), kHhblitsX);
  EXPECT_EQ(hhblits_id('O'), kHhblitsX);
  for (const char bad : std::string("*a1. \xff")) EXPECT_EQ(hhblits_id(bad), -1);
  EXPECT_EQ(restype_of('V'), 19);
  EXPECT_EQ(restype_of('U'), kRestypeX);
  EXPECT_EQ(restype_of('-'), kRestypeX);
}

}  // namespace
}  // namespace foldmesh::bio
