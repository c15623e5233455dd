#include "foldmesh/runtime/cpu/gemm.h"

#include <algorithm>
#include <memory>

#include "foldmesh/base/error.h"
#include "foldmesh/runtime/cpu/gemm_kernels.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::runtime::cpu {

// What gemm sees of a packed matrix.
struct PackedAccess {
  static const float* words(const PackedMatrix& b) { return b.words_; }
  static int64_t panel_words(const PackedMatrix& b) { return b.panel_words_; }
};

namespace {

constexpr int64_t kPanelWidth = PackedMatrix::kPanelWidth;
// k is multiplied in parts of kMaxSteps steps: a panel of b (32 KiB) then stays in the L1 cache while all
// rows of a group pass by. Between parts the sums rest in c, which changes no bit.
constexpr int64_t kRowsTogether = 256;  // of a; their part of k stays in the L2 cache
// Below so many rows a panel of b is used too seldom to pay for a copy that is not needed.
constexpr int64_t kFewRows = 24;

// Copies of the operands' parts in the order in which they are read.
struct Scratch {
  alignas(simd::kAlignment) float a[kRowsTogether * kMaxSteps + kSpareWords];
  alignas(simd::kAlignment) float b[kPanelWidth * kMaxSteps];
  alignas(simd::kAlignment) float c[GemmKernels::kMaxTileRows * kPanelWidth];
};

// pack_stored_columns of bf16 keeps a panel of its own on top (gemm_avx512_bf16.cc).
static_assert(sizeof(Scratch) + kPanelWidth * kMaxSteps * sizeof(float) <= kGemmScratchBytes);

Scratch& thread_scratch() {
  thread_local const std::unique_ptr<Scratch> scratch(new Scratch);
  return *scratch;
}

const GemmKernels& kernels_for(Precision precision) {
  return precision == Precision::kBf16 ? bf16_kernels() : fp32_kernels();
}

// Of a packed operand k numbers deep.
int64_t steps_of(int64_t k, const GemmKernels& kernels) {
  const int64_t numbers = kernels.numbers_per_word * kernels.step_unit;
  return (k + numbers - 1) / numbers * kernels.step_unit;
}

struct Product {
  int64_t m, n, k;
  Matrix a;
  Matrix b;               // where packed_b is null
  const float* packed_b;  // words of the first panel
  int64_t b_panel_words;
  float* c;
  int64_t c_stride;
  float alpha;
  bool accumulate;
};

// One group of rows times one part of k.
class Block {
 public:
  Block(const GemmKernels& kernels, const Product& product, int64_t first_row, int64_t n_rows,
        int64_t first_l, int64_t depth, Scratch& scratch)
      : kernels_(kernels),
        p_(product),
        first_row_(first_row),
        n_rows_(n_rows),
        first_l_(first_l),
        depth_(depth),
        steps_(steps_of(depth, kernels)),
        scratch_(scratch),
        n_tiles_((n_rows + kernels.tile_rows - 1) / kernels.tile_rows) {
    prepare_rows();
  }

  void run() {
    for (int64_t j = 0; j < p_.n; j += kernels_.panel_width) {
      multiply_panel(j, std::min(kernels_.panel_width, p_.n - j));
    }
  }

 private:
  // Tiles have nearly equal heights: 128 rows are 11 tiles of 11 or 12, not 10 of 12 and one of 8.
  int64_t tile_begin(int64_t tile) const {
    const int64_t unit = kernels_.row_unit, units = (n_rows_ + unit - 1) / unit;
    return std::min(tile * units / n_tiles_ * unit, n_rows_);
  }

