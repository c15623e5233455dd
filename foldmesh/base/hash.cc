#include "foldmesh/base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

#include "foldmesh/base/file.h"

namespace foldmesh::base {

uint64_t hash64(const void* data, size_t size) { return XXH3_64bits(data, size); }

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() {
    if (xxh == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;

Hasher& Hasher::add(std::string_view bytes) {
  const uint64_t size = bytes.size();
  XXH3_128bits_update(state_->xxh, &size, sizeof size);
  XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::add_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  return add({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()});
}

std::string Hasher::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace foldmesh::base
