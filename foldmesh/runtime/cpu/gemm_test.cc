// Every element of every product against its definition, bit for bit, on every instruction set of this
// machine.
#include "foldmesh/runtime/cpu/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "foldmesh/simd/aligned_vector.h"
#include "foldmesh/simd/target.h"

namespace foldmesh::runtime::cpu {
namespace {

constexpr float kUntouched = 12345.0f;

std::vector<float> random_numbers(int64_t n, base::Rng& rng) {
  std::vector<float> values(static_cast<size_t>(n));
  for (float& v : values) v = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

enum class Order { kChain, kRoundedChain, kAmx };

bool has_fused_multiply_add(simd::Target target) {
  const std::string name = simd::target_name(target);
  return name != "SSE4" && name != "SCALAR" && name != "EMU128";
}

// By trying both neighbours, unlike the code under test.
float nearest_bf16(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof(bits));
  const auto number = [](uint32_t upper) {
    const uint32_t b = upper << 16;
    float f;
    std::memcpy(&f, &b, sizeof(f));
    return f;
  };
  const float down = number(bits >> 16), up = number((bits >> 16) + 1);  // in magnitude
  const double to_down = std::abs(double{v} - down), to_up = std::abs(double{v} - up);
  if (to_down == to_up) return (bits >> 16) % 2 == 0 ? down : up;
  return to_down < to_up ? down : up;
}

// A random product with gaps between rows, filled with marks in c.
struct Case {
  int64_t m, n, k;
  bool transpose_a, transpose_b, accumulate;
  Precision precision = Precision::kFp32;
  float alpha;
  int64_t a_stride, b_stride, c_stride;
  std::vector<float> a, b, before;

  Case(int64_t rows, int64_t columns, int64_t depth, base::Rng& rng) : m(rows), n(columns), k(depth) {
    transpose_a = rng.below(2) == 1;
    transpose_b = rng.below(2) == 1;
    accumulate = rng.below(2) == 1;
    alpha = accumulate || rng.below(2) == 1 ? 1.0f : 0.3f;
    // Now and then a stride for which operands are copied.
    const auto gap = [&] { return static_cast<int64_t>(rng.below(4)); };
    a_stride = (transpose_a ? m : k) + gap();
    b_stride = (transpose_b ? k : n) + gap();
    if (rng.below(8) == 0) a_stride = (a_stride + 511) / 512 * 512;
    c_stride = n + gap();
    a = random_numbers((transpose_a ? k : m) * a_stride, rng);
    b = random_numbers((transpose_b ? n : k) * b_stride, rng);
    before.assign(static_cast<size_t>(m * c_stride), kUntouched);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        before[index(i, j)] = accumulate ? static_cast<float>(2 * rng.uniform() - 1)
                                         : std::numeric_limits<float>::quiet_NaN();  // not to be read
      }
    }
  }

  size_t index(int64_t i, int64_t j) const { return static_cast<size_t>(i * c_stride + j); }
  float operand(float v) const { return precision == Precision::kBf16 ? nearest_bf16(v) : v; }
  float left(int64_t i, int64_t l) const {
    return operand(a[static_cast<size_t>(transpose_a ? l * a_stride + i : i * a_stride + l)]);
  }
  float right(int64_t l, int64_t j) const {
    return operand(b[static_cast<size_t>(transpose_b ? j * b_stride + l : l * b_stride + j)]);
  }
  Matrix a_from(int64_t i, int64_t l) const {
    return {a.data() + (transpose_a ? l * a_stride + i : i * a_stride + l), a_stride, transpose_a};
  }
  Matrix b_from(int64_t l, int64_t j) const {
    return {b.data() + (transpose_b ? j * b_stride + l : l * b_stride + j), b_stride, transpose_b};
  }
  float beta() const { return accumulate ? 1.0f : 0.0f; }

  std::vector<float> product() const {
    std::vector<float> c = before;
    gemm(precision, m, n, k, a_from(0, 0), b_from(0, 0), c.data(), c_stride, alpha, beta());
    return c;
  }
  std::vector<float> product_with_packed() const {
    simd::AlignedVector<std::byte> memory(PackedMatrix::bytes(k, n, precision));
    const PackedMatrix packed(k, n, b_from(0, 0), precision, memory.data());
    std::vector<float> c = before;
    gemm(m, n, k, a_from(0, 0), packed, c.data(), c_stride, alpha, beta());
    return c;
  }
  // The definition.
  float element(int64_t i, int64_t j, Order order) const {
    float sum = accumulate ? before[index(i, j)] : 0.0f;
    if (order == Order::kAmx) {
      for (int64_t first = 0; first < k; first += 32) {
        float even = 0, odd = 0;
        for (int64_t l = first; l < std::min(first + 32, k); ++l) {
          float& part = l % 2 == 0 ? even : odd;
          part = std::fma(left(i, l), right(l, j), part);
        }
        sum += even + odd;
      }
      return alpha * sum;
    }
    for (int64_t l = 0; l < k; ++l) {
      if (order == Order::kChain) {
        sum = std::fma(left(i, l), right(l, j), sum);
      } else {
        const volatile float rounded = left(i, l) * right(l, j);  // volatile: the compiler must not fuse
        sum += rounded;
      }
    }
    return alpha * sum;
  }
  double exact(int64_t i, int64_t j) const {
    double sum = accumulate ? before[index(i, j)] : 0.0;
    for (int64_t l = 0; l < k; ++l) sum += double{left(i, l)} * right(l, j);
    return alpha * sum;
  }
};