  // Rows of a that lie a multiple of 2 KiB apart push each other out of the L1 cache, and so do the steps of
  // a transposed matrix: if they are read more than once they are copied, a transposed one tile by tile.
  void prepare_rows() {
    const Matrix& a = p_.a;
    const bool once = p_.n <= kernels_.panel_width;
    if (!a.transposed) {
      const float* from = a.data + first_row_ * a.stride + first_l_;
      rows_ = {from, a.stride, 1};
      if (kernels_.reads_in_place && (once || n_rows_ < 4 || a.stride % 512 != 0)) return;
      kernels_.pack_rows(n_rows_, depth_, from, a.stride, scratch_.a);
      rows_ = {scratch_.a, steps_, 1};
      return;
    }
    const float* from = a.data + first_l_ * a.stride + first_row_;
    rows_ = {from, 1, a.stride};
    if (kernels_.reads_in_place && once) return;
    for (int64_t tile = 0; tile < n_tiles_; ++tile) {
      const int64_t begin = tile_begin(tile), n = tile_begin(tile + 1) - begin;
      kernels_.pack_stored_rows(n, depth_, n_rows_ - begin, from + begin, a.stride,
                                scratch_.a + begin * steps_);
    }
    tiles_are_packed_ = true;
  }

  TileRows rows_of_tile(int64_t begin, int64_t n) const {
    if (tiles_are_packed_) return {scratch_.a + begin * steps_, 1, n};
    return {rows_.words + begin * rows_.row, rows_.row, rows_.step};
  }

  // The panel's words and the distance between its steps.
  std::pair<const float*, int64_t> panel(int64_t j, int64_t n) const {
    if (p_.packed_b != nullptr) {
      const float* words = p_.packed_b + j / kPanelWidth * p_.b_panel_words;
      return {words + first_l_ / kernels_.numbers_per_word * kPanelWidth + j % kPanelWidth, kPanelWidth};
    }
    const int64_t stride = p_.b.stride;
    if (p_.b.transposed) {
      kernels_.pack_stored_columns(depth_, n, p_.b.data + j * stride + first_l_, stride, scratch_.b,
                                   kernels_.panel_width);
      return {scratch_.b, kernels_.panel_width};
    }
    const float* from = p_.b.data + first_l_ * stride + j;
    const bool is_close = stride <= 2 * kernels_.panel_width;
    if (kernels_.reads_in_place && n == kernels_.panel_width && (n_rows_ < kFewRows || is_close)) {
      return {from, stride};
    }
    kernels_.pack_columns(depth_, n, from, stride, scratch_.b, kernels_.panel_width);
    return {scratch_.b, kernels_.panel_width};
  }

  void multiply_panel(int64_t j, int64_t n) {
    const auto [b, b_stride] = panel(j, n);
    const bool is_half = n <= kernels_.panel_width / 2;
    const int64_t width = is_half ? kernels_.panel_width / 2 : kernels_.panel_width;
    const auto* const multiply = is_half ? kernels_.half_tile : kernels_.whole_tile;
    const bool accumulate = p_.accumulate || first_l_ > 0;
    const float alpha = first_l_ + depth_ == p_.k ? p_.alpha : 1.0f;
    for (int64_t tile = 0; tile < n_tiles_; ++tile) {
      const int64_t begin = tile_begin(tile), rows = tile_begin(tile + 1) - begin;
      const int64_t units = (rows + kernels_.row_unit - 1) / kernels_.row_unit;
      float* c = p_.c + (first_row_ + begin) * p_.c_stride + j;
      Tile call = {steps_, rows_of_tile(begin, rows), b, b_stride, c, p_.c_stride, accumulate, alpha};
      if (n == width && rows == units * kernels_.row_unit) {
        multiply[units - 1](call);
        continue;
      }
      // What lies beyond the matrix exists in a copy only.
      call.c = scratch_.c;
      call.c_stride = width;
      if (accumulate) {
        std::fill_n(scratch_.c, units * kernels_.row_unit * width, 0.0f);
        for (int64_t i = 0; i < rows; ++i) std::copy_n(c + i * p_.c_stride, n, scratch_.c + i * width);
      }
      multiply[units - 1](call);
      for (int64_t i = 0; i < rows; ++i) std::copy_n(scratch_.c + i * width, n, c + i * p_.c_stride);
    }
  }

