// Content hashes (XXH3, 64 and 128 bit): file checksums and the identity of stage inputs. Not cryptographic.
#ifndef FOLDMESH_BASE_HASH_H_
#define FOLDMESH_BASE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace foldmesh::base {

uint64_t hash64(const void* data, size_t size);
inline uint64_t hash64(std::span<const std::byte> bytes) { return hash64(bytes.data(), bytes.size()); }

// Streaming 128-bit hash. Every add() also mixes in its length, so ("ab","c") differs from ("a","bc").
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  Hasher& add(std::string_view bytes);
  Hasher& add_file(const std::filesystem::path& path);
  std::string hex() const;  // 32 lower-case digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_HASH_H_
