#include "foldmesh/bio/torsions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::bio {
namespace {

constexpr size_t kPhi = 1, kPsi = 2, kChi1 = 3, kChi2 = 4;

// A chain with all atoms at the origin and unknown, to be filled in.
struct Chain {
  std::vector<int32_t> aatype;
  std::vector<float> positions, mask;

  explicit Chain(std::vector<int32_t> types)
      : aatype(std::move(types)),
        positions(aatype.size() * kNumAtom37 * 3),
        mask(aatype.size() * kNumAtom37) {}

  void set(size_t residue, int slot, float x, float y, float z) {
    const size_t at = residue * kNumAtom37 + static_cast<size_t>(slot);
    positions[3 * at] = x;
    positions[3 * at + 1] = y;
    positions[3 * at + 2] = z;
    mask[at] = 1;
  }
  std::vector<ResidueTorsions> torsions() const { return torsions_of_atom37(aatype, positions, mask); }
};

// N, CA, C around the y axis: looking from CA to C, an atom at `angle` from N has that dihedral.
Chain with_oxygen_at(double angle) {
  Chain chain({0});
  chain.set(0, kAtom37N, 1, 0, 0);
  chain.set(0, kAtom37Ca, 0, 0, 0);
  chain.set(0, kAtom37C, 0, 1, 0);
  chain.set(0, kAtom37O, static_cast<float>(std::cos(angle)), 1, static_cast<float>(-std::sin(angle)));
  return chain;
}

TEST(Torsions, PsiIsTheDihedralToOxygenTurnedByHalfACircle) {
  for (const double angle : {0.0, 0.3, 1.5, 3.0, -0.4, -2.9}) {
    const ResidueTorsions torsions = with_oxygen_at(angle).torsions().at(0);
    EXPECT_EQ(torsions.mask[kPsi], 1);
    EXPECT_NEAR(torsions.sin_cos[kPsi][0], -std::sin(angle), 1e-6);
    EXPECT_NEAR(torsions.sin_cos[kPsi][1], -std::cos(angle), 1e-6);
  }
}

TEST(Torsions, MaskNeedsAllFourAtomsAndAResidueBefore) {
  Chain chain = with_oxygen_at(1);
  EXPECT_EQ(chain.torsions()[0].mask[kPhi], 0);
  chain.mask[kAtom37O] = 0;
  EXPECT_EQ(chain.torsions()[0].mask[kPsi], 0);
}

TEST(Torsions, ChiThatTheTypeLacksIsZero) {
  const ResidueTorsions alanine = with_oxygen_at(1).torsions()[0];
  EXPECT_EQ(alanine.mask[kChi1], 0);
  EXPECT_EQ(alanine.sin_cos[kChi1][0], 0);
  EXPECT_EQ(alanine.sin_cos[kChi1][1], 0);
}

TEST(Torsions, AlternativeOfAPeriodicChiIsTurned) {
  constexpr int32_t kAsp = 3;
  Chain chain({kAsp});
  const auto& slots = kChiAtom37[kAsp][1];
  chain.set(0, slots[0], 1, 0, 0);
  chain.set(0, slots[1], 0, 0, 0);
  chain.set(0, slots[2], 0, 1, 0);
  chain.set(0, slots[3], 0.6F, 1, -0.8F);
  const ResidueTorsions torsions = chain.torsions()[0];
  EXPECT_EQ(torsions.mask[kChi2], 1);
  EXPECT_NEAR(torsions.sin_cos[kChi2][0], 0.8, 1e-6);
  EXPECT_NEAR(torsions.alt_sin_cos[kChi2][0], -0.8, 1e-6);
  EXPECT_NEAR(torsions.alt_sin_cos[kChi2][1], -0.6, 1e-6);
  EXPECT_EQ(torsions.alt_sin_cos[kPsi], torsions.sin_cos[kPsi]);
}

TEST(Torsions, GapCountsAsUnknownResidue) {
  Chain gap = with_oxygen_at(1), unknown = with_oxygen_at(1);
  gap.aatype = {kRestypeGap};
  unknown.aatype = {kRestypeX};
  EXPECT_EQ(gap.torsions()[0].sin_cos, unknown.torsions()[0].sin_cos);
  EXPECT_EQ(gap.torsions()[0].mask, unknown.torsions()[0].mask);
}

TEST(Torsions, LengthsMustAgree) {
  const Chain chain({0, 0});
  EXPECT_THROW(torsions_of_atom37(std::vector<int32_t>{0}, chain.positions, chain.mask), base::Error);
}

}  // namespace
}  // namespace foldmesh::bio
