// Every vector loop on every instruction set of this machine against plain double precision, at lengths that
// leave part of a vector over, without touching what lies between rows.
#include "foldmesh/runtime/cpu/vec.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>
#include <vector>

#include "foldmesh/base/rng.h"

namespace foldmesh::runtime::cpu {
namespace {

constexpr float kUntouched = 12345.0f;
constexpr double kUlp = 0x1p-23;

// Rows of c numbers, `stride` apart, with a mark between them.
struct Matrix {
  int64_t rows, c, stride;
  std::vector<float> data;

  Matrix(int64_t n_rows, int64_t n_columns, base::Rng& rng, double scale = 3.0)
      : rows(n_rows),
        c(n_columns),
        stride(n_columns + 5),
        data(static_cast<size_t>(n_rows * stride), kUntouched) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < c; ++i) at(r, i) = static_cast<float>(scale * (2 * rng.uniform() - 1));
    }
  }
  float& at(int64_t r, int64_t i) { return data[static_cast<size_t>(r * stride + i)]; }
  double value(int64_t r, int64_t i) const { return data[static_cast<size_t>(r * stride + i)]; }
};

template <typename Expected>
void expect_values(const Matrix& got, double tolerance, const Expected& expected) {
  for (int64_t r = 0; r < got.rows; ++r) {
    for (int64_t i = 0; i < got.c; ++i) {
      const double want = expected(r, i);
      ASSERT_NEAR(got.value(r, i), want, tolerance * std::max(std::abs(want), 1.0))
          << "row " << r << ", element " << i;
    }
    for (int64_t i = got.c; i < got.stride; ++i) ASSERT_EQ(got.value(r, i), kUntouched) << "row " << r;
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// mean and 1 / standard deviation of n values get(i)
template <typename Get>
std::pair<double, double> moments(int64_t n, const Get& get) {
  double mean = 0, variance = 0;
  for (int64_t i = 0; i < n; ++i) mean += get(i) / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) variance += (get(i) - mean) * (get(i) - mean) / static_cast<double>(n);
  return {mean, 1 / std::sqrt(variance + 1e-5)};
}

class Vec : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  base::Rng rng_{11};
  static constexpr int64_t kLengths[] = {1, 3, 8, 16, 23, 64, 131};
};

TEST_P(Vec, LayerNorm) {
  for (const int64_t n : kLengths) {
    if (n == 3) continue;  // three random numbers can be so close that float32 cannot hold their deviation
    const Matrix x(5, n, rng_), parameters(2, n, rng_);
    const float *scale = parameters.data.data(), *offset = scale + parameters.stride;
    Matrix y(5, n, rng_);
    layer_norm(5, n, x.data.data(), x.stride, scale, offset, y.data.data(), y.stride);
    expect_values(y, 16 * kUlp, [&](int64_t r, int64_t i) {
      const auto [mean, inverse] = moments(n, [&](int64_t k) { return x.value(r, k); });
      return (x.value(r, i) - mean) * inverse * parameters.value(0, i) + parameters.value(1, i);
    });
  }
}

TEST_P(Vec, LayerNormOfColumns) {
  for (const int64_t n : kLengths) {
    const Matrix x(7, n, rng_), parameters(2, 7, rng_);
    const float *scale = parameters.data.data(), *offset = scale + parameters.stride;
    Matrix y(7, n, rng_);
    layer_norm_columns(7, n, x.data.data(), x.stride, scale, offset, y.data.data(), y.stride);
    expect_values(y, 16 * kUlp, [&](int64_t r, int64_t i) {
      const auto [mean, inverse] = moments(7, [&](int64_t k) { return x.value(k, i); });
      return (x.value(r, i) - mean) * inverse * parameters.value(0, r) + parameters.value(1, r);
    });
  }
}

TEST_P(Vec, Softmax) {
  for (const int64_t n : kLengths) {
    const Matrix logits(4, n, rng_, 20), bias(4, n, rng_);
    std::vector<float> mask(static_cast<size_t>(n), 1.0f), inverse_sums(4);
    for (int64_t i = 1; i < n; i += 2) mask[static_cast<size_t>(i)] = 0.0f;
    Matrix y = logits;
    softmax(4, n, bias.data.data(), bias.stride, mask.data(), y.data.data(), y.stride, inverse_sums.data());
    for (int64_t r = 0; r < 4; ++r) {
      for (int64_t i = 0; i < n; ++i) y.at(r, i) *= inverse_sums[static_cast<size_t>(r)];
    }
    expect_values(y, 64 * kUlp,
                  [&](int64_t r, int64_t i) {  // the sum of two float32 logits of 20 is off by 16 ulp
                    double sum = 0;
                    for (int64_t k = 0; k < n; k += 2) sum += std::exp(logits.value(r, k) + bias.value(r, k));
                    return i % 2 == 1 ? 0.0 : std::exp(logits.value(r, i) + bias.value(r, i)) / sum;
                  });
  }
}

TEST_P(Vec, SoftmaxWithoutAnyValidKeyIsUniform) {
  for (const int64_t n : kLengths) {
    Matrix y(2, n, rng_);
    const std::vector<float> mask(static_cast<size_t>(n), 0.0f);
    std::vector<float> inverse_sums(2);
    softmax(2, n, nullptr, 0, mask.data(), y.data.data(), y.stride, inverse_sums.data());
    expect_values(y, 0, [](int64_t, int64_t) { return 1.0; });
    EXPECT_FLOAT_EQ(inverse_sums[0], 1.0f / static_cast<float>(n));
  }
}

