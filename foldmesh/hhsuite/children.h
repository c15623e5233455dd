// Programs of HH-suite as processes of their own, which end when we are told to stop.
#ifndef FOLDMESH_HHSUITE_CHILDREN_H_
#define FOLDMESH_HHSUITE_CHILDREN_H_

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace foldmesh::hhsuite {

// Throws kInput saying how to install it when there is no such program in PATH.
void check_installed(const std::string& program);

// For several threads to call.
class Children {
 public:
  // Runs a program (words[0], looked for in PATH) to its end; what it says goes to `log`. The status is that
  // of waitpid. Throws kMachine when it cannot be started or stop() was called before.
  int run(std::vector<std::string> words, const std::filesystem::path& log);
  // Ends what runs, with its own children, and starts nothing from now on.
  void stop();
  bool stopped() const;

 private:
  mutable std::mutex mutex_;
  std::vector<pid_t> running_;
  bool stopped_ = false;
};

// Throws kMachine: `what`, how the process ended, and the last line it said; all of it is kept at `kept`.
[[noreturn]] void throw_failed(const std::string& what, int status, const std::filesystem::path& log,
                               const std::filesystem::path& kept);

}  // namespace foldmesh::hhsuite

#endif  // FOLDMESH_HHSUITE_CHILDREN_H_
