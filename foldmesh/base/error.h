// Errors as exceptions with a kind, so that `main` alone turns them into exit codes.
//
//   kInput     what the user gave is wrong (a file, an option)       exit code 2
//   kMachine   the machine refused (disk full, no memory, no file)   exit code 1
//   kInternal  a bug of ours                                         exit code 1
//
// Messages are one line: `FILE:LINE: what is wrong (what was expected)`.
#ifndef FOLDMESH_BASE_ERROR_H_
#define FOLDMESH_BASE_ERROR_H_

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace foldmesh::base {

enum class ErrorKind : uint8_t { kInput, kMachine, kInternal };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return kind_ == ErrorKind::kInput ? 2 : 1; }

 private:
  ErrorKind kind_;
};

template <typename... Args>
[[noreturn]] void throw_input(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::kInput, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
[[noreturn]] void throw_machine(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::kMachine, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
[[noreturn]] void throw_internal(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::kInternal, fmt::format(format, std::forward<Args>(args)...));
}

// A place in a text input, for messages.
struct Location {
  std::string path;
  int64_t line = 0;  // 1-based; 0 when a line makes no sense
};
inline std::string to_string(const Location& at) {
  return at.line > 0 ? fmt::format("{}:{}", at.path, at.line) : at.path;
}

// One printable line out of hostile bytes, for quoting input in a message: control and non-ASCII bytes become
// \xNN, and at most `max_length` bytes are shown.
std::string printable(std::string_view bytes, size_t max_length = 40);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_ERROR_H_
