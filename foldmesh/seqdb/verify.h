// Full check of a packed sequence database.
#ifndef FOLDMESH_SEQDB_VERIFY_H_
#define FOLDMESH_SEQDB_VERIFY_H_

#include <cstdint>
#include <functional>

#include "foldmesh/seqdb/reader.h"

namespace foldmesh::seqdb {

// Reads every byte of an opened database; throws kInput "FILE: damaged at byte N: what" for the first damaged
// block. (Header and directory were checked on opening.) `on_progress`, if given, is called with the bytes of
// each block.
void verify(const Database& database, const std::function<void(uint64_t bytes)>& on_progress = {});

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_VERIFY_H_
