#include "foldmesh/hmm/matrix_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

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
        const MatrixLease lease(budget, bytes);
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

TEST(MatrixBudget, SharesAreFree) {
  MatrixBudget budget(size_t{64} << 20, 2, true);
  const MatrixLease first(budget, budget.pool());
  EXPECT_TRUE(first.is_held());
  EXPECT_FALSE(MatrixLease(budget, budget.each()).is_held()) << "does not wait";
}

TEST(MatrixBudget, WhatExceedsThePoolIsGivenAlone) {
  MatrixBudget budget(4000, 1, true);
  const size_t huge = budget.pool() + 1;
  std::atomic<int> at_once = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const MatrixLease lease(budget, huge);
      EXPECT_EQ(++at_once, 1);
      std::this_thread::yield();
      --at_once;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace foldmesh::hmm
