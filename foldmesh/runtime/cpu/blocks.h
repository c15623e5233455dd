// Cutting a kernel's rows into blocks for the thread pool.
#ifndef FOLDMESH_RUNTIME_CPU_BLOCKS_H_
#define FOLDMESH_RUNTIME_CPU_BLOCKS_H_

#include <algorithm>
#include <cstdint>

#include "foldmesh/base/thread_pool.h"

namespace foldmesh::runtime::cpu {

// Rows that one matrix product handles: enough to be efficient, few enough that their scratch stays in a
// core's L2 cache. Never depends on the number of threads.
inline constexpr int64_t kRowBlock = 128;

inline int64_t n_blocks(int64_t n, int64_t block) { return (n + block - 1) / block; }

// body(begin, count, worker) for consecutive blocks of [0, n).
template <typename Body>
void for_each_block(base::ThreadPool& pool, int64_t n, int64_t block, const Body& body) {
  pool.parallel_for(n_blocks(n, block), [&](int64_t index, int worker) {
    const int64_t begin = index * block;
    body(begin, std::min(block, n - begin), worker);
  });
}

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_BLOCKS_H_
