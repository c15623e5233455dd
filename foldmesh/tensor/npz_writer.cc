#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "foldmesh/tensor/npz.h"
#include "foldmesh/tensor/zip.h"

namespace foldmesh::tensor {
namespace {

constexpr size_t kAlign = 64;
constexpr uint16_t kPaddingExtra = 0xD935;  // the identifier Android's zipalign registered for padding
constexpr uint16_t kVersion = 20, kVersionZip64 = 45;
constexpr uint16_t kDate = 0x21, kTime = 0;  // 1980-01-01 00:00, the earliest a zip can say
constexpr uint16_t kUtf8Flag = 0x0800;

class Record {
 public:
  Record& u16(uint64_t v) { return put(v, 2); }
  Record& u32(uint64_t v) { return put(v, 4); }
  Record& u64(uint64_t v) { return put(v, 8); }
  Record& text(std::string_view s) {
    bytes_ += s;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Record& put(uint64_t v, int n) {
    for (int i = 0; i < n; ++i) bytes_ += static_cast<char>(v >> (8 * i) & 0xff);
    return *this;
  }
  std::string bytes_;
};

bool needs_zip64(uint64_t value) { return value >= UINT32_MAX; }
uint64_t clip(uint64_t value) { return std::min<uint64_t>(value, UINT32_MAX); }

}  // namespace

struct NpzWriter::State {
  struct Written {
    std::string name;  // with .npy
    uint64_t offset = 0, bytes = 0, compressed = 0;
    uint32_t crc = 0;
    bool zip64 = false;  // the local header has room for 64-bit sizes
  };

  State(const std::filesystem::path& path, NpzCompression how) : file(path), compression(how) {}

  std::string local_header(const Written& w, std::string_view extra) const {
    const bool deflated = compression == NpzCompression::kDeflated;
    Record r;
    r.u32(zip::kLocalSignature).u16(w.zip64 ? kVersionZip64 : kVersion).u16(kUtf8Flag);
    r.u16(deflated ? zip::kMethodDeflate : zip::kMethodStored).u16(kTime).u16(kDate).u32(w.crc);
    r.u32(w.zip64 ? UINT32_MAX : w.compressed).u32(w.zip64 ? UINT32_MAX : w.bytes);
    r.u16(w.name.size()).u16((w.zip64 ? 20 : 0) + extra.size()).text(w.name);
    if (w.zip64) r.u16(zip::kZip64Extra).u16(16).u64(w.bytes).u64(w.compressed);
    return r.text(extra).bytes();
  }

  // An extra field that brings the data behind it to a multiple of 64 bytes in the file.
  std::string padding(const Written& w) const {
    if (compression == NpzCompression::kDeflated) return "";
    const uint64_t unpadded = w.offset + local_header(w, "").size() + 4;
    const uint64_t fill = (kAlign - unpadded % kAlign) % kAlign;
    return Record().u16(kPaddingExtra).u16(fill).text(std::string(fill, '\0')).bytes();
  }

  uint64_t write_deflated(std::string_view head, std::span<const std::byte> data) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
    const uint64_t begin = file.size();
    std::vector<Bytef> out(size_t{1} << 18);
    const auto feed = [&](const void* bytes, size_t size, bool last) {
      const auto* next = static_cast<const Bytef*>(bytes);
      do {
        const size_t piece = std::min(size, size_t{1} << 30);
        stream.next_in = const_cast<Bytef*>(next);
        stream.avail_in = static_cast<uInt>(piece);
        next += piece;
        size -= piece;
        do {
          stream.next_out = out.data();
          stream.avail_out = static_cast<uInt>(out.size());
          deflate(&stream, last && size == 0 ? Z_FINISH : Z_NO_FLUSH);
          file.write(out.data(), out.size() - stream.avail_out);
        } while (stream.avail_out == 0);
      } while (size > 0);
    };
    try {
      feed(head.data(), head.size(), false);
      feed(data.data(), data.size(), true);
    } catch (...) {
      deflateEnd(&stream);
      throw;
    }
    deflateEnd(&stream);
    return file.size() - begin;
  }

  std::string central_entry(const Written& w) const {
    Record extra;
    if (needs_zip64(w.bytes)) extra.u64(w.bytes);
    if (needs_zip64(w.compressed)) extra.u64(w.compressed);
    if (needs_zip64(w.offset)) extra.u64(w.offset);
    Record r;
    const bool zip64 = !extra.bytes().empty();
    const uint16_t version = zip64 || w.zip64 ? kVersionZip64 : kVersion;
    r.u32(zip::kCentralSignature).u16(version).u16(version).u16(kUtf8Flag);
    r.u16(compression == NpzCompression::kDeflated ? zip::kMethodDeflate : zip::kMethodStored);
    r.u16(kTime).u16(kDate).u32(w.crc).u32(clip(w.compressed)).u32(clip(w.bytes));
    r.u16(w.name.size()).u16(zip64 ? extra.bytes().size() + 4 : 0).u16(0).u16(0).u16(0).u32(0);
    r.u32(clip(w.offset)).text(w.name);
    if (zip64) r.u16(zip::kZip64Extra).u16(extra.bytes().size()).text(extra.bytes());
    return r.bytes();
  }

