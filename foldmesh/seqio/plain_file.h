// Parts of files that are text as they stand, for several readers of one file.
#ifndef FOLDMESH_SEQIO_PLAIN_FILE_H_
#define FOLDMESH_SEQIO_PLAIN_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace foldmesh::seqio {

// Whether open_bytes() (byte_source.h) gives the bytes of a regular file as they are, so that its parts can
// be read alone. False for a path that cannot be opened.
bool is_plain_file(const std::filesystem::path& path);

// Bytes [offset, offset + size) of a plain file. Throws kInput when it cannot be opened, kMachine when
// reading fails or the file ends before.
std::string read_part(const std::filesystem::path& path, uint64_t offset, size_t size);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_PLAIN_FILE_H_
