#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "foldmesh/tensor/npz.h"
#include "foldmesh/tensor/zip.h"

namespace foldmesh::tensor {
namespace {

constexpr std::string_view kSuffix = ".npy";

struct Array {
  zip::Member member;
  NpyHeader header;
  std::unique_ptr<std::once_flag> first_view = std::make_unique<std::once_flag>();
  Tensor kept;  // what the first view() read, when it could not map
};

// Inflates a raw deflate stream piece by piece into caller's buffers.
class Inflater {
 public:
  Inflater(std::span<const std::byte> in, std::string what) : what_(std::move(what)) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    rest_ = in;
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills `out` as far as the stream goes; returns how many bytes there were.
  size_t read(std::span<std::byte> out) {
    size_t done = 0;
    while (done < out.size() && !ended_) {
      if (stream_.avail_in == 0) {
        const size_t piece = std::min(rest_.size(), size_t{1} << 30);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(rest_.data()));
        stream_.avail_in = static_cast<uInt>(piece);
        rest_ = rest_.subspan(piece);
      }
      const size_t room = std::min(out.size() - done, size_t{1} << 30);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      stream_.avail_out = static_cast<uInt>(room);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (result == Z_STREAM_END) {
        ended_ = true;
      } else if (result != Z_OK) {
        base::throw_input("{}: compressed data is damaged", what_);
      }
    }
    return done;
  }

