#include "foldmesh/hmm/numeric.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace foldmesh::hmm {
namespace {

constexpr float kLogSumRange = 15.7f;  // beyond it the smaller term is below float resolution
constexpr float kLogSumScale = 1000.0f;
constexpr int kLogSumSize = 16000;

std::vector<float> make_log_sum_table() {
  std::vector<float> table(kLogSumSize);
  for (int n = 0; n < kLogSumSize; ++n) table[n] = static_cast<float>(std::log(1.0 + std::exp(-n / 1000.0)));
  return table;
}

}  // namespace

float polynomial_exp(float x) {
  constexpr float kLimit = 88.3762626647949f;
  constexpr float kLog2e = 1.44269504088896341f;
  constexpr std::array<float, 6> kCoefficients = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                                  4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  if (x > kLimit) return std::numeric_limits<float>::infinity();
  if (!(x > -kLimit)) return 0.0f;

  // x = n ln 2 + r, with ln 2 in two parts so that r keeps its low bits.
  const float n = std::floor(x * kLog2e + 0.5f);
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float y = kCoefficients[0];
  for (size_t c = 1; c < kCoefficients.size(); ++c) y = y * r + kCoefficients[c];
  y = y * (r * r) + r + 1.0f;
  // 2^n by its exponent field: n = -127 gives zero and n = 128 infinity, as the reference has it.
  const uint32_t exponent = static_cast<uint32_t>(static_cast<int>(n) + 127) << 23;
  return y * std::bit_cast<float>(exponent);
}

float table_log_sum(float a, float b) {
  static const std::vector<float> table = make_log_sum_table();
  const float high = std::max(a, b), low = std::min(a, b);
  if (low == -std::numeric_limits<float>::infinity() || high - low >= kLogSumRange) return high;
  return high + table[static_cast<size_t>((high - low) * kLogSumScale)];
}

}  // namespace foldmesh::hmm
