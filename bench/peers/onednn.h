// oneDNN's matrix products, the peer and the ceiling of ours. The product itself does not use oneDNN.
#ifndef FOLDMESH_BENCH_PEERS_ONEDNN_H_
#define FOLDMESH_BENCH_PEERS_ONEDNN_H_

#include <cstdint>

#include "foldmesh/runtime/cpu/gemm.h"

namespace foldmesh::peers {

// c[m,n] = alpha * a b + beta * c on n_threads threads of oneDNN's own.
void onednn_sgemm(int64_t m, int64_t n, int64_t k, runtime::cpu::Matrix a, runtime::cpu::Matrix b, float* c,
                  int64_t c_stride, int n_threads, float alpha = 1.0f, float beta = 0.0f);

}  // namespace foldmesh::peers

#endif  // FOLDMESH_BENCH_PEERS_ONEDNN_H_
