// Packed weights: side by side as if they were one matrix, and made once for all who use them.
#include "foldmesh/runtime/cpu/weights.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/packed_params.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::runtime::cpu {
namespace {

std::vector<float> random_numbers(int64_t n, base::Rng& rng) {
  std::vector<float> values(static_cast<size_t>(n));
  for (float& v : values) v = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

tensor::ConstView view(const std::vector<float>& values, tensor::Shape shape) {
  return {values.data(), tensor::DType::kF32, std::move(shape)};
}

// Two matrices side by side, and one whose rows are two axes.
struct Weights {
  Weights(WeightLayout& layout, std::span<const tensor::ConstView> params)
      : joined(layout.take(std::array{params[0], params[1]})), rows(layout.take_rows(params[2], 2)) {}
  PackedMatrix joined, rows;
};

TEST(WeightLayout, EqualsUnpackedProducts) {
  base::Rng rng(5);
  constexpr int64_t m = 7, k = 10;
  const std::vector<float> a = random_numbers(m * k, rng);
  const std::vector<float> x = random_numbers(k * 21, rng), y = random_numbers(k * 2 * 6, rng),
                           z = random_numbers(k * 5, rng);
  const std::array params = {view(x, {k, 21}), view(y, {k, 2, 6}), view(z, {2, 5, 5})};
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    simd::AlignedVector<std::byte> memory(pack_weights<Weights>(params, precision, nullptr));
    ASSERT_EQ(pack_weights<Weights>(params, precision, memory.data()), memory.size());
    WeightLayout layout(precision, memory);
    const Weights weights(layout, params);
    std::vector<float> joined(m * 33), expected(m * 33), rows(m * 5), expected_rows(m * 5);
    gemm(m, 33, k, {a.data(), k}, weights.joined, joined.data(), 33);
    gemm(precision, m, 21, k, {a.data(), k}, {x.data(), 21}, expected.data(), 33);
    gemm(precision, m, 12, k, {a.data(), k}, {y.data(), 12}, expected.data() + 21, 33);
    EXPECT_EQ(joined, expected);
    gemm(m, 5, k, {a.data(), k}, weights.rows, rows.data(), 5);
    gemm(precision, m, 5, k, {a.data(), k}, {z.data(), 5}, expected_rows.data(), 5);
    EXPECT_EQ(rows, expected_rows);
  }
}

TEST(WeightLayout, RefusesToRunUnpacked) {
  const std::vector<float> x(4);
  const std::array params = {view(x, {2, 2}), view(x, {2, 2}), view(x, {1, 2, 2})};
  WeightLayout layout(Precision::kFp32, std::span<const std::byte>());
  EXPECT_THROW(Weights(layout, params), base::Error);
}

TEST(PackedParams, PacksOnceForEachMatrix) {
  static int n_packed = 0;
  n_packed = 0;
  Kernel kernel;
  kernel.pack = [](std::span<const tensor::ConstView> params, Precision, std::byte* memory) {
    if (memory != nullptr) ++n_packed;
    return params[0].bytes();
  };
  const std::vector<float> x(4), y(8);
  const tensor::ConstView first = view(x, {4}), second = view(y, {8});
  PackedParams packed;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { packed.get(kernel, std::span(&first, 1), Precision::kFp32); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_packed, 1);
  EXPECT_EQ(packed.get(kernel, std::span(&second, 1), Precision::kFp32).size(), 32u);
  EXPECT_EQ(n_packed, 2);
  packed.get(kernel, std::span(&first, 1), Precision::kBf16);
  EXPECT_EQ(n_packed, 3);
  EXPECT_EQ(packed.bytes(), 16u + 32u + 16u);
  EXPECT_TRUE(packed.get(Kernel(), std::span(&first, 1), Precision::kFp32).empty());
}

}  // namespace
}  // namespace foldmesh::runtime::cpu
