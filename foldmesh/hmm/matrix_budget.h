// How much memory the matrices of Forward, Backward and alignments may take, all threads of a search
// together.
#ifndef FOLDMESH_HMM_MATRIX_BUDGET_H_
#define FOLDMESH_HMM_MATRIX_BUDGET_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace foldmesh::hmm {

// Every thread may take each() whenever it likes. Whoever needs more takes all of it from one pool, and
// waits, first come, first served, until it is there. Nobody waits while he holds something, so all get their
// turn. Thread-safe.
class MatrixBudget {
 public:
  // A quarter of `memory` for the shares of all threads and another one for the pool. If the user has not set
  // the memory, they are quarters of what the machine has left if that is more.
  MatrixBudget(size_t memory, int n_threads, bool is_set);
  // No bounds: nobody waits.
  static MatrixBudget& unlimited();

  size_t each() const { return each_; }
  size_t pool() const { return pool_; }

 private:
  friend class MatrixLease;
  void take(size_t bytes);
  void give(size_t bytes);

  size_t each_, pool_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  size_t taken_ = 0;
  uint64_t next_ticket_ = 0, served_ = 0;
};

// A part of the pool, for the time that this lives; nothing is taken for what fits each().
class MatrixLease {
 public:
  // What exceeds the pool is given alone: nothing is refused. Whoever asks keeps to the pool where he can.
  MatrixLease(MatrixBudget& budget, size_t bytes);
  ~MatrixLease();
  MatrixLease(const MatrixLease&) = delete;
  MatrixLease& operator=(const MatrixLease&) = delete;

  // Whether there is something to give back: then the matrices must be freed before the lease ends.
  bool is_held() const { return bytes_ > 0; }

 private:
  MatrixBudget& budget_;
  size_t bytes_ = 0;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_MATRIX_BUDGET_H_
