// A temporary file for what does not fit into memory.
#ifndef FOLDMESH_BASE_SPILL_FILE_H_
#define FOLDMESH_BASE_SPILL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string_view>

namespace foldmesh::base {

// The file has no name, so nothing of it is left however the process ends. Thread-safe. Every failure (full
// disk) throws kMachine naming the folder.
class SpillFile {
 public:
  // In `folder`, or in the system's folder for temporary files when it is empty. Made by the first append().
  explicit SpillFile(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Gives the offset at which the bytes stand.
  uint64_t append(std::string_view bytes);
  // Reserves space at the end, to be filled by write().
  uint64_t reserve(uint64_t n);
  void write(uint64_t offset, std::string_view bytes);
  // All of the range must have been written.
  void read(uint64_t offset, char* out, size_t n) const;

 private:
  void open();

  std::filesystem::path folder_;
  std::mutex mutex_;  // guards fd_ while it is opened, and size_
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_SPILL_FILE_H_
