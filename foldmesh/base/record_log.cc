#include "foldmesh/base/record_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/sync_folder.h"

namespace foldmesh::base {
namespace {

struct Head {
  uint64_t size, checksum;
};

std::string framed(std::string_view record) {
  const Head head{record.size(), hash64(record.data(), record.size())};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  return bytes += record;
}

}  // namespace

// Reads record after record up to an offset; stops at the first that is not whole.
class RecordLog::Reader {
 public:
  Reader(const RecordLog& log, uint64_t offset, uint64_t end) : log_(log), offset_(offset), end_(end) {}

  uint64_t offset() const { return offset_; }  // of the next record
  bool next(std::string_view& record) {
    Head head;
    if (end_ - offset_ < sizeof head) return false;
    read(offset_, reinterpret_cast<char*>(&head), sizeof head);
    if (head.size > end_ - offset_ - sizeof head) return false;
    buffer_.resize(head.size);
    read(offset_ + sizeof head, buffer_.data(), head.size);
    if (hash64(buffer_.data(), buffer_.size()) != head.checksum) return false;
    offset_ += sizeof head + head.size;
    record = buffer_;
    return true;
  }

 private:
  void read(uint64_t offset, char* out, size_t n) const {
    while (n > 0) {
      const ssize_t got = ::pread(log_.fd_, out, n, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        throw_machine("{}: cannot be read: {}", log_.path_, got < 0 ? std::strerror(errno) : "it ends early");
      }
      out += got;
      offset += static_cast<uint64_t>(got);
      n -= static_cast<size_t>(got);
    }
  }

  const RecordLog& log_;
  uint64_t offset_, end_;
  std::string buffer_;
};

RecordLog::RecordLog(const std::filesystem::path& path, std::string_view key) : path_(path.string()) {
  open_locked();
  try {
    struct stat info {};
    ::fstat(fd_, &info);
    Reader reader(*this, 0, static_cast<uint64_t>(info.st_size));
    std::string_view record;
    resumed_ = reader.next(record) && record == key;
    if (resumed_) {
      first_ = reader.offset();
      while (reader.next(record)) {
      }
      old_end_ = reader.offset();
    }
    end_ = old_end_;
    if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0) {
      throw_machine("{}: cannot be written: {}", path_, std::strerror(errno));
    }
    if (!resumed_) {
      append(key);
      first_ = old_end_ = end_;
      sync();
      sync_folder(path.parent_path());
    }
    last_sync_ = Clock::now();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

RecordLog::~RecordLog() { ::close(fd_); }

void RecordLog::open_locked() {
  for (;;) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) throw_machine("{}: cannot be created: {}", path_, std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(fd_);
      throw_input("{}: another process is at work here (wait for it, or choose another folder)", path_);
    }
    // Its former owner may have removed the file between our open and our lock.
    struct stat ours {
    }, named{};
    if (::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &named) == 0 && ours.st_ino == named.st_ino) return;
    ::close(fd_);
  }
}

void RecordLog::replay(const std::function<void(std::string_view)>& f) const {
  std::string_view record;
  for (Reader reader(*this, first_, old_end_); reader.next(record);) f(record);
}

void RecordLog::append(std::string_view record) {
  write(framed(record));
  if (must_sync()) sync();
}

void RecordLog::write(const std::string& bytes) {
  std::lock_guard lock(mutex_);
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(end_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      // Half a record would be cut off at the next start anyway; if this fails, too, then it is.
      [[maybe_unused]] const int ignored = ::ftruncate(fd_, static_cast<off_t>(end_));
      throw_machine("{}: cannot be written: {}", path_, std::strerror(error));
    }
    done += static_cast<size_t>(n);
  }
  end_ += bytes.size();
}

// True for one thread at a time; the others go on writing meanwhile.
bool RecordLog::must_sync() {
  std::lock_guard lock(sync_mutex_);
  const auto since = Clock::now() - last_sync_;
  if (syncing_ || since < std::chrono::duration<double>(kSyncSeconds) || since < kSyncShare * sync_time_) {
    return false;
  }
  syncing_ = true;
  return true;
}

void RecordLog::sync() {
  const auto start = Clock::now();
  // EINVAL: a device without a disk behind it.
  if (::fdatasync(fd_) != 0 && errno != EINVAL) {
    throw_machine("{}: cannot be synced: {}", path_, std::strerror(errno));
  }
  std::lock_guard lock(sync_mutex_);
  syncing_ = false;
  last_sync_ = Clock::now();
  sync_time_ = last_sync_ - start;
}

}  // namespace foldmesh::base
