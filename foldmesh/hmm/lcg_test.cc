#include "foldmesh/hmm/lcg.h"

#include <gtest/gtest.h>

#include <array>

namespace foldmesh::hmm {
namespace {

TEST(Lcg, EqualsRecordedStream) {
  Lcg rng(42);
  for (uint32_t expected : {432788820u, 3613595717u, 2598039618u, 264748763u, 2256532576u, 675254497u}) {
    EXPECT_EQ(rng.next(), expected);
  }
  EXPECT_EQ(Lcg(1).next(), 2108363525u);
}

TEST(Lcg, BackgroundSampleEqualsRecordedSequence) {
  Lcg rng(42);
  std::vector<bio::Code> residues(60);
  BackgroundSampler().sample(rng, residues);
  EXPECT_EQ(bio::textize(residues.data(), residues.size()),
            "DTNALEAEGMELAFGLLNTYIILAKSNEREQPETESPTRKNDIEGAAHRAKLSQGYDAEG");
}

TEST(Lcg, ChoosesInProportionAndConsumesOneNumber) {
  Lcg rng(7), reference(7);
  std::array<int, 3> count{};
  const std::array<float, 3> weights = {1.0f, 0.0f, 3.0f};
  constexpr int kDraws = 20000;
  for (int n = 0; n < kDraws; ++n) {
    ++count[rng.choose(weights)];
    reference.next();
  }
  EXPECT_EQ(rng.next(), reference.next());
  EXPECT_EQ(count[1], 0);
  EXPECT_NEAR(static_cast<double>(count[0]) / kDraws, 0.25, 0.015);
}

}  // namespace
}  // namespace foldmesh::hmm
