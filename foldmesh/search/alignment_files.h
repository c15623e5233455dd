// The files of one query and database that `foldmesh search` writes. Internal to alignment_search.
#ifndef FOLDMESH_SEARCH_ALIGNMENT_FILES_H_
#define FOLDMESH_SEARCH_ALIGNMENT_FILES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/search/alignment_search.h"

namespace foldmesh::search {

// The files in a query's folder; the last one is the alignment that facts name.
std::vector<std::filesystem::path> alignment_files(const std::filesystem::path& folder,
                                                   const NamedDatabase& database,
                                                   const AlignmentSearchOptions& options);

// Each file appears complete or not at all. Alignments that would take more than `most_bytes` are written row
// by row.
AlignmentSearchFacts write_alignment_files(const bio::Sequence& query, const std::filesystem::path& folder,
                                           const NamedDatabase& database, const SearchResult& result,
                                           const AlignmentSearchOptions& options, size_t most_bytes);

// Facts as bytes, without the names that the caller knows.
std::string encode(const AlignmentSearchFacts& facts);
AlignmentSearchFacts decode_facts(std::string_view bytes);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_FILES_H_
