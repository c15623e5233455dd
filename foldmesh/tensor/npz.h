// NumPy .npz archives: a zip file of .npy members. Described in docs/formats/npz.md.
#ifndef FOLDMESH_TENSOR_NPZ_H_
#define FOLDMESH_TENSOR_NPZ_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/tensor/npy.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::tensor {

// Reads archives of stored and deflated members. Every length is checked against the file, and a member's CRC
// the first time its data is asked for; all errors are kInput and name file and member. Opening reads headers
// only. Thread-safe after construction.
class NpzReader {
 public:
  explicit NpzReader(const std::filesystem::path& path);
  ~NpzReader();
  NpzReader(NpzReader&&) noexcept;
  NpzReader& operator=(NpzReader&&) noexcept;

  const std::string& path() const;
  // Array names (member names without ".npy") in archive order; members of other kinds are left out.
  const std::vector<std::string>& names() const;
  bool contains(std::string_view name) const;
  const NpyHeader& header(std::string_view name) const;  // kInput when there is no such array

  // The numbers of an array, valid while the reader lives. A stored member whose data is aligned for its type
  // is a window on the memory map; others are read once and kept. int8 arrives as int32, bool as uint8.
  ConstView view(std::string_view name) const;
  // Whether view(name) copies nothing.
  bool is_mapped(std::string_view name) const;
  // An owning copy, the reader keeping nothing.
  Tensor read(std::string_view name) const;
  // A byte-string array ("|S12") in row-major order, trailing NULs removed.
  std::vector<std::string> read_strings(std::string_view name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

enum class NpzCompression : uint8_t { kStored, kDeflated };

// Writes an archive that numpy.load reads. The same calls give the same bytes: dates are fixed and nothing
// else depends on the machine. Stored data is 64-byte aligned in the file. Not thread-safe. The file appears
// under its name at commit(); failures to write are kMachine.
class NpzWriter {
 public:
  explicit NpzWriter(const std::filesystem::path& path, NpzCompression compression = NpzCompression::kStored);
  ~NpzWriter();

  // `name` without ".npy"; kInternal when it was added before.
  void add(std::string_view name, const ConstView& array);
  // A byte-string array; elements shorter than the longest are padded with NUL. Shape [n] unless given.
  void add_strings(std::string_view name, std::span<const std::string> strings);
  void add_strings(std::string_view name, std::span<const std::string> strings, const Shape& shape);
  // Elements as raw little-endian bytes of another .npy type, for instance kBool out of uint8.
  void add_raw(std::string_view name, NpyType type, size_t item_bytes, const Shape& shape,
               std::span<const std::byte> data);
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace foldmesh::tensor

#endif  // FOLDMESH_TENSOR_NPZ_H_
