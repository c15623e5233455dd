// A fixed set of worker threads for data-parallel loops.
#ifndef FOLDMESH_BASE_THREAD_POOL_H_
#define FOLDMESH_BASE_THREAD_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace foldmesh::base {

// Cores this process may run on (affinity mask and SLURM_CPUS_PER_TASK respected); at least 1.
int available_cores();

// The caller works too, so a pool of n runs loops on n threads and owns n-1 of them.
// parallel_for may be called by one thread at a time and must not be nested.
class ThreadPool {
 public:
  explicit ThreadPool(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls body(index, worker) once for every index in [0, n); indices are handed out in ascending order to
  // whichever worker (0..size()-1) is free. Results must depend on the index only, then they do not depend on
  // size(). The first exception thrown by a body is rethrown here after all workers have stopped.
  void parallel_for(int64_t n, const std::function<void(int64_t index, int worker)>& body);

 private:
  void work(int worker);
  void drain(int worker);

  std::vector<std::thread> threads_;
  std::mutex mutex_;  // guards the fields below up to error_
  std::condition_variable wake_, done_;
  const std::function<void(int64_t, int)>* body_ = nullptr;
  uint64_t generation_ = 0;
  int running_ = 0;
  bool stop_ = false;
  std::exception_ptr error_;
  int64_t n_ = 0;
  std::atomic<int64_t> next_{0};
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_THREAD_POOL_H_
