// Internal to gemm: what differs between instruction sets and number types.
//
// All of it works on words of 4 bytes: a word is one fp32 number, or two consecutive bf16 along k, the first
// in the upper half. A step multiplies one word of a with one of b; fp32 has k steps, bf16 half as many.
// Packed operands may be filled up with zeros to a multiple of rows (of a) and steps.
#ifndef FOLDMESH_RUNTIME_CPU_GEMM_KERNELS_H_
#define FOLDMESH_RUNTIME_CPU_GEMM_KERNELS_H_

#include <cstdint>

namespace foldmesh::runtime::cpu {

// Word (i, step) of rows of a lies at words[i * row + s * step].
struct TileRows {
  const float* words;
  int64_t row, step;
};

struct Tile {
  int64_t steps;
  TileRows a;
  const float* b;  // the words of step s at b + s * b_stride
  int64_t b_stride;
  float* c;
  int64_t c_stride;
  bool accumulate;  // sums begin with c
  float alpha;
};

struct GemmKernels {
  static constexpr int kMaxTileHeights = 12;
  static constexpr int64_t kMaxTileRows = 32;

  // Multiplies tiles of row_unit .. tile_rows rows (index: rows / row_unit - 1) and half or all of
  // panel_width columns.
  void (*half_tile[kMaxTileHeights])(const Tile&);
  void (*whole_tile[kMaxTileHeights])(const Tile&);
  int64_t tile_rows, panel_width;
  int64_t numbers_per_word;
  // Whether a word is the stored fp32 number, so that operands may be read where they are.
  bool reads_in_place;

  // Packing k numbers deep; an odd last one is paired with 0, and zeros fill up a row_unit and a step_unit.
  // Columns of b: words of step s, n columns and zeros up to panel_width, to to + s * to_stride.
  void (*pack_columns)(int64_t k, int64_t n, const float* from, int64_t stride, float* to, int64_t to_stride);
  // The same from a transposed matrix (a stored row is a column).
  void (*pack_stored_columns)(int64_t k, int64_t n, const float* from, int64_t stride, float* to,
                              int64_t to_stride);
  // m rows of a, one after the other without gaps.
  void (*pack_rows)(int64_t m, int64_t k, const float* from, int64_t stride, float* to);
  // Rows of one tile from a transposed matrix: step by step, m words each (where row_unit is not 1: as
  // pack_rows). `readable` numbers of a stored row exist. May write up to kSpareWords beyond the end.
  void (*pack_stored_rows)(int64_t m, int64_t k, int64_t readable, const float* from, int64_t stride,
                           float* to);

  int64_t row_unit = 1, step_unit = 1;
  // Enclose the calls of half_tile and whole_tile of a thread; may be null.
  void (*begin)() = nullptr;
  void (*end)() = nullptr;
};
inline constexpr int64_t kSpareWords = 16;
inline constexpr int64_t kMaxSteps = 256;  // of one call of any of the above

// Of the instruction set in force.
const GemmKernels& fp32_kernels();
// fp32's with operands rounded to bf16.
const GemmKernels& rounding_kernels();
// Null without AVX512-BF16, and if the compiler does not know it.
const GemmKernels* avx512_bf16_kernels();
// kDiffers: this machine's unit does not give the bits of the manual's definition (tile_unit.h). Looked at
// once, in about a millisecond.
enum class AmxState { kMissing, kWorks, kDiffers };
AmxState amx_state();
// Null unless it works.
const GemmKernels* amx_kernels();
// The same by the model of the unit; null without AVX512-BF16.
const GemmKernels* modelled_amx_kernels();
// What multiplies bf16 (bf16_unit.h).
const GemmKernels& bf16_kernels();

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GEMM_KERNELS_H_
