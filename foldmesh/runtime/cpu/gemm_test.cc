#include "foldmesh/runtime/cpu/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "foldmesh/base/rng.h"

namespace foldmesh::runtime::cpu {
namespace {

std::vector<float> random_numbers(int64_t n, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& v : values) v = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

TEST(Gemm, AllTransposesAndStrides) {
  constexpr int64_t m = 7, n = 19, k = 33, stride = 40;
  const std::vector<float> a = random_numbers(stride * stride, 1), b = random_numbers(stride * stride, 2);
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      std::vector<float> c = random_numbers(m * stride, 3);
      const std::vector<float> before = c;
      gemm(m, n, k, {a.data(), stride, transpose_a}, {b.data(), stride, transpose_b}, c.data(), stride, 0.5f,
           2.0f);
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < stride; ++j) {
          const auto at = static_cast<size_t>(i * stride + j);
          double expected = before[at];
          if (j < n) {
            double sum = 0;
            for (int64_t l = 0; l < k; ++l) {
              sum += double{a[static_cast<size_t>(transpose_a ? l * stride + i : i * stride + l)]} *
                     b[static_cast<size_t>(transpose_b ? j * stride + l : l * stride + j)];
            }
            expected = 0.5 * sum + 2 * expected;
          }
          ASSERT_NEAR(c[at], expected, 1e-5) << i << "," << j;
        }
      }
    }
  }
}

TEST(Gemm, EmptyExtents) {
  const std::vector<float> a(4, 1.0f);
  std::vector<float> c = {1, 2, 3, 4};
  gemm(0, 2, 2, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  gemm(2, 0, 2, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>{1, 2, 3, 4}));
  gemm(2, 1, 0, {a.data(), 2}, {a.data(), 2}, c.data(), 2, 1.0f, 2.0f);
  EXPECT_EQ(c, (std::vector<float>{2, 2, 6, 4}));
  c[1] = NAN;  // not read when beta is 0
  gemm(2, 2, 0, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>{0, 0, 0, 0}));
}

// The same bits from any thread, however many run, and with oneDNN's own threads allowed or not.
TEST(Gemm, OneThreadAndDeterministic) {
  constexpr int64_t n = 200;
  const std::vector<float> a = random_numbers(n * n, 1), b = random_numbers(n * n, 2);
  const auto product = [&](std::vector<float>& c) {
    gemm(n, n, n, {a.data(), n}, {b.data(), n}, c.data(), n);
  };
  std::vector<float> expected(n * n);
  product(expected);
  std::vector<std::vector<float>> results(4, std::vector<float>(n * n));
  std::vector<std::thread> threads;
  for (std::vector<float>& result : results) threads.emplace_back([&] { product(result); });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : results) {
    EXPECT_EQ(std::memcmp(result.data(), expected.data(), sizeof(float) * n * n), 0);
  }
}

}  // namespace
}  // namespace foldmesh::runtime::cpu
