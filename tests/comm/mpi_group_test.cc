// Groups of several MPI ranks on this machine. Skipped where there is no mpirun or no MPI was built in.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "foldmesh/comm/launch.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

class MpiGroups : public testing::Test {
 protected:
  void SetUp() override {
    if (!comm::built_with_mpi()) GTEST_SKIP() << "built without MPI";
    if (std::system("mpirun --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "there is no mpirun";
  }
  static RunResult run(int n_ranks, const std::string& name) {
    RunOptions options;
    options.program = "/usr/bin/env";
    return run_program({"ASAN_OPTIONS=detect_leaks=0",  // MPI keeps some of its memory to the end
                        "mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n",
                        fmt::format("{}", n_ranks), FOLDMESH_MPI_CHECK, name},
                       options);
  }
  // All ranks end, with one message that begins like this.
  static void expect_one_message(const RunResult& result, const std::string& message) {
    EXPECT_NE(result.exit_code, 0);
    const size_t at = result.err.find("check: ");
    ASSERT_NE(at, std::string::npos) << result.err;
    EXPECT_EQ(result.err.compare(at, message.size() + 7, "check: " + message), 0) << result.err;
    EXPECT_EQ(result.err.find("check: ", at + 1), std::string::npos) << result.err;
  }
};

TEST_F(MpiGroups, EveryPartArrives) {
  for (const int n_ranks : {2, 3, 4}) {
    const RunResult result = run(n_ranks, "exchange");
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

TEST_F(MpiGroups, LongPartsAreCut) {
  const RunResult result = run(3, "pieces");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(MpiGroups, ItemsAreDoneOnceEachAndFailuresComeBack) {
  for (const int n_ranks : {2, 4}) {
    const RunResult result = run(n_ranks, "items");
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

TEST_F(MpiGroups, FailureOfOneEndsAllWithItsMessage) { expect_one_message(run(3, "throw"), "a full disk"); }

TEST_F(MpiGroups, SizesThatDisagree) {
  expect_one_message(run(3, "mismatch"), "rank 2 sends 5 bytes to rank 0, which expects 0");
}

TEST_F(MpiGroups, SilentRank) {
  const auto start = std::chrono::steady_clock::now();
  expect_one_message(run(3, "silent"), "rank 2 silent for 1 s");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(MpiGroups, KilledRankEndsAll) {
  const RunResult result = run(3, "killed");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_FALSE(result.err.empty());
}

}  // namespace
}  // namespace foldmesh::tests