 private:
  z_stream stream_{};
  std::span<const std::byte> rest_;
  std::string what_;
  bool ended_ = false;
};

DType dtype_of(NpyType type) {
  switch (type) {
    case NpyType::kF32:
      return DType::kF32;
    case NpyType::kF64:
      return DType::kF64;
    case NpyType::kI32:
      return DType::kI32;
    case NpyType::kI64:
      return DType::kI64;
    case NpyType::kU8:
      return DType::kU8;
    case NpyType::kBool:
      return DType::kU8;
    case NpyType::kI8:
      return DType::kI32;
    case NpyType::kBytes:
      break;
  }
  base::throw_internal("byte strings are not numbers");
}

uint32_t crc_of(std::span<const std::byte> bytes, uint32_t seed = 0) {
  if (bytes.empty()) return seed;  // zlib would restart at a null pointer
  return static_cast<uint32_t>(crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

struct NpzReader::State {
  explicit State(const std::filesystem::path& path) : file(path) {}

  std::string what(const Array& array) const {
    return fmt::format("{}: member '{}'", file.path(), base::printable(array.member.name, 200));
  }
  std::span<const std::byte> packed(const Array& array) const {
    return file.bytes().subspan(array.member.data_offset, array.member.compressed_bytes);
  }
  Array& find(std::string_view name) {
    const auto found = arrays.find(name);
    if (found == arrays.end()) {
      base::throw_input("{}: has no array '{}'", file.path(), base::printable(name, 200));
    }
    return found->second;
  }
  bool mappable(const Array& array) const {
    if (array.member.deflated || array.header.type == NpyType::kI8 || array.header.type == NpyType::kBytes) {
      return false;
    }
    const auto address = reinterpret_cast<uintptr_t>(packed(array).data() + array.header.data_offset);
    return address % array.header.item_bytes == 0;
  }

  void check_crc(const Array& array, uint32_t crc) const {
    if (crc != array.member.crc) base::throw_input("{}: checksum is wrong, the file is damaged", what(array));
  }

  // Copies the elements' bytes to `out` (exactly header.data_bytes()) and checks the CRC of the whole member.
  void read_bytes(const Array& array, std::span<std::byte> out) const {
    const size_t n_header = array.header.data_offset;
    if (!array.member.deflated) {
      check_crc(array, crc_of(packed(array)));
      if (!out.empty()) std::memcpy(out.data(), packed(array).data() + n_header, out.size());
      return;
    }
    Inflater inflater(packed(array), what(array));
    std::vector<std::byte> head(n_header);
    std::byte beyond{};
    if (inflater.read(head) != n_header || inflater.read(out) != out.size() ||
        inflater.read({&beyond, 1}) != 0) {
      base::throw_input("{}: is not as long as its directory entry says", what(array));
    }
    check_crc(array, crc_of(out, crc_of(head)));
  }

  Tensor read(const Array& array) const {
    if (array.header.type == NpyType::kBytes) {
      base::throw_input("{}: holds byte strings (expected numbers)", what(array));
    }
    Tensor tensor(dtype_of(array.header.type), array.header.shape);
    if (array.header.type != NpyType::kI8) {
      read_bytes(array, {static_cast<std::byte*>(tensor.view().data), tensor.bytes()});
      return tensor;
    }
    std::vector<std::byte> raw(array.header.data_bytes());
    read_bytes(array, raw);
    std::transform(raw.begin(), raw.end(), tensor.as<int32_t>(),
                   [](std::byte b) { return static_cast<int8_t>(std::to_integer<uint8_t>(b)); });
    return tensor;
  }

  base::MappedFile file;
  std::vector<std::string> names;
  std::map<std::string, Array, std::less<>> arrays;
};

NpzReader::NpzReader(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {
  State& state = *state_;
  for (zip::Member& member : zip::read_directory(state.file.bytes(), state.file.path())) {
    if (!member.name.ends_with(kSuffix)) continue;
    const std::string name = member.name.substr(0, member.name.size() - kSuffix.size());
    Array array;
    array.member = std::move(member);
    const std::string what = state.what(array);
    std::span<const std::byte> head = state.packed(array);
    std::vector<std::byte> inflated;
    if (array.member.deflated) {
      inflated.resize(std::min(array.member.bytes, kMaxNpyHeader + 12));
      inflated.resize(Inflater(head, what).read(inflated));
      head = inflated;
    }
    array.header = parse_npy_header(head, what);
    if (array.header.data_offset > array.member.bytes ||
        array.header.data_bytes() != array.member.bytes - array.header.data_offset) {
      base::throw_input("{}: shape {} of {} does not fit its {} bytes", what, to_string(array.header.shape),
                        name_of(array.header), array.member.bytes);
    }
    state.names.push_back(name);
    state.arrays.emplace(name, std::move(array));
  }
}

NpzReader::~NpzReader() = default;
NpzReader::NpzReader(NpzReader&&) noexcept = default;
NpzReader& NpzReader::operator=(NpzReader&&) noexcept = default;

const std::string& NpzReader::path() const { return state_->file.path(); }
const std::vector<std::string>& NpzReader::names() const { return state_->names; }
bool NpzReader::contains(std::string_view name) const { return state_->arrays.contains(name); }
const NpyHeader& NpzReader::header(std::string_view name) const { return state_->find(name).header; }
bool NpzReader::is_mapped(std::string_view name) const { return state_->mappable(state_->find(name)); }

ConstView NpzReader::view(std::string_view name) const {
  Array& array = state_->find(name);
  const bool mapped = state_->mappable(array);
  // An exception leaves the flag unset, so that the next call finds the damage again.
  std::call_once(*array.first_view, [&] {
    if (mapped) {
      state_->check_crc(array, crc_of(state_->packed(array)));
    } else {
      array.kept = state_->read(array);
    }
  });
  if (!mapped) return std::as_const(array.kept).view();
  return {state_->packed(array).data() + array.header.data_offset, dtype_of(array.header.type),
          array.header.shape};
}

Tensor NpzReader::read(std::string_view name) const { return state_->read(state_->find(name)); }

std::vector<std::string> NpzReader::read_strings(std::string_view name) const {
  const Array& array = state_->find(name);
  if (array.header.type != NpyType::kBytes) {
    base::throw_input("{}: holds {} (expected byte strings)", state_->what(array), name_of(array.header));
  }
  std::vector<std::byte> raw(array.header.data_bytes());
  state_->read_bytes(array, raw);
  const size_t length = array.header.item_bytes;
  // Zero-length strings take no room in the file, so their number must not be believed.
  if (length == 0 && num_elements(array.header.shape) > static_cast<int64_t>(kMaxNpyHeader)) {
    base::throw_input("{}: more empty strings than can be meant", state_->what(array));
  }
  std::vector<std::string> strings(static_cast<size_t>(num_elements(array.header.shape)));
  for (size_t i = 0; i < strings.size(); ++i) {
    strings[i].assign(reinterpret_cast<const char*>(raw.data()) + i * length, length);
    strings[i].resize(strings[i].find_last_not_of('\0') + 1);
  }
  return strings;
}

}  // namespace foldmesh::tensor
