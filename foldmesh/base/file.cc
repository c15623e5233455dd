#include "foldmesh/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "foldmesh/base/abandoned_files.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/mapping_guard.h"
#include "foldmesh/base/sync_folder.h"

namespace foldmesh::base {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

// Opens for reading; a folder or a missing file is the user's mistake, everything else the machine's.
int open_for_reading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_input("{}: cannot be opened for reading: {}", path, std::strerror(errno));
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    throw_input("{}: is a folder (expected a file)", path);
  }
  return fd;
}

FileIdentity identity_of(const struct stat& info) {
  return {S_ISREG(info.st_mode), info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size),
          int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

// The number of one of our own descriptors, if the path names one, else -1. Opening such a path again would
// not do: what stands in a file behind it would be overwritten from its beginning.
int own_descriptor(const std::filesystem::path& path) {
  const std::string name = std::filesystem::absolute(path).lexically_normal().string();
  if (name == "/dev/stdout") return STDOUT_FILENO;
  if (name == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!name.starts_with(folder)) continue;
    const std::string_view digits = std::string_view(name).substr(folder.size());
    int fd = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
    if (error == std::errc() && end == digits.data() + digits.size()) return fd;
  }
  return -1;
}

// Where bytes go as they come, because renaming a file over the name would destroy it: a device, pipe or
// socket, or one of our own descriptors. -1 for anything else.
int open_device(const std::filesystem::path& path) {
  struct stat info {};
  const int own = own_descriptor(path);
  if (own < 0 && ::stat(path.c_str(), &info) != 0) return -1;
  if (own < 0 && S_ISDIR(info.st_mode)) throw_input("{}: is a folder (expected a file name)", path.string());
  if (own < 0 && S_ISREG(info.st_mode)) return -1;
  const int fd = own >= 0 ? ::fcntl(own, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw_machine("{}: cannot be opened for writing: {}", path.string(), std::strerror(errno));
  return fd;
}

void write_fully(int fd, const char* data, size_t size, const std::filesystem::path& path) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_machine("{}: cannot be written: {}", path.string(), std::strerror(errno));
    data += n;
    size -= static_cast<size_t>(n);
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const int fd = open_for_reading(path.string());
  std::string bytes;
  char block[65536];
  for (;;) {
    const ssize_t n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      throw_machine("{}: cannot be read: {}", path.string(), std::strerror(error));
    }
    if (n == 0) break;
    bytes.append(block, static_cast<size_t>(n));
  }
  ::close(fd);
  return bytes;
}

FileIdentity identify(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    throw_input("{}: cannot be opened for reading: {}", path.string(), std::strerror(errno));
  }
  return identity_of(info);
}

void check_unchanged(const std::filesystem::path& path, const FileIdentity& before) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    throw_machine("{}: is gone; it was removed while it was read", path.string());
  }
  const FileIdentity now = identity_of(info);
  if (now == before) return;
  if (now.device != before.device || now.inode != before.inode) {
    throw_machine("{}: was replaced by another file while it was read (run again to use the new one)",
                  path.string());
  }
  throw_machine("{}: was written to while it was read (run again when it is complete)", path.string());
}

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path.string()) {
  const int fd = open_for_reading(path_);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    throw_input("{}: is not a regular file", path_);
  }
  identity_ = identity_of(info);
  size_ = static_cast<size_t>(info.st_size);
  if (size_ > 0) {
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    const int error = errno;
    ::close(fd);
    if (address == MAP_FAILED) throw_machine("{}: cannot be mapped: {}", path_, std::strerror(error));
    data_ = static_cast<const std::byte*>(address);
    watch_mapping(data_, size_, path_);
  } else {
    ::close(fd);
  }
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  unwatch_mapping(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      identity_(other.identity_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(identity_, other.identity_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path) {
  static std::atomic<unsigned> counter{0};
  fd_ = open_device(path);
  if (fd_ >= 0) return;
  if (path.filename().empty()) throw_input("'{}': is no file name", path.string());
  remove_abandoned_in(path.parent_path().empty() ? "." : path.parent_path());
  temporary_ = path.parent_path() / temporary_name(path.filename().string(), counter++);
  fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) throw_machine("{}: cannot be created: {}", path_.string(), std::strerror(errno));
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(const void* data, size_t size) {
  size_ += size;
  if (buffer_.size() + size > kBufferBytes) flush();
  if (size >= kBufferBytes) {
    write_fully(fd_, static_cast<const char*>(data), size, path_);
  } else {
    buffer_.append(static_cast<const char*>(data), size);
  }
}

void AtomicFile::write_at(uint64_t offset, const void* data, size_t size) {
  if (offset + size > size_) throw_internal("{}: write_at past the end", path_.string());
  flush();
  if (temporary_.empty()) throw_input("{}: is not a regular file, which this output must be", path_.string());
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(fd_, bytes, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_machine("{}: cannot be written: {}", path_.string(), std::strerror(errno));
    bytes += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<size_t>(n);
  }
}

void AtomicFile::flush() {
  write_fully(fd_, buffer_.data(), buffer_.size(), path_);
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (temporary_.empty()) {
    ::close(std::exchange(fd_, -1));
    return;
  }
  if (::fsync(fd_) != 0) throw_machine("{}: cannot be synced: {}", path_.string(), std::strerror(errno));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw_machine("{}: cannot be put in place: {}", path_.string(), std::strerror(errno));
  }
  ::close(std::exchange(fd_, -1));
  // The rename itself survives a power cut only once the folder is on disk.
  sync_folder(path_.parent_path());
}

void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace foldmesh::base
