#include "foldmesh/hmm/numeric.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace foldmesh::hmm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(PolynomialExp, IsCloseToExp) {
  for (float x = -87.0f; x < 88.0f; x += 0.037f) {
    const double exact = std::exp(static_cast<double>(x));
    EXPECT_NEAR(polynomial_exp(x) / exact, 1.0, 2e-7) << x;
  }
  EXPECT_EQ(polynomial_exp(0.0f), 1.0f);
}

TEST(PolynomialExp, SaturatesAtTheEnds) {
  EXPECT_EQ(polynomial_exp(-kInfinity), 0.0f);
  EXPECT_EQ(polynomial_exp(-88.4f), 0.0f);
  EXPECT_EQ(polynomial_exp(-88.3f), 0.0f);  // would be denormal
  EXPECT_EQ(polynomial_exp(kInfinity), kInfinity);
  EXPECT_EQ(polynomial_exp(88.4f), kInfinity);
}

TEST(TableLogSum, EqualsRecordedValues) {
  EXPECT_FLOAT_EQ(table_log_sum(0.0f, -1.0f), 0.313261688f);
  EXPECT_FLOAT_EQ(table_log_sum(static_cast<float>(std::log(1.0 / 256)), 0.0f), 0.00389933097f);
  EXPECT_EQ(table_log_sum(3.0f, -20.0f), 3.0f);
  EXPECT_EQ(table_log_sum(-kInfinity, 2.0f), 2.0f);
  EXPECT_EQ(table_log_sum(-kInfinity, -kInfinity), -kInfinity);
}

TEST(KahanSum, KeepsSmallTerms) {
  std::vector<float> values(10001, 1e-4f);
  values[0] = 1e4f;
  EXPECT_FLOAT_EQ(kahan_sum(std::span<const float>(values)), 1e4f + 1.0f);
}

TEST(Normalise, GivesEqualSharesWhenAllIsZero) {
  std::vector<float> values(4, 0.0f);
  normalise(std::span<float>(values));
  EXPECT_EQ(values, std::vector<float>(4, 0.25f));
  values = {1, 3, 0, 4};
  normalise(std::span<float>(values));
  EXPECT_EQ(values, (std::vector<float>{0.125f, 0.375f, 0.0f, 0.5f}));
}

}  // namespace
}  // namespace foldmesh::hmm
