// What both kinds of runs do with a finished search. Internal to runs.
#ifndef FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
#define FOLDMESH_SEARCH_QUERY_OUTPUTS_H_

#include <string>

#include "foldmesh/bio/msa.h"
#include "foldmesh/search/runs.h"

namespace foldmesh::search {

// The line of the main output that says where the alignment went, or that there is none.
std::string alignment_note(const bio::Msa& msa, const RunOptions& options);
// Stockholm text; --notextw asks for a single block.
std::string alignment_text(const bio::Msa& msa, const RunOptions& options);
// Author line of alignments: program and version.
std::string author_of(const RunInfo& info);

// Opens the outputs, then writes banner, one query after the other, and the tails.
class RunWriter {
 public:
  explicit RunWriter(const RunOptions& options);
  OutputFiles& files() { return files_; }
  void add_tables(const QueryLabel& query, const TopHits& hits);
  void finish();

 private:
  const RunOptions& options_;
  OutputFiles files_;
  bool is_first_ = true;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
