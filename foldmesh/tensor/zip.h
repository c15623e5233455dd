// Just enough of the ZIP format (APPNOTE 6.3.x, with zip64) to find the members of an archive. Internal to
// npz.
#ifndef FOLDMESH_TENSOR_ZIP_H_
#define FOLDMESH_TENSOR_ZIP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::tensor::zip {

inline constexpr uint32_t kLocalSignature = 0x04034b50, kCentralSignature = 0x02014b50;
inline constexpr uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50;
inline constexpr uint32_t kEnd64LocatorSignature = 0x07064b50;
inline constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56;
inline constexpr size_t kEnd64LocatorBytes = 20;
inline constexpr uint16_t kMethodStored = 0, kMethodDeflate = 8;
inline constexpr uint16_t kZip64Extra = 0x0001;

struct Member {
  std::string name;
  bool deflated = false;
  uint32_t crc = 0;
  size_t compressed_bytes = 0, bytes = 0;
  size_t data_offset = 0;  // of the (compressed) data in the file; the whole range lies inside the file
};

// Reads the central directory and every local header. Throws kInput naming `path` for anything that is not a
// plain, complete, single-file archive of stored and deflated members with distinct names.
std::vector<Member> read_directory(std::span<const std::byte> file, std::string_view path);

}  // namespace foldmesh::tensor::zip

#endif  // FOLDMESH_TENSOR_ZIP_H_
