// Matrix products whose elements have the same bits however the work is spread.
//
// Element (i,j) is one chain of fused multiply-adds in fp32,
//
//   sum = 0 (beta 0) or c[i,j] (beta 1);   for l = 0 .. k-1: sum = fma(a[i,l], b[l,j], sum);   c[i,j] = alpha
//   * sum
//
// whatever m, n, the strides, the transpositions and the place of the element in the matrix are. Cutting a
// product into blocks of rows or columns, or cutting k in order with beta = 1 at multiples of kCut, therefore
// changes no bit.
//
// Precision::kBf16 rounds the elements of a and b to bf16, to nearest even, and multiplies and adds as above.
//
// AVX-512, AVX2 and NEON give the same bits; SSE4 and plain code have no fused multiply-add and round every
// product as well. AVX512-BF16 takes numbers and results below 2^-126 for 0; other machines, which multiply
// the rounded numbers as fp32 at fp32's speed, do not. No other bit differs, but for AMX, whose order is
// another (bf16_unit.h).
//
// Every call runs on the calling thread alone; kernels give blocks to the thread pool. A thread keeps packing
// buffers of at most kGemmScratchBytes for as long as it lives.
#ifndef FOLDMESH_RUNTIME_CPU_GEMM_H_
#define FOLDMESH_RUNTIME_CPU_GEMM_H_

#include <cstddef>
#include <cstdint>

#include "foldmesh/tensor/precision.h"

namespace foldmesh::runtime::cpu {

using tensor::Precision;

inline constexpr size_t kGemmScratchBytes = 384 * 1024;
inline constexpr int64_t kCut = 32;

// A stored row-major matrix, read as it is or transposed. `stride` is the distance between stored rows.
struct Matrix {
  const float* data;
  int64_t stride;
  bool transposed = false;
};
inline Matrix transposed(const float* data, int64_t stride) { return {data, stride, true}; }

// A matrix [k,n] ready to be a right operand: panels of 32 columns, the last one filled up with zeros; a
// panel holds a row's 32 numbers one row after the other, in bf16 the pairs of two rows.
class PackedMatrix {
 public:
  static constexpr int64_t kPanelWidth = 32;
  // Bytes for a matrix [k,n].
  static size_t bytes(int64_t k, int64_t n, Precision precision);

  PackedMatrix() = default;
  // Packs b [k,n] into memory (64-byte aligned), which must stay. What is packed fits the instruction set of
  // the time; it is not to be kept in files.
  PackedMatrix(int64_t k, int64_t n, Matrix b, Precision precision, void* memory);
  // A matrix that has been packed into this memory.
  PackedMatrix(int64_t k, Precision precision, const void* memory);

  // The matrix without its first rows (a multiple of kCut) or columns (whole panels).
  PackedMatrix from_row(int64_t first) const;
  PackedMatrix from_column(int64_t first) const;
  Precision precision() const { return precision_; }

 private:
  friend struct PackedAccess;
  const float* words_ = nullptr;  // of 4 bytes: a number or a pair
  int64_t panel_words_ = 0;
  Precision precision_ = Precision::kFp32;
};

// c[m,n] = alpha * a[m,k] b[k,n] (beta = 0: c is not read) or c + a b (beta = 1, which wants alpha = 1). c
// must not overlap a or b. With k = 0 the product is 0. Other values of beta: kInternal.
void gemm(Precision precision, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c,
          int64_t c_stride, float alpha = 1.0f, float beta = 0.0f);
inline void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride,
                 float alpha = 1.0f, float beta = 0.0f) {
  gemm(Precision::kFp32, m, n, k, a, b, c, c_stride, alpha, beta);
}
// The same bits with an operand packed before; its precision counts.
void gemm(int64_t m, int64_t n, int64_t k, Matrix a, const PackedMatrix& b, float* c, int64_t c_stride,
          float alpha = 1.0f, float beta = 0.0f);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GEMM_H_
