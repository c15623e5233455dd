#include "foldmesh/hmm/matrix_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::hmm {
namespace {

TEST(MatrixBudget, TheSumNeverExceedsThePoolAndAllGetTheirTurn) {
  MatrixBudget budget(4000, 10, true);
  EXPECT_EQ(budget.each(), 100u);
  EXPECT_EQ(budget.pool(), 1000u);
  std::atomic<size_t> taken = 0, most = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (size_t n = 0; n < 200; ++n) {
        const size_t bytes = n % 7 == 0 ? 1000 : 101 + (n * 37 + t * 101) % 500;
        const MatrixLease lease(budget, bytes, "model", 1, 1);
        ASSERT_TRUE(lease.is_held());
        const size_t now = taken += bytes;
        for (size_t before = most; now > before && !most.compare_exchange_weak(before, now);) {
        }
        std::this_thread::yield();
        taken -= bytes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 1000u);
  EXPECT_GT(most, 600u) << "several at a time";
}

TEST(MatrixBudget, SharesAreFreeAndWhatCannotFitIsRefused) {
  MatrixBudget budget(size_t{64} << 20, 2, true);
  const MatrixLease first(budget, budget.pool(), "a", 1, 1);
  EXPECT_TRUE(first.is_held());
  EXPECT_FALSE(MatrixLease(budget, budget.each(), "b", 1, 1).is_held()) << "does not wait";
  try {
    const MatrixLease too_large(budget, size_t{20} << 20, "titin", 35'000, 30'000);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    EXPECT_STREQ(
        error.what(),
        "aligning 30000 residues with the 35000 nodes of 'titin' needs 20.0 MiB, and matrices may take a "
        "quarter of --memory (expected --memory 81M at least)");
  }
}

// Memory that nobody has set does not end a search: what exceeds it is done alone.
TEST(MatrixBudget, DefaultsAreNoReasonToStop) {
  MatrixBudget budget(4000, 1, false);
  const size_t huge = budget.pool() + 1;
  std::atomic<int> at_once = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const MatrixLease lease(budget, huge, "model", 1, 1);
      EXPECT_EQ(++at_once, 1);
      std::this_thread::yield();
      --at_once;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace foldmesh::hmm
