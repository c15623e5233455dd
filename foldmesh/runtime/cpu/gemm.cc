#include "foldmesh/runtime/cpu/gemm.h"

#include <algorithm>
#include <memory>

#include "foldmesh/base/error.h"
#include "foldmesh/simd/aligned_vector.h"
#include "foldmesh/simd/fixed_width.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/runtime/cpu/gemm.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#ifndef FOLDMESH_RUNTIME_CPU_GEMM_BLOCKS_
#define FOLDMESH_RUNTIME_CPU_GEMM_BLOCKS_
namespace foldmesh::runtime::cpu {
namespace {

// The part of k that is multiplied before the next: a panel of b (up to 32 columns of it, 32 KiB) then stays
// in the L1 cache while all rows of a pass by. Between parts the sums rest in c, which changes no bit.
constexpr int64_t kDepth = 256;
constexpr int64_t kRowsTogether = 256;  // of a; kRowsTogether * kDepth stay in the L2 cache
constexpr int64_t kMaxPanelWidth = 32;
constexpr int64_t kMaxTileRows = 12;
// Below so many rows a panel of b is used too seldom to pay for its copy.
constexpr int64_t kFewRows = 24;

constexpr int64_t kSpare = 16;  // numbers that a copy of whole vectors may write beyond its end

// Copies of the operands' parts in the order in which they are read.
struct Scratch {
  alignas(simd::kAlignment) float a[kRowsTogether * kDepth + kSpare];
  alignas(simd::kAlignment) float b[kMaxPanelWidth * kDepth];
  alignas(simd::kAlignment) float c[kMaxTileRows * kMaxPanelWidth];
};
static_assert(sizeof(Scratch) <= kGemmScratchBytes);

struct Product {
  int64_t m, n, k;
  Matrix a, b;
  float* c;
  int64_t c_stride;
  float alpha;
  bool accumulate;
};

}  // namespace
}  // namespace foldmesh::runtime::cpu
#endif  // FOLDMESH_RUNTIME_CPU_GEMM_BLOCKS_

HWY_BEFORE_NAMESPACE();
namespace foldmesh::runtime::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
constexpr int64_t kPanelWidth = 2 * kLanes;
// Sums of a tile, one row of a panel and one element of a fit the registers: 32 of AVX-512 and NEON, 16 else.
constexpr int64_t kTileRows = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM ? kMaxTileRows : 6;
static_assert(kPanelWidth <= kMaxPanelWidth && kTileRows <= kMaxTileRows);

// Where element (i,l) of a block of a lies: data[i * row + l * step].
struct Rows {
  const float* data;
  int64_t row, step;
};

struct Tile {
  int64_t depth;
  Rows a;
  const float* b;  // row l at l * b_stride
  int64_t b_stride;
  float* c;
  int64_t c_stride;
  bool accumulate;  // sums begin with c
  float alpha;
};

// kRows rows times kVectors vectors of columns.
template <int kRows, int kVectors>
HWY_NOINLINE void multiply_tile(const Tile& tile) {
  const D d;
  V sums[kRows][kVectors];
  HWY_UNROLL(12)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      sums[i][v] = tile.accumulate ? hn::LoadU(d, tile.c + i * tile.c_stride + v * kLanes) : hn::Zero(d);
    }
  }
  // Every third row has a pointer, so that all rows are reached with few registers.
  const int64_t row = tile.a.row, step = tile.a.step;
  const float* rows[(kRows + 2) / 3];
  HWY_UNROLL(4)
  for (int i = 0; i < (kRows + 2) / 3; ++i) rows[i] = tile.a.data + 3 * i * row;
  const float* b = tile.b;
  for (int64_t l = 0; l < tile.depth; ++l) {
    V columns[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * kLanes);
    b += tile.b_stride;
    HWY_UNROLL(12)
    for (int i = 0; i < kRows; ++i) {
      const V element = hn::Set(d, rows[i / 3][i % 3 * row]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; ++v) sums[i][v] = hn::MulAdd(element, columns[v], sums[i][v]);
    }
    HWY_UNROLL(4)
    for (int i = 0; i < (kRows + 2) / 3; ++i) rows[i] += step;
  }
  const V alpha = hn::Set(d, tile.alpha);
  HWY_UNROLL(12)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      hn::StoreU(hn::Mul(sums[i][v], alpha), d, tile.c + i * tile.c_stride + v * kLanes);
    }
  }
}

using TileFunction = void (*)(const Tile&);
template <int kVectors>
TileFunction tile_function(int64_t rows) {
  switch (rows) {
    case 1:
      return multiply_tile<1, kVectors>;
    case 2:
      return multiply_tile<2, kVectors>;
    case 3:
      return multiply_tile<3, kVectors>;
    case 4:
      return multiply_tile<4, kVectors>;
    case 5:
      return multiply_tile<5, kVectors>;
    case 6:
      return multiply_tile<6, kVectors>;
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
    case 7:
      return multiply_tile<7, kVectors>;
    case 8:
      return multiply_tile<8, kVectors>;
    case 9:
      return multiply_tile<9, kVectors>;
    case 10:
      return multiply_tile<10, kVectors>;
    case 11:
      return multiply_tile<11, kVectors>;
    case 12:
      return multiply_tile<12, kVectors>;
#endif
    default:
      return nullptr;
  }
}

