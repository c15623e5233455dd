// Our matrix products against another implementation: oneDNN's sgemm, an independent oracle of semantics.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bench/peers/onednn.h"
#include "foldmesh/base/rng.h"

namespace foldmesh::runtime::cpu {
namespace {

std::vector<float> random_numbers(int64_t n, base::Rng& rng) {
  std::vector<float> values(static_cast<size_t>(n));
  for (float& v : values) v = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

TEST(GemmAgainstOneDnn, SameProducts) {
  base::Rng rng(3);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const auto extent = [&](uint64_t below) { return 1 + static_cast<int64_t>(rng.below(below)); };
    const int64_t m = extent(150), n = extent(150), k = extent(repeat % 4 == 0 ? 600 : 40);
    const bool transpose_a = rng.below(2) == 1, transpose_b = rng.below(2) == 1,
               accumulate = rng.below(2) == 1;
    const int64_t a_stride = (transpose_a ? m : k) + extent(9), b_stride = (transpose_b ? k : n) + extent(9);
    const std::vector<float> a = random_numbers((transpose_a ? k : m) * a_stride, rng);
    const std::vector<float> b = random_numbers((transpose_b ? n : k) * b_stride, rng);
    std::vector<float> ours = random_numbers(m * n, rng), theirs = ours;
    const Matrix left = {a.data(), a_stride, transpose_a}, right = {b.data(), b_stride, transpose_b};
    const float alpha = accumulate ? 1.0f : 0.25f, beta = accumulate ? 1.0f : 0.0f;
    gemm(m, n, k, left, right, ours.data(), n, alpha, beta);
    peers::onednn_sgemm(m, n, k, left, right, theirs.data(), n, 1, alpha, beta);
    // Both round at most k + 1 times, each time a sum of at most k + 1.
    const double tolerance = 2 * 0x1p-24 * static_cast<double>((k + 1) * (k + 1));
    for (size_t i = 0; i < ours.size(); ++i) {
      ASSERT_NEAR(ours[i], theirs[i], tolerance) << m << " x " << n << " x " << k << ", element " << i;
    }
  }
}

}  // namespace
}  // namespace foldmesh::runtime::cpu
