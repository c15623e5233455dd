#include "foldmesh/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace foldmesh::base {
namespace {

using Block = std::array<uint32_t, 4>;

// The known-answer vectors that Salmon et al. publish with their library Random123 (philox4x32, 10 rounds).
TEST(Rng, PhiloxKnownAnswers) {
  EXPECT_EQ(Rng::philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Rng::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Rng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, WordsComeFromBlocksInOrder) {
  const uint64_t seed = 0x1122334455667788, stream = 0x99aabbccddeeff00;
  Rng rng(seed, stream);
  for (uint32_t block = 0; block < 3; ++block) {
    const Block expected = Rng::philox({block, 0, 0xddeeff00, 0x99aabbcc}, {0x55667788, 0x11223344});
    for (uint32_t word : expected) EXPECT_EQ(rng.next_u32(), word);
  }
  Rng words(seed, stream), pairs(seed, stream);
  const uint64_t low = words.next_u32(), high = words.next_u32();
  EXPECT_EQ(pairs.next_u64(), low | high << 32);
  const uint64_t next = words.next_u64();
  EXPECT_EQ(pairs.uniform(), static_cast<double>(next >> 11) * 0x1p-53);
}

TEST(Rng, StreamsAndSeedsDiffer) {
  EXPECT_NE(Rng(1, 0).next_u64(), Rng(1, 1).next_u64());
  EXPECT_NE(Rng(1, 0).next_u64(), Rng(2, 0).next_u64());
  EXPECT_EQ(Rng(1, 0).next_u64(), Rng(1, 0).next_u64());
}

TEST(Rng, UniformIsUniform) {
  Rng rng(3);
  double sum = 0, smallest = 1, largest = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform();
    sum += u;
    smallest = std::min(smallest, u);
    largest = std::max(largest, u);
  }
  EXPECT_NEAR(sum / n, 0.5, 5 * 0.2887 / 316);  // five standard errors
  EXPECT_GE(smallest, 0.0);
  EXPECT_LT(smallest, 1e-3);
  EXPECT_LT(largest, 1.0);
  EXPECT_GT(largest, 1 - 1e-3);
}

TEST(Rng, BelowCoversItsRangeEvenly) {
  Rng rng(4);
  EXPECT_EQ(rng.below(1), 0u);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[rng.below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations are 463
  // More than half of all words lie in the incomplete last multiple, so redrawing must happen and still end.
  const uint64_t n = (uint64_t{1} << 63) + 1;
  Rng drawn(5), raw(5);
  uint64_t expected = raw.next_u64();
  while (expected >= n) expected = raw.next_u64();
  EXPECT_EQ(drawn.below(n), expected);
}

TEST(Rng, ShuffleIsTheDocumentedOne) {
  std::vector<int> values(10), expected(10);
  std::iota(values.begin(), values.end(), 0);
  std::iota(expected.begin(), expected.end(), 0);
  Rng a(6), b(6);
  a.shuffle(std::span(values));
  for (uint64_t i = 9; i > 0; --i) std::swap(expected[i], expected[b.below(i + 1)]);
  EXPECT_EQ(values, expected);
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values.front(), 0);
  EXPECT_EQ(values.back(), 9);
  std::vector<int> none;
  a.shuffle(std::span(none));
}

TEST(Rng, CategoricalFollowsTheWeights) {
  Rng rng(7);
  const std::vector<double> weights = {0, 1, 3, 0};
  std::vector<int> counts(4);
  for (int i = 0; i < 40'000; ++i) ++counts[rng.categorical(weights)];
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[3], 0);
  EXPECT_NEAR(counts[1], 10'000, 450);  // five standard deviations are 433
  Rng a(8), b(8);
  EXPECT_EQ(a.categorical(std::vector<double>{0, 0, 0}), 0u);
  b.uniform();
  EXPECT_EQ(a.next_u64(), b.next_u64());  // exactly one uniform is used
}

}  // namespace
}  // namespace foldmesh::base
