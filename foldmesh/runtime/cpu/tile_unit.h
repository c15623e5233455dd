// What AMX does for matrix products, as two types of the same functions: the processor's unit, and a model of
// it for machines without one, so that all code around it runs everywhere that AVX-512 exists.
//
// Eight tiles of 16 rows x 16 words, a word being two bf16. multiply_add follows TDPBF16PS of Intel's manual
// (Software Developer's Manual, volume 2): for each element of c [16,16] the products of the words' lower
// halves make one chain of fused multiply-adds over the 16 words from 0 up, those of the upper halves
// another; the two sums are added, and the result to c. Every step rounds to nearest even; numbers and
// results below 2^-126 count as 0. Which half holds the first number of a pair therefore plays no part.
#ifndef FOLDMESH_RUNTIME_CPU_TILE_UNIT_H_
#define FOLDMESH_RUNTIME_CPU_TILE_UNIT_H_

#if defined(__x86_64__)
#include <cstddef>
#include <cstdint>

namespace foldmesh::runtime::cpu {

inline constexpr int64_t kTileRows = 16, kTileWords = 16;

// begin() and end() enclose all other calls of a thread; tiles hold zeros at first. Strides are in words.
class AmxTileUnit {
 public:
  // Whether processor and kernel have it; asks Linux for the permission to use it.
  static bool exists();

  static void begin() {
    // Palette 1: bytes of a row and rows of each tile.
    struct alignas(64) Shapes {
      uint8_t palette = 1, start_row = 0, unused[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    static constexpr Shapes kShapes;
    asm volatile("ldtilecfg %0" ::"m"(kShapes));
  }
  static void end() { asm volatile("tilerelease"); }
  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  template <int kTile>
  static void load(const float* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride * 4), "i"(kTile) : "memory");
  }
  template <int kTile>
  static void store(float* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride * 4), "i"(kTile) : "memory");
  }
  template <int kC, int kA, int kB>
  static void multiply_add() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kC), "i"(kA), "i"(kB));
  }
};

// Wants AVX-512. Calls outside begin() and end() throw kInternal.
class ModelledTileUnit {
 public:
  static void begin();
  static void end();
  template <int kTile>
  static void zero() {
    load_tile(kTile, nullptr, 0);
  }
  template <int kTile>
  static void load(const float* from, int64_t stride) {
    load_tile(kTile, from, stride);
  }
  template <int kTile>
  static void store(float* to, int64_t stride) {
    store_tile(kTile, to, stride);
  }
  template <int kC, int kA, int kB>
  static void multiply_add() {
    multiply_add_tiles(kC, kA, kB);
  }

 private:
  static void load_tile(int tile, const float* from, int64_t stride);
  static void store_tile(int tile, float* to, int64_t stride);
  static void multiply_add_tiles(int c, int a, int b);
};

// c += a b by Unit, for tiles [16,16] of words without gaps.
template <typename Unit>
void multiply_one_tile(const float* a, const float* b, float* c) {
  Unit::begin();
  Unit::template load<0>(c, kTileWords);
  Unit::template load<1>(a, kTileWords);
  Unit::template load<2>(b, kTileWords);
  Unit::template multiply_add<0, 1, 2>();
  Unit::template store<0>(c, kTileWords);
  Unit::end();
}

// Whether a unit gives the model's bits (for NaN: a NaN) for random numbers, ties of rounding, cancellation,
// infinities, NaN, and numbers, products and sums below 2^-126.
bool agrees_with_model(void (*multiply)(const float* a, const float* b, float* c));

}  // namespace foldmesh::runtime::cpu
#endif

#endif  // FOLDMESH_RUNTIME_CPU_TILE_UNIT_H_
