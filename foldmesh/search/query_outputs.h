// What both kinds of runs do with a finished search. Internal to runs.
#ifndef FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
#define FOLDMESH_SEARCH_QUERY_OUTPUTS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/bio/msa.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/runs.h"
#include "foldmesh/search/text_spool.h"

namespace foldmesh::search {

// Author line of alignments: program and version.
std::string author_of(const RunInfo& info);

// What one query adds to the files of a run, in bounded memory.
class QueryOutputs {
 public:
  // The first query of a run has the tables' headers above its lines.
  QueryOutputs(const RunOptions& options, bool is_first);
  void add_tables(const QueryLabel& query, const TopHits& hits);
  // The alignment, if it was asked for and has rows, and a line about it in the main output. --notextw asks
  // for a single block.
  void add_alignment(const bio::Msa& head, const AlignmentRows& rows);
  bool wants_alignment() const { return options_.outputs.alignment.has_value(); }
  void add_main(std::string_view text) { main_.add(text); }
  TextSink main_sink() {
    return [this](std::string_view text) { main_.add(text); };
  }
  void copy_to(OutputFiles& files) const;

 private:
  const RunOptions& options_;
  bool is_first_;
  TextSpool main_, alignment_, target_table_, domain_table_;
};

// Opens the outputs, then writes banner, one query after the other, and the tails.
class RunWriter {
 public:
  explicit RunWriter(const RunOptions& options);
  // The next n queries, in order; make(i, outputs) is called on any thread.
  void add_queries(size_t n, const std::function<void(size_t, QueryOutputs&)>& make, base::ThreadPool& pool);
  void finish();

 private:
  const RunOptions& options_;
  OutputFiles files_;
  bool is_first_ = true;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_QUERY_OUTPUTS_H_