// to[l * kPanelWidth + j] = from[l * stride + j] for n columns, 0 in the others.
void copy_panel(int64_t depth, int64_t n, const float* from, int64_t stride, float* to) {
  const D d;
  if (n == kPanelWidth) {
    for (int64_t l = 0; l < depth; ++l, from += stride, to += kPanelWidth) {
      const V low = hn::LoadU(d, from), high = hn::LoadU(d, from + kLanes);
      hn::Store(low, d, to);
      hn::Store(high, d, to + kLanes);
    }
    return;
  }
  for (int64_t l = 0; l < depth; ++l, from += stride, to += kPanelWidth) {
    for (int64_t j = 0; j < n; ++j) to[j] = from[j];
    for (int64_t j = n; j < kPanelWidth; ++j) to[j] = 0.0f;
  }
}

#if HWY_TARGET != HWY_SCALAR
// Four numbers of each of a vector's blocks of four: block q from rows[4 * q].
HWY_INLINE V load_blocks(const float* const* rows, int64_t l) {
  const hn::FixedTag<float, 4> d4;
  const auto block = [&](int q) HWY_ATTR { return hn::LoadU(d4, rows[4 * q] + l); };
#if HWY_TARGET <= HWY_AVX3
  const hn::FixedTag<float, 8> d8;
  return hn::Combine(D(), hn::Combine(d8, block(3), block(2)), hn::Combine(d8, block(1), block(0)));
#elif HWY_TARGET == HWY_AVX2
  return hn::Combine(D(), block(1), block(0));
#else
  return block(0);
#endif
}

// Four steps of every column: each block of four lanes is a 4 x 4 matrix of its own.
HWY_INLINE void transpose_four(const float* const* columns, int64_t l, float* to) {
  const D d;
  const hn::Repartition<double, D> pairs;
  for (int64_t j = 0; j < kPanelWidth; j += kLanes) {
    const V c0 = load_blocks(columns + j, l), c1 = load_blocks(columns + j + 1, l);
    const V c2 = load_blocks(columns + j + 2, l), c3 = load_blocks(columns + j + 3, l);
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, c0, c1));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, c2, c3));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, c0, c1));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, c2, c3));
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, to + j);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, to + j + kPanelWidth);
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, to + j + 2 * kPanelWidth);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, to + j + 3 * kPanelWidth);
  }
}
#endif

// The same from stored columns: to[l * kPanelWidth + j] = from[j * stride + l].
void transpose_panel(int64_t depth, int64_t n, const float* from, int64_t stride, float* to) {
  static constexpr float kZeros[kDepth] = {};
  const float* columns[kPanelWidth];
  for (int64_t j = 0; j < kPanelWidth; ++j) columns[j] = j < n ? from + j * stride : kZeros;
  int64_t l = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; l + 4 <= depth; l += 4) transpose_four(columns, l, to + l * kPanelWidth);
#endif
  for (; l < depth; ++l) {
    for (int64_t j = 0; j < kPanelWidth; ++j) to[l * kPanelWidth + j] = columns[j][l];
  }
}

// One part of k, one group of rows.
class Block {
 public:
  Block(const Product& p, int64_t first_row, int64_t n_rows, int64_t first_l, int64_t depth, Scratch& scratch)
      : p_(p), first_row_(first_row), n_rows_(n_rows), first_l_(first_l), depth_(depth), scratch_(scratch) {
    n_tiles_ = (n_rows + kTileRows - 1) / kTileRows;
    prepare_rows();
  }

  void run() {
    for (int64_t j = 0; j < p_.n; j += kPanelWidth) multiply_panel(j, std::min(kPanelWidth, p_.n - j));
  }

 private:
  // Tiles have nearly equal heights: 128 rows are 11 tiles of 11 or 12, not 10 of 12 and one of 8.
  int64_t tile_begin(int64_t tile) const { return tile * n_rows_ / n_tiles_; }

  // Rows of a that lie a multiple of 2 KiB apart would push each other out of the L1 cache, and so would the
  // steps of a transposed one: they are copied, a transposed one tile by tile.
  void prepare_rows() {
    const Matrix& a = p_.a;
    if (!a.transposed) {
      rows_ = {a.data + first_row_ * a.stride + first_l_, a.stride, 1};
      if (a.stride % 512 != 0 || n_rows_ < 4 || p_.n <= kPanelWidth) return;
      for (int64_t i = 0; i < n_rows_; ++i)
        std::copy_n(rows_.data + i * a.stride, depth_, scratch_.a + i * depth_);
      rows_ = {scratch_.a, depth_, 1};
      return;
    }
    rows_ = {a.data + first_l_ * a.stride + first_row_, 1, a.stride};
    if (p_.n <= kPanelWidth) return;
    for (int64_t tile = 0; tile < n_tiles_; ++tile) {
      const int64_t begin = tile_begin(tile), n = tile_begin(tile + 1) - begin;
      copy_tile(rows_.data + begin, n, n_rows_ - begin, scratch_.a + begin * depth_);
    }
    tiles_are_packed_ = true;
  }

