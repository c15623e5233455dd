// oneDNN's matrix products, the peer and the ceiling of ours. The product itself does not use oneDNN.
#ifndef FOLDMESH_BENCH_PEERS_ONEDNN_H_
#define FOLDMESH_BENCH_PEERS_ONEDNN_H_

#include <cstdint>
#include <memory>

#include "foldmesh/runtime/cpu/gemm.h"

namespace foldmesh::peers {

// c[m,n] = alpha * a b + beta * c on n_threads threads of oneDNN's own.
void onednn_sgemm(int64_t m, int64_t n, int64_t k, runtime::cpu::Matrix a, runtime::cpu::Matrix b, float* c,
                  int64_t c_stride, int n_threads, float alpha = 1.0f, float beta = 0.0f);

// A product of bf16 matrices with fp32 sums and result, operands in the layout that oneDNN likes best: what
// it can do at most. The operands' values are all 1.
class OneDnnBf16Product {
 public:
  OneDnnBf16Product(int64_t m, int64_t n, int64_t k, int n_threads);
  ~OneDnnBf16Product();
  void run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  int n_threads_;
};

}  // namespace foldmesh::peers

#endif  // FOLDMESH_BENCH_PEERS_ONEDNN_H_
