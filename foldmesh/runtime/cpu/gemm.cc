#include "foldmesh/runtime/cpu/gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include "foldmesh/base/error.h"

// oneDNN reads the number of threads from the OpenMP runtime it was built with (libgomp), for the calling
// thread. Declared here because clang's omp.h belongs to another runtime.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int n);
}

namespace foldmesh::runtime::cpu {
namespace {

class OpenMpThreads {
 public:
  explicit OpenMpThreads(int n) : before_(omp_get_max_threads()) { omp_set_num_threads(n); }
  ~OpenMpThreads() { omp_set_num_threads(before_); }
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;

 private:
  int before_;
};

}  // namespace

void gemm_all_cores(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride,
                    int n_threads) {
  const OpenMpThreads threads(n_threads);
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, 1.0f,
                                          a.data, a.stride, b.data, b.stride, 0.0f, c, c_stride);
  if (status != dnnl_success) base::throw_internal("oneDNN refused a {} x {} x {} product", m, n, k);
}

void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t c_stride, float alpha,
          float beta) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * c_stride + j] = beta == 0.0f ? 0.0f : beta * c[i * c_stride + j];
    }
    return;
  }
  const OpenMpThreads one(1);
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha,
                                          a.data, a.stride, b.data, b.stride, beta, c, c_stride);
  if (status != dnnl_success) base::throw_internal("oneDNN refused a {} x {} x {} product", m, n, k);
}

}  // namespace foldmesh::runtime::cpu