bool same_bits(const std::vector<float>& x, const std::vector<float>& y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](float a, float b) {
    return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
  });
}

struct Unit {
  simd::Target target;
  std::optional<Bf16Unit> bf16;  // else fp32

  bool is_amx() const { return bf16 == Bf16Unit::kAmx || bf16 == Bf16Unit::kModelledAmx; }
  std::string name() const {
    if (bf16 == Bf16Unit::kAmx) return "AMX";
    if (bf16 == Bf16Unit::kModelledAmx) return "ModelledAmx";
    return simd::target_name(target) + (bf16.has_value() ? "_bf16" : "_fp32");
  }
};

std::vector<Unit> units() {
  std::vector<Unit> all;
  for (const simd::Target target : simd::available_targets()) {
    const bool is_widest = target == simd::current_target();
    all.push_back({target, {}});
    all.push_back({target, is_widest && exists(Bf16Unit::kAvx512) ? Bf16Unit::kAvx512 : Bf16Unit::kFp32});
    for (const Bf16Unit unit : {Bf16Unit::kAmx, Bf16Unit::kModelledAmx}) {
      if (is_widest && exists(unit)) all.push_back({target, unit});
    }
  }
  return all;
}

class Gemm : public testing::TestWithParam<Unit> {
 protected:
  Gemm() : forced_(GetParam().target) {
    if (GetParam().bf16.has_value()) unit_.emplace(*GetParam().bf16);
    if (GetParam().is_amx()) {
      order_ = Order::kAmx;
      cut_ = kCut;
    } else if (!has_fused_multiply_add(GetParam().target)) {
      order_ = Order::kRoundedChain;
    }
  }

  simd::ForcedTarget forced_;
  std::optional<ForcedBf16Unit> unit_;
  Order order_ = Order::kChain;
  int64_t cut_ = 2;  // finer than promised for all
  base::Rng rng_{7};

  Case make(int64_t m, int64_t n, int64_t k) {
    Case p(m, n, k, rng_);
    p.precision = GetParam().bf16.has_value() ? Precision::kBf16 : Precision::kFp32;
    return p;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(rng_.below(static_cast<uint64_t>(n))); }
  void expect_definition(const Case& p) const {
    const std::vector<float> c = p.product();
    ASSERT_TRUE(same_bits(c, p.product_with_packed()));
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.c_stride; ++j) {
        const float got = c[p.index(i, j)];
        const float want = j < p.n ? p.element(i, j, order_) : kUntouched;
        ASSERT_EQ(got, want) << p.m << " x " << p.n << " x " << p.k << ", transposed " << p.transpose_a << " "
                             << p.transpose_b << ", element " << i << "," << j;
      }
    }
  }
};

TEST_P(Gemm, EverySmallExtent) {
  for (int64_t m = 0; m <= 27; ++m) {
    for (int64_t n = 0; n <= 67; n += 1 + below(3)) expect_definition(make(m, n, below(12)));
  }
}

TEST_P(Gemm, LargeExtents) {
  // Depths around the parts into which k is cut, rows around the groups, few and many columns.
  for (const int64_t k : {255, 256, 257, 511, 512, 513, 600}) {
    expect_definition(make(1 + below(40), 1 + below(80), k));
    expect_definition(make(255 + below(4), 1 + below(8), k));
    expect_definition(make(1 + below(4), 255 + below(4), k));
  }
}

TEST_P(Gemm, CloseToExact) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    const Case p = make(1 + below(30), 1 + below(50), 1 + below(400));
    const std::vector<float> c = p.product();
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        double magnitude = 1;  // of the old element, at most
        for (int64_t l = 0; l < p.k; ++l) magnitude += std::abs(double{p.left(i, l)} * p.right(l, j));
        // One rounding for each product, sum and the scaling.
        const double tolerance = static_cast<double>(2 * p.k + 1) * 0x1p-24 * 1.001 * magnitude;
        ASSERT_NEAR(c[p.index(i, j)], p.exact(i, j), tolerance);
      }
    }
  }
}

