// What the fuzz targets share.
#ifndef FOLDMESH_FUZZ_FUZZING_H_
#define FOLDMESH_FUZZ_FUZZING_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "foldmesh/base/error.h"

namespace foldmesh::fuzz {

// A property that must hold for every input; a failure ends the run and libFuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property does not hold: %s\n", what);
  std::abort();
}

// Runs `body`, which may refuse its input as the user's mistake, in one clear line, and fail in no other way.
template <typename F>
void refusing_only_input(F&& body) {
  try {
    body();
  } catch (const base::Error& error) {
    require(error.kind() == base::ErrorKind::kInput, error.what());
    require(std::string_view(error.what()).find('\n') == std::string_view::npos, "the message is one line");
  }
}

// A file without a name, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "memfd");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace foldmesh::fuzz

#endif  // FOLDMESH_FUZZ_FUZZING_H_