  const GemmKernels& kernels_;
  const Product& p_;
  int64_t first_row_, n_rows_, first_l_, depth_, steps_;
  Scratch& scratch_;
  int64_t n_tiles_;
  TileRows rows_ = {};
  bool tiles_are_packed_ = false;
};

void multiply(const GemmKernels& kernels, const Product& p, float beta) {
  if (beta != 0.0f && !(beta == 1.0f && p.alpha == 1.0f)) {
    base::throw_internal("a product with alpha {} and beta {}", p.alpha, beta);
  }
  if (p.k == 0 && beta == 0.0f) {
    for (int64_t i = 0; i < p.m; ++i) std::fill_n(p.c + i * p.c_stride, p.n, 0.0f);
  }
  Scratch& scratch = thread_scratch();
  const int64_t depth = kMaxSteps * kernels.numbers_per_word;
  if (kernels.begin != nullptr) kernels.begin();
  for (int64_t l = 0; l < p.k; l += depth) {
    for (int64_t i = 0; i < p.m; i += kRowsTogether) {
      Block(kernels, p, i, std::min(kRowsTogether, p.m - i), l, std::min(depth, p.k - l), scratch).run();
    }
  }
  if (kernels.end != nullptr) kernels.end();
}

int64_t packed_steps(int64_t k, Precision precision) { return steps_of(k, kernels_for(precision)); }

}  // namespace

size_t PackedMatrix::bytes(int64_t k, int64_t n, Precision precision) {
  const int64_t n_panels = (n + kPanelWidth - 1) / kPanelWidth;
  return static_cast<size_t>(n_panels * packed_steps(k, precision) * kPanelWidth) * sizeof(float);
}

PackedMatrix::PackedMatrix(int64_t k, Precision precision, const void* memory)
    : words_(static_cast<const float*>(memory)),
      panel_words_(packed_steps(k, precision) * kPanelWidth),
      precision_(precision) {}

PackedMatrix::PackedMatrix(int64_t k, int64_t n, Matrix b, Precision precision, void* memory)
    : PackedMatrix(k, precision, memory) {
  if (k == 0) return;  // neither matrix need have memory
  const GemmKernels& kernels = kernels_for(precision);
  const int64_t n_whole = (n + kPanelWidth - 1) / kPanelWidth * kPanelWidth, width = kernels.panel_width;
  const int64_t depth = kMaxSteps * kernels.numbers_per_word;
  for (int64_t j = 0; j < n_whole; j += width) {
    float* to = static_cast<float*>(memory) + j / kPanelWidth * panel_words_ + j % kPanelWidth;
    const int64_t columns = std::clamp<int64_t>(n - j, 0, width);
    for (int64_t l = 0; l < k; l += depth, to += kMaxSteps * kPanelWidth) {
      const int64_t part = std::min(depth, k - l);
      if (b.transposed) {
        kernels.pack_stored_columns(part, columns, b.data + j * b.stride + l, b.stride, to, kPanelWidth);
      } else {
        kernels.pack_columns(part, columns, b.data + l * b.stride + j, b.stride, to, kPanelWidth);
      }
    }
  }
}

PackedMatrix PackedMatrix::from_row(int64_t first) const {
  PackedMatrix rest = *this;
  rest.words_ += packed_steps(first, precision_) * kPanelWidth;
  return rest;
}

PackedMatrix PackedMatrix::from_column(int64_t first) const {
  PackedMatrix rest = *this;
  rest.words_ += first / kPanelWidth * panel_words_;
  return rest;
}

void gemm(Precision precision, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c,
          int64_t c_stride, float alpha, float beta) {
  multiply(kernels_for(precision), {m, n, k, a, b, nullptr, 0, c, c_stride, alpha, beta != 0.0f}, beta);
}

void gemm(int64_t m, int64_t n, int64_t k, Matrix a, const PackedMatrix& b, float* c, int64_t c_stride,
          float alpha, float beta) {
  multiply(kernels_for(b.precision()),
           {m,
            n,
            k,
            a,
            {},
            PackedAccess::words(b),
            PackedAccess::panel_words(b),
            c,
            c_stride,
            alpha,
            beta != 0.0f},
           beta);
}

}  // namespace foldmesh::runtime::cpu
