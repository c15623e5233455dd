#include "foldmesh/tensor/zip.h"

#include <algorithm>
#include <unordered_set>

#include "foldmesh/base/error.h"

namespace foldmesh::tensor::zip {
namespace {

using Bytes = std::span<const std::byte>;

// Little-endian fields at checked offsets.
class Fields {
 public:
  Fields(Bytes bytes, std::string_view path) : bytes_(bytes), path_(path) {}
  uint16_t u16(size_t at) const { return static_cast<uint16_t>(read(at, 2)); }
  uint32_t u32(size_t at) const { return static_cast<uint32_t>(read(at, 4)); }
  uint64_t u64(size_t at) const { return read(at, 8); }
  std::string_view text(size_t at, size_t size) const {
    check(at, size);
    return {reinterpret_cast<const char*>(bytes_.data()) + at, size};
  }
  Fields part(size_t at, size_t size) const {
    check(at, size);
    return {bytes_.subspan(at, size), path_};
  }
  size_t size() const { return bytes_.size(); }

 private:
  void check(size_t at, size_t size) const {
    if (size > bytes_.size() || at > bytes_.size() - size) {
      base::throw_input("{}: damaged or truncated zip archive", path_);
    }
  }
  uint64_t read(size_t at, size_t n) const {
    check(at, n);
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    return value;
  }

  Bytes bytes_;
  std::string_view path_;
};

struct Directory {
  uint64_t offset, bytes, n_members;
};

Directory find_directory(const Fields& file, std::string_view path) {
  if (file.size() < kEndBytes) base::throw_input("{}: is not a zip archive (.npz)", path);
  // The end record is last, followed only by a comment of at most 64 KiB.
  const size_t last = file.size() - kEndBytes;
  const size_t first = last > 65535 ? last - 65535 : 0;
  size_t end = last + 1;
  while (end-- > first) {
    if (file.u32(end) == kEndSignature && file.u16(end + 20) == last - end) break;
    if (end == first) base::throw_input("{}: is not a zip archive (.npz), or is cut off", path);
  }
  Directory found{file.u32(end + 16), file.u32(end + 12), file.u16(end + 10)};
  const bool has_locator =
      end >= kEnd64LocatorBytes && file.u32(end - kEnd64LocatorBytes) == kEnd64LocatorSignature;
  if (has_locator) {
    const uint64_t at = file.u64(end - kEnd64LocatorBytes + 8);
    if (at > file.size()) base::throw_input("{}: damaged zip archive (zip64 record out of range)", path);
    const Fields record = file.part(at, kEnd64Bytes);
    if (record.u32(0) != kEnd64Signature) base::throw_input("{}: damaged zip64 record", path);
    found = {record.u64(48), record.u64(40), record.u64(32)};
  } else if (file.u16(end + 4) != 0 || file.u16(end + 8) != file.u16(end + 10)) {
    base::throw_input("{}: zip archives in several parts are not supported", path);
  }
  // Also keeps a hostile count from reserving memory.
  if (found.n_members > found.bytes / kCentralBytes || found.bytes > file.size()) {
    base::throw_input("{}: damaged zip archive (directory larger than the file)", path);
  }
  return found;
}

// Sizes and offset of 0xFFFFFFFF stand in the zip64 extra field instead, in this order and only those.
void read_zip64(const Fields& extra, std::string_view path, uint64_t* bytes, uint64_t* compressed,
                uint64_t* offset) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const size_t size = extra.u16(at + 2);
    const Fields field = extra.part(at + 4, size);
    if (extra.u16(at) == kZip64Extra) {
      size_t next = 0;
      for (uint64_t* value : {bytes, compressed, offset}) {
        if (*value != UINT32_MAX) continue;
        *value = field.u64(next);
        next += 8;
      }
      return;
    }
    at += 4 + size;
  }
  base::throw_input("{}: damaged zip archive (zip64 sizes missing)", path);
}

void locate_data(const Fields& file, std::string_view path, uint64_t offset, Member* member) {
  const std::string shown = base::printable(member->name, 200);
  if (offset > file.size()) base::throw_input("{}: member '{}' lies outside the file", path, shown);
  const Fields local = file.part(offset, kLocalBytes);
  if (local.u32(0) != kLocalSignature || file.text(offset + kLocalBytes, local.u16(26)) != member->name) {
    base::throw_input("{}: member '{}' is not where the directory says", path, shown);
  }
  const uint64_t data = offset + kLocalBytes + local.u16(26) + local.u16(28);
  if (data > file.size() || member->compressed_bytes > file.size() - data) {
    base::throw_input("{}: member '{}' reaches past the end of the file", path, shown);
  }
  member->data_offset = data;
}

}  // namespace

std::vector<Member> read_directory(Bytes bytes, std::string_view path) {
  const Fields file(bytes, path);
  const Directory directory = find_directory(file, path);
  if (directory.offset > file.size()) base::throw_input("{}: damaged zip archive", path);
  const Fields entries = file.part(directory.offset, directory.bytes);
  std::vector<Member> members;
  members.reserve(directory.n_members);
  std::unordered_set<std::string> names;
  size_t at = 0;
  for (uint64_t i = 0; i < directory.n_members; ++i) {
    if (entries.u32(at) != kCentralSignature) {
      base::throw_input("{}: damaged zip archive (entry {} of its directory)", path, i + 1);
    }
    const size_t n_name = entries.u16(at + 28), n_extra = entries.u16(at + 30),
                 n_comment = entries.u16(at + 32);
    Member member;
    member.name = entries.text(at + kCentralBytes, n_name);
    const std::string shown = base::printable(member.name, 200);
    const uint16_t flags = entries.u16(at + 8), method = entries.u16(at + 10);
    if ((flags & 1) != 0) base::throw_input("{}: member '{}' is encrypted", path, shown);
    if (method != kMethodStored && method != kMethodDeflate) {
      base::throw_input("{}: member '{}' uses compression method {} (expected stored or deflated)", path,
                        shown, method);
    }
    if (!names.insert(member.name).second) base::throw_input("{}: member '{}' occurs twice", path, shown);
    member.deflated = method == kMethodDeflate;
    member.crc = entries.u32(at + 16);
    uint64_t compressed = entries.u32(at + 20), size = entries.u32(at + 24), offset = entries.u32(at + 42);
    if (compressed == UINT32_MAX || size == UINT32_MAX || offset == UINT32_MAX) {
      read_zip64(entries.part(at + kCentralBytes + n_name, n_extra), path, &size, &compressed, &offset);
    }
    member.compressed_bytes = compressed;
    member.bytes = size;
    locate_data(file, path, offset, &member);
    // Deflate cannot do better than 1032:1, so a larger claim is a lie; this bounds what a reader allocates.
    if (member.deflated ? size / 1032 > compressed + 1 : size != compressed) {
      base::throw_input("{}: member '{}' has impossible sizes", path, shown);
    }
    members.push_back(std::move(member));
    at += kCentralBytes + n_name + n_extra + n_comment;
  }
  return members;
}

}  // namespace foldmesh::tensor::zip
