// One pass of several profiles over several databases, on all threads.
#ifndef FOLDMESH_SEARCH_SEARCH_H_
#define FOLDMESH_SEARCH_SEARCH_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/search/targets.h"
#include "foldmesh/search/thresholds.h"
#include "foldmesh/search/top_hits.h"

namespace foldmesh::search {

struct Query {
  const hmm::Profile* profile;
  Thresholds thresholds;
};

// A finished unit of work.
struct UnitReport {
  size_t query = 0, database = 0;
  int64_t first_target = 0, n_targets = 0;
  double seconds = 0;  // on its thread
};

struct SearchOptions {
  hmm::PipelineOptions pipeline;
  int64_t block_residues = 0;  // of a unit of work; 0 chooses
  // The strings that only the main output's alignment blocks show are dropped when false, which halves the
  // memory that hits take.
  bool keep_display = true;
  // Per database (empty: no limits): no more rows of hits will be asked for in an alignment. Bounds the
  // memory of hits where the size of the database is known in advance (packed, or Z given) and keep_display
  // is off.
  std::vector<size_t> max_rows;
  // Called from any thread with the number of target comparisons done since the last call.
  std::function<void(int64_t)> on_progress;
  // Called from any thread after each unit, for measurements.
  std::function<void(const UnitReport&)> on_unit;
};

struct SearchResult {
  TopHits hits;  // finished
  hmm::StageCounters counters;
};

// Every query against every database; result[query][database]. The unit of work is one query against one
// block of targets; blocks are read once for all queries. Memory: a few blocks and one pipeline per thread,
// and the hits that can still be reported. The result does not depend on the number of threads or the block
// size.
std::vector<std::vector<SearchResult>> search(const std::vector<Query>& queries,
                                              const std::vector<TargetDatabase*>& databases,
                                              const SearchOptions& options, base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_SEARCH_H_
