// What one core can do at best: independent fused multiply-adds on registers alone.
#ifndef FOLDMESH_BENCH_GEMM_FMA_PEAK_H_
#define FOLDMESH_BENCH_GEMM_FMA_PEAK_H_

#include <cstdint>

namespace foldmesh::bench {

// Runs `rounds` rounds and returns the floating-point operations done; `sink` keeps them from being optimised
// away.
double fma_rounds(int64_t rounds, float* sink);
// The same for AVX512-BF16; 0 on machines without.
double bf16_rounds(int64_t rounds, float* sink);

}  // namespace foldmesh::bench

#endif  // FOLDMESH_BENCH_GEMM_FMA_PEAK_H_
