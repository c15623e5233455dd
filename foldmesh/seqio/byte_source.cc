#include "foldmesh/seqio/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/compression.h"

namespace foldmesh::seqio {
namespace {

constexpr size_t kCompressedBlock = size_t{1} << 18;

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, std::string name) : ByteSource(std::move(name)), fd_(fd) {}
  ~FileSource() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }

  size_t read(char* buffer, size_t size) override {
    for (;;) {
      const ssize_t n = ::read(fd_, buffer, size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) base::throw_machine("{}: cannot be read: {}", name(), std::strerror(errno));
      consumed_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
  }
  uint64_t consumed() const override { return consumed_; }

 private:
  int fd_;
  uint64_t consumed_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::string name) : ByteSource(std::move(name)), bytes_(bytes) {}

  size_t read(char* buffer, size_t size) override {
    const size_t n = std::min(size, bytes_.size() - consumed_);
    std::copy_n(bytes_.data() + consumed_, n, buffer);
    consumed_ += n;
    return n;
  }
  uint64_t consumed() const override { return consumed_; }

 private:
  std::string_view bytes_;
  size_t consumed_ = 0;
};

// Gives back the bytes that were read ahead to recognise the format, then the rest.
class ReplaySource final : public ByteSource {
 public:
  ReplaySource(std::string head, std::unique_ptr<ByteSource> rest)
      : ByteSource(rest->name()), head_(std::move(head)), rest_(std::move(rest)) {}

  size_t read(char* buffer, size_t size) override {
    if (used_ == head_.size()) return rest_->read(buffer, size);
    const size_t n = std::min(size, head_.size() - used_);
    std::copy_n(head_.data() + used_, n, buffer);
    used_ += n;
    return n;
  }
  uint64_t consumed() const override { return rest_->consumed(); }

 private:
  std::string head_;
  size_t used_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> compressed)
      : ByteSource(compressed->name()), compressed_(std::move(compressed)), input_(kCompressedBlock) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  size_t read(char* buffer, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(std::min(size, kCompressedBlock));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && !done_) {
      if (stream_.avail_in == 0) refill();
      if (stream_.avail_in == 0) {
        if (inside_member_)
          base::throw_input("{}: the gzip data ends in the middle (file cut short?)", name());
        done_ = true;
        break;
      }
      if (!inside_member_ && !start_member()) break;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        inside_member_ = false;
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        base::throw_input("{}: the gzip data is damaged near compressed byte {} ({})", name(),
                          compressed_->consumed() - stream_.avail_in, stream_.msg ? stream_.msg : "bad data");
      }
    }
    return wanted - stream_.avail_out;
  }
  uint64_t consumed() const override { return compressed_->consumed(); }

 private:
  void refill() {
    stream_.next_in = input_.data();
    stream_.avail_in =
        static_cast<uInt>(compressed_->read(reinterpret_cast<char*>(input_.data()), input_.size()));
  }

  // After a member: another one, or zero padding up to the end (as tape and block tools append), which ends
  // the data.
  bool start_member() {
    if (n_members_ > 0 && *stream_.next_in == 0) {
      do {
        for (; stream_.avail_in > 0; --stream_.avail_in, ++stream_.next_in) {
          if (*stream_.next_in != 0)
            base::throw_input("{}: bytes that are not gzip follow the gzip data", name());
        }
        refill();
      } while (stream_.avail_in > 0);
      done_ = true;
      return false;
    }
    inflateReset(&stream_);
    inside_member_ = true;
    ++n_members_;
    return true;
  }

  std::unique_ptr<ByteSource> compressed_;
  std::vector<Bytef> input_;
  z_stream stream_{};
  int64_t n_members_ = 0;
  bool inside_member_ = false, done_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> compressed)
      : ByteSource(compressed->name()),
        compressed_(std::move(compressed)),
        input_(ZSTD_DStreamInSize()),
        context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdSource() override { ZSTD_freeDCtx(context_); }

  size_t read(char* buffer, size_t size) override {
    ZSTD_outBuffer out{buffer, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !may_hold_output_) {
        in_ = {input_.data(), compressed_->read(input_.data(), input_.size()), 0};
        if (in_.size == 0) {
          if (inside_frame_)
            base::throw_input("{}: the zstd data ends in the middle (file cut short?)", name());
          return 0;
        }
      }
      const size_t status = ZSTD_decompressStream(context_, &out, &in_);
      if (ZSTD_isError(status)) {
        base::throw_input("{}: the zstd data is damaged near compressed byte {} ({})", name(),
                          compressed_->consumed() - (in_.size - in_.pos), ZSTD_getErrorName(status));
      }
      inside_frame_ = status != 0;
      may_hold_output_ = inside_frame_ && out.pos == out.size;  // the output filled up: more may be waiting
    }
    return out.pos;
  }
  uint64_t consumed() const override { return compressed_->consumed(); }

 private:
  std::unique_ptr<ByteSource> compressed_;
  std::vector<char> input_;
  ZSTD_DCtx* context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool inside_frame_ = false, may_hold_output_ = false;
};

std::unique_ptr<ByteSource> decompress_if_needed(std::unique_ptr<ByteSource> raw) {
  std::string head(kMagicBytes, '\0');
  size_t n = 0;
  while (n < head.size()) {
    const size_t got = raw->read(head.data() + n, head.size() - n);
    if (got == 0) break;
    n += got;
  }
  head.resize(n);
  auto whole = std::make_unique<ReplaySource>(head, std::move(raw));
  if (is_gzip(head)) return std::make_unique<GzipSource>(std::move(whole));
  if (is_zstd(head)) return std::make_unique<ZstdSource>(std::move(whole));
  return whole;
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
  if (path == "-") return decompress_if_needed(std::make_unique<FileSource>(STDIN_FILENO, "<stdin>"));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) base::throw_input("{}: cannot be opened for reading: {}", path.string(), std::strerror(errno));
  auto file = std::make_unique<FileSource>(fd, path.string());
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    base::throw_input("{}: is a folder (expected a file)", path.string());
  }
  return decompress_if_needed(std::move(file));
}

std::unique_ptr<ByteSource> open_memory(std::string_view bytes, std::string name) {
  return decompress_if_needed(std::make_unique<MemorySource>(bytes, std::move(name)));
}

}  // namespace foldmesh::seqio
