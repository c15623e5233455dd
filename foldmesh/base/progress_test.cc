#include "foldmesh/base/progress.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace foldmesh::base {
namespace {

TEST(Progress, Line) {
  EXPECT_EQ(Progress::line("search", "targets", 12'600, 30'000, 4.0),
            "search  42 % (12,600/30,000 targets, 3,150/s, ETA 0:06)");
  EXPECT_EQ(Progress::line("s", "x", 0, 100, 0.0), "s  0 % (0/100 x, 0/s, ETA unknown)");
  EXPECT_EQ(Progress::line("s", "x", 5, 100, 20.0), "s  5 % (5/100 x, 0.25/s, ETA 6:20)");
  EXPECT_EQ(Progress::line("s", "x", 1, 10'000, 1.0), "s  0 % (1/10,000 x, 1/s, ETA 2:46:39)");
  EXPECT_EQ(Progress::line("s", "x", 100, 100, 65.0), "s  100 % (100/100 x, 1.54/s, took 1:05)");
  EXPECT_EQ(Progress::line("s", "x", 1'234'567, 0, 2.0), "s  1,234,567 x, 617,284/s, 0:02");
}

// Standard error is a file in these tests, not a terminal.
TEST(Progress, ClosingLineOnce) {
  testing::internal::CaptureStderr();
  {
    Progress progress("stage", "items", 4);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { progress.advance(1); });
    for (std::thread& thread : threads) thread.join();
    progress.finish();
    progress.finish();
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("stage  100 % (4/4 items, ")) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

TEST(Progress, SilentWhenQuietOrFailed) {
  testing::internal::CaptureStderr();
  set_progress_style(ProgressStyle::kQuiet);
  { Progress progress("stage", "items", 4); }
  set_progress_style(ProgressStyle::kAuto);
  try {
    Progress progress("stage", "items", 4);
    throw std::runtime_error("failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace foldmesh::base
