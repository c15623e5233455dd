#include "foldmesh/seqio/plain_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/compression.h"

namespace foldmesh::seqio {

bool is_plain_file(const std::filesystem::path& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_regular_file(path, error)) return false;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char head[kMagicBytes];
  const ssize_t n = ::pread(fd, head, sizeof head, 0);
  ::close(fd);
  const std::string_view start(head, n < 0 ? 0 : static_cast<size_t>(n));
  return n >= 0 && !is_gzip(start) && !is_zstd(start);
}

std::string read_part(const std::filesystem::path& path, uint64_t offset, size_t size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) base::throw_input("{}: cannot be opened for reading: {}", path.string(), std::strerror(errno));
  std::string bytes(size, '\0');
  size_t done = 0;
  ssize_t n = 1;
  while (done < size && n != 0) {
    n = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno != EINTR) break;
    if (n > 0) done += static_cast<size_t>(n);
  }
  const int reason = errno;
  ::close(fd);
  if (done == size) return bytes;
  if (n < 0) base::throw_machine("{}: cannot be read: {}", path.string(), std::strerror(reason));
  base::throw_machine("{}: ends before byte {}; it was cut short while it was read", path.string(),
                      offset + size);
}

}  // namespace foldmesh::seqio
