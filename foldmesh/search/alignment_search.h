// Many queries against many databases, to alignments as AlphaFold reads them: what `foldmesh search` does.
#ifndef FOLDMESH_SEARCH_ALIGNMENT_SEARCH_H_
#define FOLDMESH_SEARCH_ALIGNMENT_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/search/run_info.h"
#include "foldmesh/search/search.h"
#include "foldmesh/search/targets.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

struct NamedDatabase {
  std::string name;  // letters, digits, '_', '-', '.'
  TargetDatabase* targets;
  size_t max_rows = std::numeric_limits<size_t>::max();  // of an alignment, the query counted
};

// AlphaFold 2's filters, and nothing kept that alignments do not need.
SearchOptions for_alignments();

struct AlignmentSearchOptions {
  SearchOptions search = for_alignments();
  Thresholds thresholds = alphafold_thresholds();
  hmm::SingleSequenceOptions scoring;
  bool stockholm = true;  // at least one of `stockholm` and `a3m` must be
  bool a3m = false, target_tables = false, domain_tables = false;
  std::filesystem::path output_folder;
  std::string subfolder;  // of a query's folder; may be empty
  // Of each query, within the output folder, instead of <query>/<subfolder>; then names need not differ.
  std::vector<std::filesystem::path> folders;
  RunInfo info;
  int queries_per_pass = 64;  // at most; fewer where memory is short
  // A run that was interrupted is continued by the next one with the same input, options and databases. What
  // it needs stands in `<output folder>/.search-state` until the run is complete.
  bool resumable = true;
  // Databases that have to be parsed and are searched several times stay in memory up to this size.
  int64_t keep_bytes = int64_t{512} << 20;
};

// What one query found in one database.
struct AlignmentSearchFacts {
  std::string query, database, alignment_path;
  int64_t n_targets = 0, n_reported = 0, n_included = 0;  // -1: unknown
  size_t n_rows = 0;                                      // of the alignment written
};

// A name made safe for a folder: characters outside [A-Za-z0-9_.-] and a leading '.' become '_'.
std::string folder_name(const std::string& query_name);

// Where the files of each query go.
std::vector<std::filesystem::path> query_folders(const std::vector<bio::Sequence>& queries,
                                                 const AlignmentSearchOptions& options);

// Throws kInput for queries without residues, queries whose folders would be the same, and database names
// that are used twice or cannot be part of a file name.
void check_names(const std::vector<bio::Sequence>& queries, const std::vector<std::string>& databases,
                 const AlignmentSearchOptions& options);

// Queries of the same residues: a number for each query, counted from 0 in the order of first appearance.
std::vector<size_t> number_distinct(const std::vector<bio::Sequence>& queries);

// Searches with single-sequence profiles (one jackhmmer round) and writes <database>_hits.sto into each
// query's folder, row 0 being the query; with the switches also
// `_hits.a3m`, `.tblout` and `.domtblout`. Each file appears complete or not at all. Facts come query by
// query, databases in the order given. Queries of the same residues are searched once. Throws kInput for
// queries whose folders would be the same, for databases of the same name, for a query without residues and
// when another process is at work in the same folder.
std::vector<AlignmentSearchFacts> search_alignments(const std::vector<bio::Sequence>& queries,
                                                    const std::vector<NamedDatabase>& databases,
                                                    const AlignmentSearchOptions& options,
                                                    base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_SEARCH_H_
