// Our matrix products next to oneDNN's and next to the bare rate of fused multiply-adds, on one core, for the
// shapes that the kernels multiply.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "bench/gemm/fma_peak.h"
#include "bench/peers/onednn.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::bench {
namespace {

using runtime::cpu::Matrix;
using runtime::cpu::PackedMatrix;
using tensor::Precision;

struct Shape {
  const char* use;
  int64_t m, n, k;
  bool transpose_a, transpose_b;
  int64_t a_stride, b_stride;  // 0: without gaps
};

constexpr Shape kShapes[] = {
    {"projection, 256 channels", 128, 256, 256, false, false, 0, 0},
    {"projection, 128 channels", 128, 128, 128, false, false, 0, 0},
    {"projection, 64 channels", 128, 64, 64, false, false, 0, 0},
    {"outer product's operands", 128, 32, 256, false, false, 0, 0},
    {"the same, extra rows", 128, 32, 64, false, false, 0, 0},
    {"transition, wider", 128, 256, 256, false, false, 0, 1024},
    {"transition, back", 128, 256, 1024, false, false, 0, 0},
    {"queries keys, 128", 128, 128, 32, false, true, 256, 256},
    {"queries keys, 512", 128, 512, 32, false, true, 256, 256},
    {"weights values, 128", 128, 32, 128, false, false, 0, 256},
    {"weights values, 512", 128, 32, 512, false, false, 0, 256},
    {"the same with 8 channels", 128, 8, 256, false, false, 0, 64},
    {"pair bias", 8, 256, 128, true, true, 0, 0},
    {"outer products, 128 rows", 256, 256, 128, true, false, 256, 256},
    {"outer products, 1024 rows", 256, 256, 1024, true, false, 256, 256},
    {"outer products, weights", 64, 128, 1024, false, false, 0, 0},
    {"triangle's factors", 128, 128, 128, true, true, 0, 0},
    {"triangle, 128 residues", 128, 128, 128, false, true, 0, 0},
    {"triangle, 256 residues", 128, 256, 256, false, true, 0, 0},
    {"triangle, 512 residues", 128, 512, 512, false, true, 0, 0},
    {"triangle's update", 128, 128, 128, true, false, 0, 0},
    {"large", 1024, 1024, 1024, false, false, 0, 0},
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Best of many runs, since others may disturb one.
double best_seconds(const std::function<void()>& body) {
  constexpr double kTime = 0.1;
  double best = 1e9;
  for (const double start = seconds(); seconds() - start < kTime;) {
    const double begin = seconds();
    body();
    best = std::min(best, seconds() - begin);
  }
  return best;
}

std::vector<float> random_numbers(int64_t n, base::Rng& rng) {
  std::vector<float> values(static_cast<size_t>(n));
  for (float& v : values) v = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

void run() {
  float sink[2] = {1.0f, 0.5f};
  double flops = 0;
  const double peak = 1 / best_seconds([&] { flops = fma_rounds(100'000, sink); }) * flops;
  const double bf16_peak = 1 / best_seconds([&] { flops = bf16_rounds(100'000, sink); }) * flops;
  fmt::print("one core, GFLOP/s of fused multiply-adds on registers: fp32 {:.1f}, bf16 {:.1f}\n", peak / 1e9,
             bf16_peak / 1e9);
  fmt::print(
      "bf16 is multiplied by {}; \"packed\": right operand packed before; oneDNN's bf16 operands were "
      "packed\n\n",
      runtime::cpu::name_of(runtime::cpu::bf16_unit()));
  fmt::print("{:<26}{:>5}{:>5}{:>5}    {:>7}{:>8}{:>8}{:>8}{:>7}{:>9}{:>8}{:>8}{:>7}\n", "product", "m", "n",
             "k", "fp32", "packed", "of peak", "oneDNN", "ratio", "bf16", "packed", "oneDNN", "ratio");
  base::Rng rng(1);
  for (const Shape& s : kShapes) {
    const int64_t a_stride = s.a_stride > 0 ? s.a_stride : (s.transpose_a ? s.m : s.k);
    const int64_t b_stride = s.b_stride > 0 ? s.b_stride : (s.transpose_b ? s.k : s.n);
    const std::vector<float> a = random_numbers(a_stride * (s.transpose_a ? s.k : s.m), rng);
    const std::vector<float> b = random_numbers(b_stride * (s.transpose_b ? s.n : s.k), rng);
    std::vector<float> c(static_cast<size_t>(s.m * s.n));
    const Matrix left = {a.data(), a_stride, s.transpose_a}, right = {b.data(), b_stride, s.transpose_b};
    const double work = 2.0 * static_cast<double>(s.m * s.n * s.k);
    const int repeats = std::max(1, static_cast<int>(1e7 / work));
    const auto rate = [&](const auto& product) {
      return work * repeats / best_seconds([&] {
               for (int i = 0; i < repeats; ++i) product();
             });
    };
    const auto ours = [&](Precision precision) {
      return rate([&] { runtime::cpu::gemm(precision, s.m, s.n, s.k, left, right, c.data(), s.n); });
    };
    const auto packed = [&](Precision precision) {
      simd::AlignedVector<std::byte> memory(PackedMatrix::bytes(s.k, s.n, precision));
      const PackedMatrix matrix(s.k, s.n, right, precision, memory.data());
      return rate([&] { runtime::cpu::gemm(s.m, s.n, s.k, left, matrix, c.data(), s.n); });
    };
    const double fp32 = ours(Precision::kFp32), fp32_packed = packed(Precision::kFp32);
    const double sgemm = rate([&] { peers::onednn_sgemm(s.m, s.n, s.k, left, right, c.data(), s.n, 1); });
    const double bf16 = ours(Precision::kBf16), bf16_packed = packed(Precision::kBf16);
    peers::OneDnnBf16Product matmul(s.m, s.n, s.k, 1);
    const double bf16_peer = rate([&] { matmul.run(); });
    fmt::print(
        "{:<26}{:>5}{:>5}{:>5} {}{} "
        "{:>7.0f}{:>8.0f}{:>7.0f}%{:>8.0f}{:>7.2f}{:>9.0f}{:>8.0f}{:>8.0f}{:>7.2f}\n",
        s.use, s.m, s.n, s.k, s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', fp32 / 1e9,
        fp32_packed / 1e9, 100 * fp32_packed / peak, sgemm / 1e9, fp32 / sgemm, bf16 / 1e9, bf16_packed / 1e9,
        bf16_peer / 1e9, bf16_packed / bf16_peer);
  }
}

}  // namespace
}  // namespace foldmesh::bench

int main() {
  foldmesh::bench::run();
  return 0;
}
