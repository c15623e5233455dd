// The model of AMX's unit against its definition in plain code, and the processor's unit, if there is one,
// against the model.
#include "foldmesh/runtime/cpu/tile_unit.h"

#if defined(__x86_64__)
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "foldmesh/runtime/cpu/gemm_kernels.h"

namespace foldmesh::runtime::cpu {
namespace {

using Words = std::vector<float>;
constexpr size_t kWords = kTileRows * kTileWords;

float pair(float lower, float upper) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(lower) >> 16 |
                              (std::bit_cast<uint32_t>(upper) & 0xffff0000u));
}
float lower(float word) { return std::bit_cast<float>(std::bit_cast<uint32_t>(word) << 16); }
float upper(float word) { return std::bit_cast<float>(std::bit_cast<uint32_t>(word) & 0xffff0000u); }

// c [0,0] after the first row of a has met the first column of b, the other words being 0.
float one_element(const Words& row, const Words& column, float c) {
  Words a(kWords), b(kWords), sums(kWords);
  for (size_t k = 0; k < row.size(); ++k) {
    a[k] = row[k];
    b[k * kTileWords] = column[k];
  }
  sums[0] = c;
  multiply_one_tile<ModelledTileUnit>(a.data(), b.data(), sums.data());
  return sums[0];
}

// Operands with numbers in both halves of every word, and old elements.
struct RandomTiles {
  explicit RandomTiles(base::Rng& rng) {
    const auto number = [&] { return static_cast<float>(2 * rng.uniform() - 1); };
    for (size_t i = 0; i < kWords; ++i) {
      a[i] = pair(number(), number());
      b[i] = pair(number(), number());
      c[i] = number();
    }
  }
  Words a = Words(kWords), b = Words(kWords), c = Words(kWords);
};

class ModelledAmx : public testing::Test {
 protected:
  void SetUp() override {
    if (!exists(Bf16Unit::kModelledAmx)) GTEST_SKIP() << "no AVX512-BF16";
  }
};

TEST_F(ModelledAmx, FollowsTheDefinition) {
  base::Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    auto [a, b, c] = RandomTiles(rng);
    Words expected = c;
    for (size_t i = 0; i < kTileRows; ++i) {
      for (size_t j = 0; j < kTileWords; ++j) {
        float even = 0, odd = 0;
        for (size_t k = 0; k < kTileWords; ++k) {
          const float left = a[i * kTileWords + k], right = b[k * kTileWords + j];
          even = std::fma(lower(left), lower(right), even);
          odd = std::fma(upper(left), upper(right), odd);
        }
        expected[i * kTileWords + j] += even + odd;
      }
    }
    multiply_one_tile<ModelledTileUnit>(a.data(), b.data(), c.data());
    ASSERT_EQ(c, expected);
  }
}

TEST_F(ModelledAmx, RoundsOnceForEveryStep) {
  // The chain of lower halves loses 2^-24 beside 1; that of upper halves keeps it, and so does its sum with
  // -1, but not the old element.
  EXPECT_EQ(one_element({pair(1, 0), pair(0x1p-24f, 0)}, {pair(1, 0), pair(1, 0)}, 0), 1.0f);
  EXPECT_EQ(one_element({pair(1, 0x1p-24f), pair(-1, 0)}, {pair(1, 1), pair(1, 0)}, 0), 0x1p-24f);
  EXPECT_EQ(one_element({pair(0, 0x1p-24f)}, {pair(0, 1)}, 1), 1.0f);
  // A product is not rounded before it is added.
  EXPECT_EQ(one_element({pair(-1, 0), pair(0x1.02p0f, 0)}, {pair(1, 0), pair(0x1.02p0f, 0)}, 0),
            0x1.02p0f * 0x1.02p0f - 1);
}

TEST_F(ModelledAmx, TakesNumbersBelowTheNormalOnesForZero) {
  constexpr float kLeast = std::numeric_limits<float>::min();
  EXPECT_EQ(one_element({pair(kLeast / 2, 0)}, {pair(0x1p100f, 0)}, 0), 0.0f);  // operand
  EXPECT_EQ(one_element({pair(0x1p-70f, 0)}, {pair(0x1p-70f, 0)}, 0), 0.0f);    // product
  EXPECT_EQ(one_element({pair(kLeast, 0)}, {pair(1, 0)}, -1.5f * kLeast), 0.0f);
  EXPECT_EQ(one_element({pair(kLeast, 0)}, {pair(1, 0)}, kLeast / 2), kLeast);  // old element
  EXPECT_EQ(one_element({pair(kLeast, 0)}, {pair(1, 0)}, 0), kLeast);
  EXPECT_NE(kLeast / 2, 0.0f) << "the mode outlives the product";
}

TEST_F(ModelledAmx, WantsTilesToBeAskedFor) {
  Words c(kWords);
  EXPECT_THROW(ModelledTileUnit::zero<0>(), base::Error);
  ModelledTileUnit::begin();
  EXPECT_THROW(ModelledTileUnit::begin(), base::Error);
  ModelledTileUnit::end();
  EXPECT_THROW((ModelledTileUnit::store<0>(c.data(), kTileWords)), base::Error);
}

// A unit that adds the upper halves' chain first, or keeps numbers below 2^-126, or rounds products.
template <typename Change>
void changed(const float* a, const float* b, float* c, const Change& change) {
  for (size_t i = 0; i < kTileRows; ++i) {
    for (size_t j = 0; j < kTileWords; ++j) change(a + i * kTileWords, b + j, c[i * kTileWords + j]);
  }
}
void one_chain(const float* a, const float* b, float* c) {
  changed(a, b, c, [](const float* row, const float* column, float& sum) {
    for (size_t k = 0; k < kTileWords; ++k) {
      sum = std::fma(lower(row[k]), lower(column[k * kTileWords]), sum);
      sum = std::fma(upper(row[k]), upper(column[k * kTileWords]), sum);
    }
  });
}
void keeping_small_numbers(const float* a, const float* b, float* c) {
  changed(a, b, c, [](const float* row, const float* column, float& sum) {
    float even = 0, odd = 0;
    for (size_t k = 0; k < kTileWords; ++k) {
      even = std::fma(lower(row[k]), lower(column[k * kTileWords]), even);
      odd = std::fma(upper(row[k]), upper(column[k * kTileWords]), odd);
    }
    sum += even + odd;
  });
}

TEST_F(ModelledAmx, OtherUnitsAreRecognised) {
  EXPECT_TRUE(agrees_with_model(multiply_one_tile<ModelledTileUnit>));
  EXPECT_FALSE(agrees_with_model(one_chain));
  EXPECT_FALSE(agrees_with_model(keeping_small_numbers));
  EXPECT_FALSE(agrees_with_model([](const float*, const float*, float*) {}));
}

TEST(Amx, GivesTheBitsOfItsDefinition) {
  if (amx_state() == AmxState::kMissing) GTEST_SKIP() << "this processor has no AMX";
  // Not a fault of ours, and the program then says so and multiplies by AVX512-BF16.
  if (amx_state() == AmxState::kDiffers) GTEST_SKIP() << "this processor's AMX differs from its definition";
  // Operands of its own: not those of the check that came to this.
  base::Rng rng(7);
  auto [a, b, c] = RandomTiles(rng);
  Words expected = c;
  multiply_one_tile<ModelledTileUnit>(a.data(), b.data(), expected.data());
  multiply_one_tile<AmxTileUnit>(a.data(), b.data(), c.data());
  EXPECT_EQ(c, expected);
}

}  // namespace
}  // namespace foldmesh::runtime::cpu
#endif