TEST_P(Vec, ExponentialIsAccurate) {
  constexpr int64_t kSteps = 200000;
  std::vector<float> x(kSteps + 1), inverse_sum(1);
  for (int64_t i = 0; i <= kSteps; ++i) {
    x[static_cast<size_t>(i)] = -87.0f * static_cast<float>(i) / static_cast<float>(kSteps);
  }
  std::vector<float> y = x;
  softmax(1, kSteps + 1, nullptr, 0, nullptr, y.data(), kSteps + 1, inverse_sum.data());
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    worst = std::max(worst, std::abs(y[i] - expected) / expected);
  }
  EXPECT_LT(worst, 1.2 * kUlp);
  RecordProperty("largest_relative_error", std::to_string(worst));
}

TEST_P(Vec, GatesSaturate) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> gate = {0, 20, 100, 1e30f, infinity, -20, -100, -1e30f, -infinity};
  const std::vector<float> no_bias(gate.size(), 0.0f);
  std::vector<float> y(gate.size(), 1.0f);
  const auto n = static_cast<int64_t>(gate.size());
  multiply_by_gate(1, n, gate.data(), n, no_bias.data(), y.data(), n);
  for (size_t i = 0; i < gate.size(); ++i) EXPECT_NEAR(y[i], sigmoid(gate[i]), 2 * kUlp) << gate[i];
}

TEST_P(Vec, ElementwiseLoops) {
  for (const int64_t n : kLengths) {
    const Matrix x(4, n, rng_), y(4, n, rng_), gate(4, n, rng_, 8), row(2, n, rng_), column(4, 2, rng_);
    const float *bias = row.data.data(), *gate_bias = bias + row.stride;
    std::vector<float> factors, other;
    for (int64_t r = 0; r < 4; ++r) {
      factors.push_back(static_cast<float>(column.value(r, 0)));
      other.push_back(static_cast<float>(column.value(r, 1)));
    }
    const auto b = [&](int64_t i) { return row.value(0, i); };
    const auto g = [&](int64_t r, int64_t i) { return sigmoid(gate.value(r, i) + row.value(1, i)); };
    const auto f = [&](int64_t r) { return column.value(r, 0); };

    Matrix z = x;
    scale_rows(4, n, factors.data(), z.data.data(), z.stride);
    expect_values(z, 2 * kUlp, [&](int64_t r, int64_t i) { return x.value(r, i) * f(r); });
    z = x;
    add_bias(4, n, bias, z.data.data(), z.stride);
    expect_values(z, 2 * kUlp, [&](int64_t r, int64_t i) { return x.value(r, i) + b(i); });
    z = y;
    add_bias_and_mask(4, n, bias, factors.data(), x.data.data(), x.stride, z.data.data(), z.stride);
    expect_values(z, 4 * kUlp, [&](int64_t r, int64_t i) { return (x.value(r, i) + b(i)) * f(r); });
    z = x;
    add_bias_relu(4, n, bias, z.data.data(), z.stride);
    expect_values(z, 2 * kUlp, [&](int64_t r, int64_t i) { return std::max(x.value(r, i) + b(i), 0.0); });
    z = x;
    multiply_by_gate(4, n, gate.data.data(), gate.stride, gate_bias, z.data.data(), z.stride);
    expect_values(z, 8 * kUlp, [&](int64_t r, int64_t i) { return x.value(r, i) * g(r, i); });
    z = x;
    add_update(4, n, y.data.data(), y.stride, bias, z.data.data(), z.stride);
    expect_values(z, 4 * kUlp, [&](int64_t r, int64_t i) { return x.value(r, i) + y.value(r, i) + b(i); });
    z = x;
    add_gated_update(4, n, gate.data.data(), gate.stride, gate_bias, y.data.data(), y.stride, bias,
                     z.data.data(), z.stride);
    expect_values(z, 16 * kUlp,
                  [&](int64_t r, int64_t i) { return x.value(r, i) + (y.value(r, i) + b(i)) * g(r, i); });
    z = x;
    add_scaled_update(4, n, factors.data(), y.data.data(), y.stride, bias, z.data.data(), z.stride);
    expect_values(z, 8 * kUlp,
                  [&](int64_t r, int64_t i) { return x.value(r, i) + (y.value(r, i) + b(i)) * f(r); });
    z = x;
    mask_and_gate_columns(4, n, gate.data.data(), gate.stride, factors.data(), bias, other.data(),
                          x.data.data(), x.stride, z.data.data(), z.stride);
    expect_values(z, 16 * kUlp, [&](int64_t r, int64_t i) {
      return b(i) * (x.value(r, i) + column.value(r, 1)) * sigmoid(gate.value(r, i) + f(r));
    });
  }
}

TEST_P(Vec, SquaredDistances) {
  for (const int64_t n : kLengths) {
    const Matrix points(12, n, rng_), point(1, 12, rng_), logits(1, n, rng_);
    Matrix y = logits;
    subtract_squared_distances(n, 12, point.data.data(), points.data.data(), points.stride, 0.25f,
                               y.data.data());
    expect_values(y, 16 * kUlp, [&](int64_t, int64_t i) {
      double sum = 0;
      for (int64_t k = 0; k < 12; ++k) sum += std::pow(point.value(0, k) - points.value(k, i), 2);
      return logits.value(0, i) - 0.25 * sum;
    });
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Vec, testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) { return std::string(hwy::TargetName(target.param)); });

}  // namespace
}  // namespace foldmesh::runtime::cpu
