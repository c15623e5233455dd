#include "foldmesh/hmm/matrix_budget.h"

#include <algorithm>
#include <limits>

#include "foldmesh/base/memory.h"

namespace foldmesh::hmm {
namespace {

constexpr size_t kShare = 4;  // of the memory of a search
constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

}  // namespace

MatrixBudget::MatrixBudget(size_t memory, int n_threads, bool is_set)
    : each_(memory / kShare / static_cast<size_t>(std::max(n_threads, 1))), pool_(memory / kShare) {
  if (is_set) return;
  const size_t available = base::available_memory() / kShare;
  each_ = std::max(each_, available / static_cast<size_t>(std::max(n_threads, 1)));
  pool_ = std::max(pool_, available);
}

MatrixBudget& MatrixBudget::unlimited() {
  static MatrixBudget budget(kUnlimited, 1, true);
  return budget;
}

void MatrixBudget::take(size_t bytes) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  // What exceeds the pool is served alone.
  changed_.wait(lock, [&] {
    return served_ == ticket && (taken_ == 0 || (bytes <= pool_ && taken_ <= pool_ - bytes));
  });
  taken_ += bytes;
  ++served_;
  lock.unlock();
  changed_.notify_all();
}

void MatrixBudget::give(size_t bytes) {
  {
    std::lock_guard lock(mutex_);
    taken_ -= bytes;
  }
  changed_.notify_all();
}

MatrixLease::MatrixLease(MatrixBudget& budget, size_t bytes) : budget_(budget) {
  if (bytes <= budget.each()) return;
  budget.take(bytes);
  bytes_ = bytes;
}

MatrixLease::~MatrixLease() {
  if (bytes_ > 0) budget_.give(bytes_);
}

}  // namespace foldmesh::hmm