  std::string end_records(uint64_t offset, uint64_t bytes) const {
    Record r;
    const uint64_t n = written.size();
    if (n >= UINT16_MAX || needs_zip64(offset) || needs_zip64(bytes)) {
      r.u32(zip::kEnd64Signature).u64(zip::kEnd64Bytes - 12).u16(kVersionZip64).u16(kVersionZip64);
      r.u32(0).u32(0).u64(n).u64(n).u64(bytes).u64(offset);
      r.u32(zip::kEnd64LocatorSignature).u32(0).u64(offset + bytes).u32(1);
    }
    const uint64_t n16 = std::min<uint64_t>(n, UINT16_MAX);
    r.u32(zip::kEndSignature).u16(0).u16(0).u16(n16).u16(n16).u32(clip(bytes)).u32(clip(offset)).u16(0);
    return r.bytes();
  }

  base::AtomicFile file;
  NpzCompression compression;
  std::vector<Written> written;
  std::set<std::string> names;
};

NpzWriter::NpzWriter(const std::filesystem::path& path, NpzCompression compression)
    : state_(std::make_unique<State>(path, compression)) {}
NpzWriter::~NpzWriter() = default;

void NpzWriter::add_raw(std::string_view name, NpyType type, size_t item_bytes, const Shape& shape,
                        std::span<const std::byte> data) {
  State& state = *state_;
  State::Written w;
  w.name = std::string(name) + ".npy";
  if (w.name.size() > UINT16_MAX || !state.names.insert(w.name).second) {
    base::throw_internal("npz member '{}' was added before, or its name is too long", name);
  }
  if (data.size() != static_cast<size_t>(num_elements(shape)) * item_bytes) {
    base::throw_internal("npz member '{}': {} bytes do not make shape {}", name, data.size(),
                         to_string(shape));
  }
  const std::string head = make_npy_header(type, item_bytes, shape);
  w.offset = state.file.size();
  w.bytes = w.compressed = head.size() + data.size();
  w.zip64 = needs_zip64(w.bytes + w.bytes / 1000 + 4096);  // deflate may enlarge slightly
  const auto* head_bytes = reinterpret_cast<const Bytef*>(head.data());
  const auto* data_bytes = reinterpret_cast<const Bytef*>(data.data());
  uLong crc = crc32_z(0, head_bytes, head.size());
  if (!data.empty()) crc = crc32_z(crc, data_bytes, data.size());
  w.crc = static_cast<uint32_t>(crc);
  const std::string extra = state.padding(w);
  state.file.write(state.local_header(w, extra));
  if (state.compression == NpzCompression::kDeflated) {
    w.compressed = state.write_deflated(head, data);
    const std::string final_header = state.local_header(w, extra);
    state.file.write_at(w.offset, final_header.data(), final_header.size());
  } else {
    state.file.write(head);
    state.file.write(data.data(), data.size());
  }
  state.written.push_back(std::move(w));
}

void NpzWriter::add(std::string_view name, const ConstView& array) {
  add_raw(name, npy_type(array.dtype), size_of(array.dtype), array.shape,
          {static_cast<const std::byte*>(array.data), array.bytes()});
}

void NpzWriter::add_strings(std::string_view name, std::span<const std::string> strings) {
  add_strings(name, strings, {static_cast<int64_t>(strings.size())});
}

void NpzWriter::add_strings(std::string_view name, std::span<const std::string> strings, const Shape& shape) {
  size_t length = 1;  // NumPy has no strings of length 0
  for (const std::string& s : strings) length = std::max(length, s.size());
  std::vector<std::byte> data(strings.size() * length);
  for (size_t i = 0; i < strings.size(); ++i) {
    if (!strings[i].empty()) std::memcpy(data.data() + i * length, strings[i].data(), strings[i].size());
  }
  add_raw(name, NpyType::kBytes, length, shape, data);
}

void NpzWriter::commit() {
  State& state = *state_;
  const uint64_t offset = state.file.size();
  for (const State::Written& w : state.written) state.file.write(state.central_entry(w));
  state.file.write(state.end_records(offset, state.file.size() - offset));
  state.file.commit();
}

}  // namespace foldmesh::tensor
