#include "foldmesh/base/thread_pool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <stdexcept>

namespace foldmesh::base {
namespace {

TEST(ThreadPool, EveryIndexOnce) {
  for (int n_threads : {1, 2, 5}) {
    ThreadPool pool(n_threads);
    EXPECT_EQ(pool.size(), n_threads);
    for (int64_t n : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(n));
      pool.parallel_for(n, [&](int64_t i, int worker) {
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, n_threads);
        ++calls[static_cast<size_t>(i)];
      });
      for (const auto& count : calls) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ThreadPool, NonsenseSizeMeansTheCallerAlone) {
  ThreadPool pool(0);
  EXPECT_EQ(pool.size(), 1);
  int calls = 0;
  pool.parallel_for(3, [&](int64_t, int worker) {
    EXPECT_EQ(worker, 0);
    ++calls;
  });
  EXPECT_EQ(calls, 3);
}

TEST(ThreadPool, WorkersWorkAtTheSameTime) {
  // Each of the two bodies waits for the other, so one thread alone would wait for ever.
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  std::mutex mutex;
  std::set<int> workers;
  pool.parallel_for(2, [&](int64_t, int worker) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
    std::lock_guard lock(mutex);
    workers.insert(worker);
  });
  EXPECT_EQ(workers.size(), 2u);
}

TEST(ThreadPool, FirstExceptionComesBackAndThePoolLivesOn) {
  ThreadPool pool(3);
  std::atomic<int64_t> n_calls{0};
  const auto failing = [&](int64_t i, int) {
    ++n_calls;
    if (i == 5) throw std::runtime_error("five");
  };
  try {
    pool.parallel_for(1'000'000, failing);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "five");
  }
  EXPECT_LT(n_calls, 1'000'000);  // the rest was not handed out
  std::atomic<int64_t> sum{0};
  pool.parallel_for(100, [&](int64_t i, int) { sum += i; });
  EXPECT_EQ(sum, 4950);
}

TEST(ThreadPool, ManyLoopsInARow) {
  ThreadPool pool(4);
  std::atomic<int64_t> sum{0};
  for (int loop = 0; loop < 2000; ++loop) pool.parallel_for(3, [&](int64_t i, int) { sum += i; });
  EXPECT_EQ(sum, 6000);
}

TEST(AvailableCores, SlurmLimits) {
  ::unsetenv("SLURM_CPUS_PER_TASK");
  const int all = available_cores();
  EXPECT_GE(all, 1);
  ::setenv("SLURM_CPUS_PER_TASK", "1", 1);
  EXPECT_EQ(available_cores(), 1);
  for (const char* useless : {"100000", "0", "-3", "many"}) {
    ::setenv("SLURM_CPUS_PER_TASK", useless, 1);
    EXPECT_EQ(available_cores(), all) << useless;
  }
  ::unsetenv("SLURM_CPUS_PER_TASK");
}

}  // namespace
}  // namespace foldmesh::base
