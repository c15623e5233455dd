// Runs the program under test in a child process and collects what it says.
#ifndef FOLDMESH_TESTS_CLI_RUN_PROGRAM_H_
#define FOLDMESH_TESTS_CLI_RUN_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

namespace foldmesh::tests {

struct RunOptions {
  std::string standard_input;
  std::string standard_output;   // a file to open for it; empty: collected
  uint64_t file_size_limit = 0;  // bytes that any one file may reach, as on a full disk; 0: no limit
  std::string program = FOLDMESH_PROGRAM;  // or a link to it
  double kill_after = 0;                   // seconds until it gets SIGKILL; 0: never
};

struct RunResult {
  int exit_code = -1;  // 128 + signal if one ended the program
  std::string out, err;
  uint64_t peak_bytes = 0;  // most memory that it had at once, maps of files included
};

// `arguments` without the program's own name.
RunResult run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_CLI_RUN_PROGRAM_H_
