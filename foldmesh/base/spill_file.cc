#include "foldmesh/base/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "foldmesh/base/error.h"

namespace foldmesh::base {

SpillFile::~SpillFile() {
  if (fd_ >= 0) ::close(fd_);
}

void SpillFile::open() {
  if (fd_ >= 0) return;
  if (folder_.empty()) folder_ = std::filesystem::temp_directory_path();
  std::string name = (folder_ / "foldmesh-spill.XXXXXX").string();
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) {
    throw_machine("{}: no temporary file can be made: {}", folder_.string(), std::strerror(errno));
  }
  ::unlink(name.c_str());
}

uint64_t SpillFile::reserve(uint64_t n) {
  std::lock_guard lock(mutex_);
  open();
  size_ += n;
  return size_ - n;
}

uint64_t SpillFile::append(std::string_view bytes) {
  const uint64_t offset = reserve(bytes.size());
  write(offset, bytes);
  return offset;
}

void SpillFile::write(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      throw_machine("{}: a temporary file cannot be written: {}", folder_.string(), std::strerror(errno));
    }
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
}

void SpillFile::read(uint64_t offset, char* out, size_t n) const {
  while (n > 0) {
    const ssize_t got = ::pread(fd_, out, n, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw_machine("{}: a temporary file cannot be read: {}", folder_.string(),
                    got < 0 ? std::strerror(errno) : "it ends early");
    }
    out += got;
    offset += static_cast<uint64_t>(got);
    n -= static_cast<size_t>(got);
  }
}

}  // namespace foldmesh::base
