// Values as bytes, for files and messages that only this program reads: little endian, no padding.
#ifndef FOLDMESH_BASE_BYTES_H_
#define FOLDMESH_BASE_BYTES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::base {

// Appends to a string. Plain numbers and arrays of them are copied as they are.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <typename T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(std::string_view text) {
    put(static_cast<uint64_t>(text.size()));
    out_.append(text);
  }
  template <typename T>
  void put_array(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(static_cast<uint64_t>(values.size()));
    out_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }

 private:
  std::string& out_;
};

// Reads the same back, in the same order. Bytes that end too early throw kMachine.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  // A view into the bytes.
  std::string_view text() { return take(get<uint64_t>()); }
  template <typename T>
  std::vector<T> array() {
    const auto n = get<uint64_t>();
    if (n > bytes_.size() / sizeof(T)) fail();
    std::vector<T> values(n);
    if (n > 0) std::memcpy(values.data(), take(n * sizeof(T)).data(), n * sizeof(T));
    return values;
  }
  std::string_view take(uint64_t n) {
    if (n > bytes_.size()) fail();
    const std::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }
  std::string_view rest() const { return bytes_; }
  bool done() const { return bytes_.empty(); }

 private:
  [[noreturn]] static void fail() { throw_machine("a stored record or message ends too early"); }
  std::string_view bytes_;
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_BYTES_H_
