#include "tests/cli/run_program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace foldmesh::tests {
namespace {

// An unnamed file, so that no pipe can fill up while nobody reads.
class Spool {
 public:
  Spool() : file_(std::tmpfile()) {
    if (file_ == nullptr) throw std::runtime_error("no temporary file");
  }
  ~Spool() { std::fclose(file_); }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  int fd() const { return ::fileno(file_); }
  void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fflush(file_);
    ::lseek(fd(), 0, SEEK_SET);
  }
  std::string contents() const {
    std::string text;
    char block[4096];
    off_t offset = 0;
    for (ssize_t n = 0; (n = ::pread(fd(), block, sizeof block, offset)) > 0; offset += n) {
      text.append(block, static_cast<size_t>(n));
    }
    return text;
  }

 private:
  std::FILE* file_;
};

[[noreturn]] void become(std::vector<char*>& argv, const RunOptions& options, const Spool& in,
                         const Spool& out, const Spool& err) {
  ::dup2(in.fd(), STDIN_FILENO);
  const int file = options.standard_output.empty() ? -1 : ::open(options.standard_output.c_str(), O_WRONLY);
  ::dup2(options.standard_output.empty() ? out.fd() : file, STDOUT_FILENO);
  ::dup2(err.fd(), STDERR_FILENO);
  if (options.file_size_limit > 0) {
    std::signal(SIGXFSZ, SIG_IGN);  // stays ignored in the program: its writes fail instead
    const rlimit limit{options.file_size_limit, options.file_size_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

RunResult run_program(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::string program = options.program;
  std::vector<std::string> words = arguments;
  std::vector<char*> argv = {program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Spool in, out, err;
  in.put(options.standard_input);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) become(argv, options, in, out, err);
  if (options.kill_after > 0) {
    ::usleep(static_cast<useconds_t>(options.kill_after * 1e6));
    ::kill(child, SIGKILL);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, out.contents(), err.contents(), static_cast<uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace foldmesh::tests
