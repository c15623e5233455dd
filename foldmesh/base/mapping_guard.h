// What happens when a mapped file cannot be read: SIGBUS. Internal to MappedFile.
#ifndef FOLDMESH_BASE_MAPPING_GUARD_H_
#define FOLDMESH_BASE_MAPPING_GUARD_H_

#include <cstddef>
#include <string_view>

namespace foldmesh::base {

// From now on a bus error inside the mapping ends the process with a line that names the file. Thread-safe.
void watch_mapping(const std::byte* data, size_t size, std::string_view path);
void unwatch_mapping(const std::byte* data);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_MAPPING_GUARD_H_
