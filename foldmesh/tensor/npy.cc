#include "foldmesh/tensor/npy.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace foldmesh::tensor {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxDimensions = 32;  // NumPy's own limit

// The header is a Python dictionary literal with three keys; only that much of Python is understood.
class DictParser {
 public:
  DictParser(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  void parse(std::string* descr, bool* fortran_order, Shape* shape) {
    bool seen_descr = false, seen_order = false, seen_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        if (peek() == '[') fail("structured arrays are not supported");
        *descr = string();
        seen_descr = true;
      } else if (key == "fortran_order") {
        *fortran_order = boolean();
        seen_order = true;
      } else if (key == "shape") {
        *shape = tuple();
        seen_shape = true;
      } else {
        fail(fmt::format("unknown key '{}' in the array header", base::printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("text after the array header");
    if (!seen_descr || !seen_order || !seen_shape) {
      fail("incomplete array header (expected descr, fortran_order and shape)");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view problem) const { base::throw_input("{}: {}", what_, problem); }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("damaged array header (expected '{}' at byte {})", c, at_));
  }
  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"')
      fail(fmt::format("damaged array header (expected a string at byte {})", at_));
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("damaged array header (string without end)");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    fail("damaged array header (expected True or False)");
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_space();
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) fail("damaged array header (expected extents of the shape)");
      at_ = static_cast<size_t>(end - text_.data());
      accept('L');  // Python 2 wrote long integers so
      shape.push_back(extent);
      if (shape.size() > kMaxDimensions) fail(fmt::format("more than {} dimensions", kMaxDimensions));
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_, what_;
  size_t at_ = 0;
};

struct TypeName {
  NpyType type;
  std::string_view descr;
  std::string_view name;
  size_t item_bytes;
};
constexpr TypeName kTypes[] = {
    {NpyType::kF32, "<f4", "float32", 4}, {NpyType::kF64, "<f8", "float64", 8},
    {NpyType::kI32, "<i4", "int32", 4},   {NpyType::kI64, "<i8", "int64", 8},
    {NpyType::kU8, "|u1", "uint8", 1},    {NpyType::kI8, "|i1", "int8", 1},
    {NpyType::kBool, "|b1", "bool", 1},
};

const TypeName& type_name(NpyType type) {
  for (const TypeName& t : kTypes) {
    if (t.type == type) return t;
  }
  base::throw_internal("no .npy type number {}", static_cast<int>(type));
}

void set_type(std::string_view descr, std::string_view what, NpyHeader* header) {
  for (const TypeName& t : kTypes) {
    if (t.descr == descr) {
      header->type = t.type;
      header->item_bytes = t.item_bytes;
      return;
    }
  }
  if (descr.starts_with("|S")) {
    uint32_t length = 0;
    const auto [end, error] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), length);
    if (error == std::errc() && end == descr.data() + descr.size()) {
      header->type = NpyType::kBytes;
      header->item_bytes = length;
      return;
    }
  }
  const char* hint = descr.starts_with('>')    ? " (big-endian)"
                     : descr == "|O"           ? " (pickled Python objects)"
                     : descr.starts_with("<U") ? " (Unicode strings; store byte strings instead)"
                                               : "";
  base::throw_input("{}: element type '{}'{} is not supported (expected one of f4 f8 i4 i8 u1 i1 b1 S)", what,
                    base::printable(descr), hint);
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, std::string_view what) {
  if (bytes.size() < 12 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    base::throw_input("{}: is not a .npy array", what);
  }
  const int version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) {
    base::throw_input("{}: .npy format version {} is unknown (expected 1, 2 or 3)", what, version);
  }
  const size_t n_length = version == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = n_length; i-- > 0;) length = length << 8 | std::to_integer<size_t>(bytes[8 + i]);
  const size_t begin = 8 + n_length;
  if (length > kMaxNpyHeader) base::throw_input("{}: array header of {} bytes is too long", what, length);
  if (length > bytes.size() - begin) base::throw_input("{}: ends inside the array header", what);

  std::string descr;
  bool fortran_order = false;
  NpyHeader header;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  DictParser(text, what).parse(&descr, &fortran_order, &header.shape);
  set_type(descr, what, &header);
  if (fortran_order && header.shape.size() > 1) {
    base::throw_input("{}: is in Fortran order (expected C order; save numpy.ascontiguousarray(x))", what);
  }
  size_t data_bytes = 0;
  int64_t elements = 1;
  for (int64_t extent : header.shape) {
    if (__builtin_mul_overflow(elements, extent, &elements)) {
      base::throw_input("{}: shape {} is impossible", what, to_string(header.shape));
    }
  }
  if (__builtin_mul_overflow(static_cast<size_t>(elements), header.item_bytes, &data_bytes)) {
    base::throw_input("{}: shape {} is impossible", what, to_string(header.shape));
  }
  header.data_offset = begin + length;
  return header;
}

std::string make_npy_header(NpyType type, size_t item_bytes, const Shape& shape) {
  std::string extents;
  for (int64_t extent : shape) extents += fmt::format("{}, ", extent);
  if (shape.size() != 1 && !shape.empty()) extents.resize(extents.size() - 2);
  if (shape.size() == 1) extents.pop_back();
  const std::string descr =
      type == NpyType::kBytes ? fmt::format("|S{}", item_bytes) : std::string(type_name(type).descr);
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, extents);

  constexpr size_t kAlign = 64;
  size_t begin = kMagic.size() + 4;
  const auto padded = [&] { return (begin + text.size() + 1 + kAlign - 1) / kAlign * kAlign; };
  const bool version_2 = padded() - begin > 65535;
  if (version_2) begin += 2;
  text.append(padded() - begin - text.size() - 1, ' ');
  text += '\n';

  std::string header(kMagic);
  header += static_cast<char>(version_2 ? 2 : 1);
  header += '\0';
  const size_t n_length = version_2 ? 4 : 2;
  for (size_t i = 0; i < n_length; ++i) header += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return header + text;
}

NpyType npy_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return NpyType::kF32;
    case DType::kF64:
      return NpyType::kF64;
    case DType::kI32:
      return NpyType::kI32;
    case DType::kI64:
      return NpyType::kI64;
    case DType::kU8:
      return NpyType::kU8;
  }
  base::throw_internal("no .npy type for this tensor");
}

std::string name_of(const NpyHeader& header) {
  if (header.type == NpyType::kBytes) return fmt::format("bytes{}", header.item_bytes);
  return std::string(type_name(header.type).name);
}

}  // namespace foldmesh::tensor
