// Matrix products whose elements have the same bits however the work is spread.
//
// Element (i,j) is one chain of fused multiply-adds,
//
//   sum = 0 (beta 0) or c[i,j] (beta 1);   for l = 0 .. k-1: sum = fma(a[i,l], b[l,j], sum);   c[i,j] = alpha
//   * sum
//
// whatever m, n, the strides, the transpositions and the place of the element in the matrix are. Cutting a
// product into blocks of rows or columns, or cutting k in order with beta = 1, therefore changes no bit.
// AVX-512, AVX2 and NEON give the same bits; SSE4 and plain code have no fused multiply-add and round every
// product as well.
//
// Every call runs on the calling thread alone; kernels give blocks to the thread pool. A thread keeps a
// packing buffer of at most kGemmScratchBytes for as long as it lives.
#ifndef FOLDMESH_RUNTIME_CPU_GEMM_H_
#define FOLDMESH_RUNTIME_CPU_GEMM_H_

#include <cstddef>
#include <cstdint>

namespace foldmesh::runtime::cpu {

inline constexpr size_t kGemmScratchBytes = 320 * 1024;

// A stored row-major matrix, read as it is or transposed. `stride` is the distance between stored rows.
struct Matrix {
  const float* data;
  int64_t stride;
  bool transposed = false;
};
inline Matrix transposed(const float* data, int64_t stride) { return {data, stride, true}; }

// c[m,n] = alpha * a[m,k] b[k,n] (beta = 0: c is not read) or c + a b (beta = 1, which wants alpha = 1). fp32
// throughout; c must not overlap a or b. With k = 0 the product is 0. Other values of beta: kInternal.
void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride, float alpha = 1.0f,
          float beta = 0.0f);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GEMM_H_
