// Several ranks on this machine, for tests.
#ifndef FOLDMESH_TESTS_CLI_MPIRUN_H_
#define FOLDMESH_TESTS_CLI_MPIRUN_H_

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "foldmesh/comm/launch.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {

// Why ranks cannot be tested here; empty if they can.
inline std::string why_no_ranks() {
  if (!comm::built_with_mpi()) return "built without MPI";
  if (std::system("mpirun --version > /dev/null 2>&1") != 0) return "there is no mpirun";
  return "";
}

// As in a batch job, but on one machine, whatever its number of cores and as root. For /usr/bin/env.
inline std::vector<std::string> mpirun(int n_ranks, const std::string& program) {
  return {"ASAN_OPTIONS=detect_leaks=0",  // MPI keeps some of its memory to the end
          "mpirun",
          "--allow-run-as-root",
          "--oversubscribe",
          "--bind-to",
          "none",
          "-n",
          fmt::format("{}", n_ranks),
          program};
}

inline RunResult run_ranks(int n_ranks, const std::vector<std::string>& arguments, RunOptions options = {}) {
  if (n_ranks == 1) return run_program(arguments, options);
  options.program = "/usr/bin/env";
  std::vector<std::string> words = mpirun(n_ranks, FOLDMESH_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words, options);
}

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_CLI_MPIRUN_H_