  // to[l * n + i] = from[l * stride + i]; `readable` numbers of a row of `from` exist. Whole vectors are
  // copied; what is too much is overwritten by the next step, or lies in the spare end of the scratch.
  void copy_tile(const float* from, int64_t n, int64_t readable, float* to) const {
    const int64_t whole = (n + kLanes - 1) / kLanes * kLanes;
    const int64_t stride = p_.a.stride;
    for (int64_t l = 0; l < depth_; ++l, from += stride, to += n) {
      if (whole <= readable) {
        for (int64_t i = 0; i < whole; i += kLanes) hn::StoreU(hn::LoadU(D(), from + i), D(), to + i);
      } else {
        for (int64_t i = 0; i < n; ++i) to[i] = from[i];
      }
    }
  }

  Rows rows_of_tile(int64_t begin, int64_t n) const {
    if (tiles_are_packed_) return {scratch_.a + begin * depth_, 1, n};
    return {rows_.data + begin * rows_.row, rows_.row, rows_.step};
  }

  void multiply_panel(int64_t j, int64_t n) {
    const float* b = p_.b.data + (p_.b.transposed ? j * p_.b.stride + first_l_ : first_l_ * p_.b.stride + j);
    int64_t b_stride = p_.b.stride;
    // A narrow panel runs with half the vectors.
    const bool half = n <= kLanes;
    if (p_.b.transposed) {
      transpose_panel(depth_, n, b, b_stride, scratch_.b);
    } else if (n < kPanelWidth || (n_rows_ >= kFewRows && b_stride > 2 * kPanelWidth)) {
      copy_panel(depth_, n, b, b_stride, scratch_.b);
    }
    if (p_.b.transposed || n < kPanelWidth || (n_rows_ >= kFewRows && b_stride > 2 * kPanelWidth)) {
      b = scratch_.b;
      b_stride = kPanelWidth;
    }
    const bool accumulate = p_.accumulate || first_l_ > 0;
    const float alpha = first_l_ + depth_ == p_.k ? p_.alpha : 1.0f;
    const int64_t width = half ? kLanes : kPanelWidth;
    for (int64_t tile = 0; tile < n_tiles_; ++tile) {
      const int64_t begin = tile_begin(tile), rows = tile_begin(tile + 1) - begin;
      float* c = p_.c + (first_row_ + begin) * p_.c_stride + j;
      const TileFunction run = half ? tile_function<1>(rows) : tile_function<2>(rows);
      if (n == width) {
        run({depth_, rows_of_tile(begin, rows), b, b_stride, c, p_.c_stride, accumulate, alpha});
        continue;
      }
      // Columns beyond the matrix exist in a copy only.
      if (accumulate) {
        for (int64_t i = 0; i < rows; ++i) std::copy_n(c + i * p_.c_stride, n, scratch_.c + i * width);
      }
      run({depth_, rows_of_tile(begin, rows), b, b_stride, scratch_.c, width, accumulate, alpha});
      for (int64_t i = 0; i < rows; ++i) std::copy_n(scratch_.c + i * width, n, c + i * p_.c_stride);
    }
  }

  const Product& p_;
  int64_t first_row_, n_rows_, first_l_, depth_;
  Scratch& scratch_;
  int64_t n_tiles_;
  Rows rows_ = {};
  bool tiles_are_packed_ = false;
};

void Multiply(const Product& p, Scratch& scratch) {
  for (int64_t l = 0; l < p.k; l += kDepth) {
    for (int64_t i = 0; i < p.m; i += kRowsTogether) {
      Block(p, i, std::min(kRowsTogether, p.m - i), l, std::min(kDepth, p.k - l), scratch).run();
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::runtime::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::runtime::cpu {
namespace {

HWY_EXPORT(Multiply);

Scratch& thread_scratch() {
  thread_local const std::unique_ptr<Scratch> scratch(new Scratch);
  return *scratch;
}

}  // namespace

void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride, float alpha,
          float beta) {
  if (beta != 0.0f && !(beta == 1.0f && alpha == 1.0f)) {
    base::throw_internal("a product with alpha {} and beta {}", alpha, beta);
  }
  if (k == 0 && beta == 0.0f) {
    for (int64_t i = 0; i < m; ++i) std::fill_n(c + i * c_stride, n, 0.0f);
  }
  if (m == 0 || n == 0 || k == 0) return;
  HWY_DYNAMIC_DISPATCH(Multiply)({m, n, k, a, b, c, c_stride, alpha, beta != 0.0f}, thread_scratch());
}

}  // namespace foldmesh::runtime::cpu
#endif  // HWY_ONCE
