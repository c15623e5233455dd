#include "bench/peers/onednn.h"

#include <oneapi/dnnl/dnnl.h>

#include "foldmesh/base/error.h"

// oneDNN reads the number of threads from the OpenMP runtime it was built with (libgomp), for the calling
// thread. Declared here because clang's omp.h belongs to another runtime.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int n);
}

namespace foldmesh::peers {
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

void onednn_sgemm(int64_t m, int64_t n, int64_t k, runtime::cpu::Matrix a, runtime::cpu::Matrix b, float* c,
                  int64_t c_stride, int n_threads, float alpha, float beta) {
  const OpenMpThreads threads(n_threads);
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha,
                                          a.data, a.stride, b.data, b.stride, beta, c, c_stride);
  if (status != dnnl_success) base::throw_internal("oneDNN refused a {} x {} x {} product", m, n, k);
}

}  // namespace foldmesh::peers
