// Amounts of memory: read, written, and what is left of it.
#ifndef FOLDMESH_BASE_MEMORY_H_
#define FOLDMESH_BASE_MEMORY_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace foldmesh::base {

// "16G", "800M", "1.5T" or plain bytes; K, M, G, T are powers of 1024, an added "iB" or "B" is allowed.
// kInput otherwise.
size_t parse_bytes(std::string_view text);
std::string format_bytes(size_t bytes);  // "1.25 GiB"

// Memory that this process may still take: what the machine has free, or less where a control group (a
// container, a batch job) sets a limit. 0 when the machine does not tell.
size_t available_memory();

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_MEMORY_H_
