// What both kinds of runs do with a finished search. Internal to runs.
#ifndef FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
#define FOLDMESH_SEARCH_QUERY_OUTPUTS_H_

#include <string>
#include <string_view>

#include "foldmesh/bio/msa.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/runs.h"

namespace foldmesh::search {

// Author line of alignments: program and version.
std::string author_of(const RunInfo& info);

// Opens the outputs, then writes banner, one query after the other, and the tails.
class RunWriter {
 public:
  explicit RunWriter(const RunOptions& options);
  void add_tables(const QueryLabel& query, const TopHits& hits);
  // The alignment, if it was asked for and has rows, and a line about it in the main output. --notextw asks
  // for a single block.
  void add_alignment(const bio::Msa& head, const AlignmentRows& rows);
  void add_main(std::string_view text) { files_.add_main(text); }
  TextSink main_sink() {
    return [this](std::string_view text) { files_.add_main(text); };
  }
  bool wants_alignment() const { return files_.wants_alignment(); }
  void finish();

 private:
  const RunOptions& options_;
  OutputFiles files_;
  bool is_first_ = true;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
