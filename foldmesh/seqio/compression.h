// How compressed files begin. Internal to seqio.
#ifndef FOLDMESH_SEQIO_COMPRESSION_H_
#define FOLDMESH_SEQIO_COMPRESSION_H_

#include <cstddef>
#include <string_view>

namespace foldmesh::seqio {

inline constexpr size_t kMagicBytes = 4;  // that tell

inline bool is_gzip(std::string_view head) { return head.starts_with("\x1f\x8b"); }

inline bool is_zstd(std::string_view head) {
  if (head.size() < kMagicBytes) return false;
  const bool skippable =
      (static_cast<unsigned char>(head[0]) & 0xf0) == 0x50 && head.substr(1, 3) == "\x2a\x4d\x18";
  return skippable || head.starts_with("\x28\xb5\x2f\xfd");
}

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_COMPRESSION_H_
