// Sequences of a packed database back to FASTA.
#ifndef FOLDMESH_SEQDB_EXTRACT_H_
#define FOLDMESH_SEQDB_EXTRACT_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/seqdb/reader.h"

namespace foldmesh::seqdb {

// `7` or `7-12`: positions counted from 1, both ends included. Throws kInput when it is neither, or reaches
// beyond the database.
Chunk parse_range(const Database& database, std::string_view text);

// The sequences with these names, every one of them where a name repeats, in database order. Reads the whole
// database, as it has no index of names. Throws kInput naming the first name that is not there.
std::vector<Chunk> find_names(const Database& database, std::span<const std::string> names);

// Gives the chunks' sequences as FASTA, piece by piece: header as it was read, residues in upper case in
// lines of `width` (0: one line).
void extract_fasta(const Database& database, std::span<const Chunk> chunks, size_t width,
                   const std::function<void(std::string_view piece)>& sink);

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_EXTRACT_H_
