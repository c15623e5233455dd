#include "foldmesh/runtime/cpu/tile_unit.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"

namespace foldmesh::runtime::cpu {

bool AmxTileUnit::exists() {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr uint32_t kBf16 = 1u << 22, kTiles = 1u << 24;  // leaf 7, edx
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & kBf16) == 0 || (edx & kTiles) == 0) {
    return false;
  }
  constexpr uint32_t kOsSavesState = 1u << 27;  // leaf 1, ecx
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kOsSavesState) == 0) return false;
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr uint32_t kTileState = 3u << 17;  // shapes and contents
  if ((low & kTileState) != kTileState) return false;
  // Linux keeps the 8 KiB of a thread's tiles only for processes that ask; threads of the process share the
  // permission.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

namespace {

struct Tiles {
  alignas(64) float words[8][kTileRows * kTileWords];
  bool are_in_use = false;
};
Tiles& thread_tiles() {
  thread_local Tiles tiles;
  return tiles;
}

float* words_of(int tile) {
  Tiles& tiles = thread_tiles();
  if (!tiles.are_in_use) base::throw_internal("tiles are used outside begin() and end()");
  return tiles.words[tile];
}

// The processor's own mode for numbers below 2^-126, rounding to nearest even.
class FlushedDenormals {
 public:
  FlushedDenormals() : before_(_mm_getcsr()) {
    constexpr unsigned kMaskedExceptions = 0x1f80, kFlushResults = 0x8000, kIgnoreOperands = 0x40;
    _mm_setcsr(kMaskedExceptions | kFlushResults | kIgnoreOperands);
  }
  ~FlushedDenormals() { _mm_setcsr(before_); }
  FlushedDenormals(const FlushedDenormals&) = delete;
  FlushedDenormals& operator=(const FlushedDenormals&) = delete;

 private:
  unsigned before_;
};

// Out of line, so that no arithmetic moves out of the mode in which it is called.
__attribute__((target("avx512f"), noinline)) void multiply_add_words(float* c, const float* a,
                                                                     const float* b) {
  const __m512i upper_half = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
  for (int64_t i = 0; i < kTileRows; ++i) {
    __m512 lower = _mm512_setzero_ps(), upper = _mm512_setzero_ps();
    for (int64_t k = 0; k < kTileWords; ++k) {
      const auto pair = std::bit_cast<int32_t>(a[i * kTileWords + k]);
      const __m512i left = _mm512_set1_epi32(pair), right = _mm512_loadu_si512(b + k * kTileWords);
      lower = _mm512_fmadd_ps((__m512)_mm512_maskz_slli_epi32(0xffff, left, 16),
                              (__m512)_mm512_maskz_slli_epi32(0xffff, right, 16), lower);
      upper = _mm512_fmadd_ps((__m512)_mm512_and_si512(left, upper_half),
                              (__m512)_mm512_and_si512(right, upper_half), upper);
    }
    float* row = c + i * kTileWords;
    _mm512_storeu_ps(row, _mm512_add_ps(_mm512_loadu_ps(row), _mm512_add_ps(lower, upper)));
  }
}

}  // namespace

void ModelledTileUnit::begin() {
  Tiles& tiles = thread_tiles();
  if (tiles.are_in_use) base::throw_internal("tiles are in use already");
  std::memset(tiles.words, 0, sizeof(tiles.words));
  tiles.are_in_use = true;
}
void ModelledTileUnit::end() {
  words_of(0);
  thread_tiles().are_in_use = false;
}

void ModelledTileUnit::load_tile(int tile, const float* from, int64_t stride) {
  float* words = words_of(tile);
  for (int64_t i = 0; i < kTileRows; ++i) {
    if (from == nullptr) {
      std::fill_n(words + i * kTileWords, kTileWords, 0.0f);
    } else {
      std::memcpy(words + i * kTileWords, from + i * stride, kTileWords * sizeof(float));
    }
  }
}

void ModelledTileUnit::store_tile(int tile, float* to, int64_t stride) {
  const float* words = words_of(tile);
  for (int64_t i = 0; i < kTileRows; ++i) {
    std::memcpy(to + i * stride, words + i * kTileWords, kTileWords * sizeof(float));
  }
}

void ModelledTileUnit::multiply_add_tiles(int c, int a, int b) {
  float* sums = words_of(c);
  const FlushedDenormals mode;
  multiply_add_words(sums, words_of(a), words_of(b));
}

namespace {

// A number of bf16 as the upper half of a float.
float drawn(std::span<const float> numbers, base::Rng& rng) {
  if (!numbers.empty()) return numbers[rng.below(numbers.size())];
  return std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(2 * rng.uniform() - 1)) &
                              0xffff0000u);
}

float drawn_pair(std::span<const float> numbers, base::Rng& rng) {
  const uint32_t lower = std::bit_cast<uint32_t>(drawn(numbers, rng)) >> 16;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(drawn(numbers, rng)) | lower);
}

}  // namespace

bool agrees_with_model(void (*multiply)(const float* a, const float* b, float* c)) {
  // Operands that make every kind of number, but no sum that only rounding lifts to 2^-126: the manual leaves
  // open whether such a one counts as below.
  static constexpr float kInfinity = INFINITY;
  static constexpr float kOrdinary[] = {1.0f, -1.0f, 3.0f, 0.0f, -0.0f, 1.0f + 0x1p-7f, -(1.0f + 0x1p-7f)};
  static constexpr float kTies[] = {1.0f, -1.0f, 0x1p-12f, 0x1p-24f, -0x1p-24f, 0x1.8p-12f, 0x1p12f};
  static constexpr float kSmall[] = {0x1p-126f, -0x1p-126f, 0x1.02p-126f, 0x1p-127f, 0x1p-133f, 0.0f};
  static constexpr float kRoots[] = {0x1p-70f, -0x1p-70f, 0x1p-63f, 0x1.02p-63f, 0.0f};
  static constexpr float kLarge[] = {0x1.fep127f, -0x1.fep127f, 0x1p127f, 1.0f, kInfinity, -0.0f};
  static constexpr float kStrange[] = {1.0f, -1.0f, kInfinity, -kInfinity, NAN, 0.0f, 0x1p-130f};
  struct Operands {
    std::span<const float> a, b, c;
  };
  static constexpr Operands kCases[] = {{{}, {}, kOrdinary},           {kOrdinary, kOrdinary, kOrdinary},
                                        {kTies, kTies, kTies},         {kOrdinary, kSmall, kSmall},
                                        {kSmall, kOrdinary, kSmall},   {kRoots, kRoots, kSmall},
                                        {kLarge, kOrdinary, kStrange}, {kStrange, kStrange, kStrange}};
  constexpr size_t kWords = kTileRows * kTileWords;
  alignas(64) float a[kWords], b[kWords], c[kWords], expected[kWords];
  base::Rng rng(1);
  for (const Operands& operands : kCases) {
    for (int round = 0; round < 8; ++round) {
      for (size_t i = 0; i < kWords; ++i) {
        a[i] = drawn_pair(operands.a, rng);
        b[i] = drawn_pair(operands.b, rng);
        c[i] = expected[i] = drawn(operands.c, rng);
      }
      multiply_one_tile<ModelledTileUnit>(a, b, expected);
      multiply(a, b, c);
      for (size_t i = 0; i < kWords; ++i) {
        const bool is_same = std::bit_cast<uint32_t>(c[i]) == std::bit_cast<uint32_t>(expected[i]);
        if (!is_same && !(std::isnan(c[i]) && std::isnan(expected[i]))) return false;
      }
    }
  }
  return true;
}

}  // namespace foldmesh::runtime::cpu
#endif
