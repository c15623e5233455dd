// FASTA as something to search: cut into blocks by one reader, parsed on the threads that search. Internal to
// targets.
#ifndef FOLDMESH_SEARCH_FASTA_TARGETS_H_
#define FOLDMESH_SEARCH_FASTA_TARGETS_H_

#include <filesystem>
#include <memory>

#include "foldmesh/search/targets.h"

namespace foldmesh::search {

// Plain, gzip or zstd; "-" is standard input.
std::unique_ptr<TargetDatabase> open_fasta_targets(const std::filesystem::path& path);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_FASTA_TARGETS_H_
