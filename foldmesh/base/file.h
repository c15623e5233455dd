// Files: whole reads, memory maps, and outputs that appear under their final name complete or not at all.
#ifndef FOLDMESH_BASE_FILE_H_
#define FOLDMESH_BASE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace foldmesh::base {

// The bytes of a file. Throws kInput when it cannot be opened or is a directory, kMachine when reading fails.
std::string read_file(const std::filesystem::path& path);

// What a file is known by between two looks at it: a file that was replaced or written to has another one.
struct FileIdentity {
  bool is_regular = false;
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};
// Throws kInput when there is no such file.
FileIdentity identify(const std::filesystem::path& path);
// Throws kMachine when the file is no longer the one it was `before`.
void check_unchanged(const std::filesystem::path& path, const FileIdentity& before);

// A read-only memory map of a whole file; valid while the object lives. Thread-safe: const after
// construction. Throws kInput when the file cannot be opened, kMachine when it cannot be mapped.
// A file that is cut short, or whose disk fails, while mapped cannot be read on: the process then says so in
// one line and ends with exit code 1 (a signal handler, as there is nothing to throw from).
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }
  // Throws kMachine when the path no longer leads to this file as it was when it was mapped.
  void check_unchanged() const { base::check_unchanged(path_, identity_); }

 private:
  std::string path_;
  FileIdentity identity_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// An output file: bytes go to `.<name>.tmp.<pid>.<n>-<host>` in the same folder (abandoned_files.h); commit()
// flushes, syncs and renames it. Without commit() the temporary file is removed by the destructor. A device
// or pipe (/dev/null) or one of our own descriptors (/dev/stdout) is written directly, as the bytes come. Not
// thread-safe. Every failure (full disk, no permission) throws kMachine naming the final path; a path that is
// a folder throws kInput.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Overwrites bytes written before, for headers that are known last. The range must have been written. What
  // is written directly cannot be overwritten: kInput.
  void write_at(uint64_t offset, const void* data, size_t size);
  uint64_t size() const { return size_; }
  void commit();

 private:
  void flush();

  std::filesystem::path path_, temporary_;
  int fd_ = -1;
  uint64_t size_ = 0;
  std::string buffer_;
};

// Removes what AtomicFiles of `path` have left beside it in processes that were killed. Call only when nobody
// else is writing there.
void remove_leftovers(const std::filesystem::path& path);

// write + commit in one call.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_FILE_H_