// A block of a product equals the product of the blocks, however rows, columns and k are cut.
TEST_P(Gemm, BlocksHaveTheBitsOfTheWhole) {
  for (int repeat = 0; repeat < 60; ++repeat) {
    Case p = make(1 + below(300), 1 + below(100), 1 + below(repeat % 3 == 0 ? 600 : 60));
    p.alpha = 1.0f;
    const std::vector<float> whole = p.product();
    std::vector<float> cut = p.before;
    const int64_t row_step = 1 + below(p.m), column_step = 1 + below(p.n);
    const int64_t depth = cut_ * (1 + below(p.k / cut_ + 1));
    for (int64_t i = 0; i < p.m; i += row_step) {
      for (int64_t j = 0; j < p.n; j += column_step) {
        for (int64_t l = 0; l < p.k; l += depth) {
          gemm(p.precision, std::min(row_step, p.m - i), std::min(column_step, p.n - j),
               std::min(depth, p.k - l), p.a_from(i, l), p.b_from(l, j), cut.data() + p.index(i, j),
               p.c_stride, 1.0f, l == 0 ? p.beta() : 1.0f);
        }
      }
    }
    ASSERT_TRUE(same_bits(cut, whole)) << p.m << " x " << p.n << " x " << p.k << " by " << row_step << " x "
                                       << column_step << " x " << depth;
  }
}

TEST_P(Gemm, SameBitsFromManyThreads) {
  const Case p = make(200, 200, 300);
  const std::vector<float> expected = p.product();
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& result : results) threads.emplace_back([&] { result = p.product(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : results) EXPECT_TRUE(same_bits(result, expected));
}

// Parts of a packed matrix.
TEST_P(Gemm, PartsOfPackedMatrices) {
  for (int repeat = 0; repeat < 30; ++repeat) {
    Case p = make(1 + below(30), 1 + below(150), 1 + below(600));
    p.alpha = 1.0f;
    simd::AlignedVector<std::byte> memory(PackedMatrix::bytes(p.k, p.n, p.precision));
    const PackedMatrix packed(p.k, p.n, p.b_from(0, 0), p.precision, memory.data());
    std::vector<float> cut = p.before;
    const int64_t depth = cut_ * (1 + below(p.k / cut_ + 1)),
                  width = PackedMatrix::kPanelWidth * (1 + below(3));
    for (int64_t j = 0; j < p.n; j += width) {
      for (int64_t l = 0; l < p.k; l += depth) {
        gemm(p.m, std::min(width, p.n - j), std::min(depth, p.k - l), p.a_from(0, l),
             packed.from_column(j).from_row(l), cut.data() + p.index(0, j), p.c_stride, 1.0f,
             l == 0 ? p.beta() : 1.0f);
      }
    }
    ASSERT_TRUE(same_bits(cut, p.product()));
  }
}

INSTANTIATE_TEST_SUITE_P(Units, Gemm, testing::ValuesIn(units()),
                         [](const auto& info) { return info.param.name(); });

// bf16 keeps infinities and NaN, whatever NaN's bits are, and rounds to even.
TEST(GemmBf16, SpecialNumbers) {
  const float infinity = std::numeric_limits<float>::infinity();
  uint32_t all_bits = 0x7fffffff;
  float nan_of_ones;
  std::memcpy(&nan_of_ones, &all_bits, sizeof(nan_of_ones));
  for (const simd::Target target : simd::available_targets()) {
    const simd::ForcedTarget forced(target);
    const auto rounded = [](float v) {
      float one = 1, c = 0;
      gemm(Precision::kBf16, 1, 1, 1, {&v, 1}, {&one, 1}, &c, 1);
      return c;
    };
    EXPECT_EQ(rounded(infinity), infinity);
    EXPECT_EQ(rounded(-infinity), -infinity);
    EXPECT_TRUE(std::isnan(rounded(nan_of_ones)));
    EXPECT_EQ(rounded(3.4e38f), infinity);
    EXPECT_EQ(rounded(1 + 0x1p-8f), 1.0f);
    EXPECT_EQ(rounded(1 + 3 * 0x1p-8f), 1 + 0x1p-6f);
  }
}

TEST(GemmArguments, NothingToMultiply) {
  const std::vector<float> a(4, 1.0f);
  std::vector<float> c = {1, 2, 3, 4};
  gemm(0, 2, 2, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  gemm(2, 0, 2, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  gemm(2, 1, 0, {a.data(), 2}, {a.data(), 2}, c.data(), 2, 1.0f, 1.0f);
  EXPECT_EQ(c, (std::vector<float>{1, 2, 3, 4}));
  c[1] = std::numeric_limits<float>::quiet_NaN();
  gemm(2, 2, 0, {a.data(), 2}, {a.data(), 2}, c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>{0, 0, 0, 0}));
}

TEST(GemmArguments, OtherFactorsAreRefused) {
  float a = 1, c = 0;
  EXPECT_THROW(gemm(1, 1, 1, {&a, 1}, {&a, 1}, &c, 1, 1.0f, 2.0f), base::Error);
  EXPECT_THROW(gemm(1, 1, 1, {&a, 1}, {&a, 1}, &c, 1, 0.5f, 1.0f), base::Error);
}

}  // namespace
}  // namespace foldmesh::runtime::cpu
