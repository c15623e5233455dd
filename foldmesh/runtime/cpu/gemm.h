// Matrix products: the only door to oneDNN.
//
// Every call runs on the calling thread alone, so kernels cut their work into blocks whose size depends on
// shapes only and give the blocks to the thread pool: results are then the same bits for every number of
// threads.
#ifndef FOLDMESH_RUNTIME_CPU_GEMM_H_
#define FOLDMESH_RUNTIME_CPU_GEMM_H_

#include <cstdint>

namespace foldmesh::runtime::cpu {

// A stored row-major matrix, read as it is or transposed. `stride` is the distance between stored rows.
struct Matrix {
  const float* data;
  int64_t stride;
  bool transposed = false;
};
inline Matrix transposed(const float* data, int64_t stride) { return {data, stride, true}; }

// c[m,n] = alpha * a[m,k] b[k,n] + beta * c, fp32 with fp32 accumulation; c must not overlap a or b. With k =
// 0 the product is 0. oneDNN takes a packing buffer of its own for each call (measured: 72 KiB, at most 2 MiB
// for the largest products that kernels make).
void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride, float alpha = 1.0f,
          float beta = 0.0f);

// One product on n_threads threads of oneDNN's own: the machine's ceiling, for benchmarks.
void gemm_all_cores(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride,
                    int n_threads);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_GEMM_H_
