// Where a parser's bytes come from: a file, standard input or memory; plain, gzip or zstd.
#ifndef FOLDMESH_SEQIO_BYTE_SOURCE_H_
#define FOLDMESH_SEQIO_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace foldmesh::seqio {

// A forward-only stream of decompressed bytes. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Puts 1 to `size` (>= 1) bytes into `buffer` and returns their number; 0 at the end of the input, and then
  // always. Throws kInput when compressed data is damaged or cut short, kMachine when reading fails.
  virtual size_t read(char* buffer, size_t size) = 0;
  // Bytes taken from the file so far, before decompression: for progress.
  virtual uint64_t consumed() const = 0;

  // What messages call the input: its path, or `<stdin>`.
  const std::string& name() const { return name_; }

 protected:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

// Opens a file, or standard input for "-". The first bytes, not the name, decide whether it is decompressed:
// 1f 8b is gzip (members may follow one another), 28 b5 2f fd or a skippable frame's 5x 2a 4d 18 is zstd
// (frames may follow one another). Memory use is bounded; a zstd frame that wants a window above 128 MiB
// (`zstd --long=28` and up) is refused. Throws kInput when the file cannot be opened or is a folder.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

// The same over bytes in memory, which must outlive the source; `name` is for messages.
std::unique_ptr<ByteSource> open_memory(std::string_view bytes, std::string name);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_BYTE_SOURCE_H_
