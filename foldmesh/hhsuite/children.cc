#include "foldmesh/hhsuite/children.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"

namespace foldmesh::hhsuite {
namespace {

namespace fs = std::filesystem;

// Debian's programs are scripts that start another program. (A process group would do, too, but then Ctrl-C
// would not reach it.)
void end_with_children(pid_t process) {
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process));
  for (pid_t child; children >> child;) end_with_children(child);
  ::kill(process, SIGTERM);
}

// The last line with anything on it.
std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return base::printable(last, 200);
}

}  // namespace

void check_installed(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path program = fs::path(folder.empty() ? "." : folder) / name;
    if (fs::is_regular_file(program) && ::access(program.c_str(), X_OK) == 0) return;
  }
  base::throw_input(
      "{} is not installed, which HH-suite databases need (no such program in PATH; on Debian: apt "
      "install hhsuite)",
      name);
}

int Children::run(std::vector<std::string> words, const fs::path& log) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);

  pid_t process = 0;
  int error = 0;
  {
    std::lock_guard lock(mutex_);
    if (!stopped_) {
      error = ::posix_spawnp(&process, argv[0], &files, nullptr, argv.data(), environ);
      if (error == 0) running_.push_back(process);
    }
  }
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) base::throw_machine("{} cannot be started: {}", words[0], std::strerror(error));
  if (process == 0) base::throw_machine("{} was not started, because something else failed", words[0]);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  std::lock_guard lock(mutex_);
  std::erase(running_, process);
  return status;
}

void Children::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (const pid_t process : running_) end_with_children(process);
}

bool Children::stopped() const {
  std::lock_guard lock(mutex_);
  return stopped_;
}

void throw_failed(const std::string& what, int status, const fs::path& log, const fs::path& kept) {
  const std::string said = base::read_file(log);
  base::write_file_atomically(kept, said);
  const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                              : fmt::format("exit code {}", WEXITSTATUS(status));
  base::throw_machine("{} ({}): {} (all it said is in {})", what, how, last_line(said), kept.string());
}

}  // namespace foldmesh::hhsuite
