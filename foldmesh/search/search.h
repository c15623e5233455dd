// One pass of several profiles over several databases, on all threads.
#ifndef FOLDMESH_SEARCH_SEARCH_H_
#define FOLDMESH_SEARCH_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/search/targets.h"
#include "foldmesh/search/top_hits.h"
#include "foldmesh/search/unit_runner.h"

namespace foldmesh::search {

// Keeps the results of finished units, so that an interrupted search can go on (search_state.h).
class UnitLog {
 public:
  virtual ~UnitLog() = default;
  // `sizes` are those we would choose; gives those of the interrupted search, if there was one.
  virtual UnitSizes begin(const UnitSizes& sizes) = 0;
  // The results of the interrupted search.
  virtual void replay(const std::function<void(UnitResult&&)>& on_result) = 0;
  virtual void add(const UnitResult& result) = 0;  // thread-safe
};

class Crew;  // crew.h

// What a profile takes in memory, roughly, for each of its nodes.
inline constexpr size_t kProfileBytesPerNode = 3000;

struct SearchOptions {
  hmm::PipelineOptions pipeline;
  int64_t block_residues = 0;  // of a range of targets; 0 chooses
  // The strings that only the main output's alignment blocks show are dropped when false, which halves the
  // memory that hits take.
  bool keep_display = true;
  // Per database (empty: no limits): no more rows of hits will be asked for in an alignment. Bounds the
  // memory of hits where the size of the database is known in advance (packed, or Z given) and keep_display
  // is off.
  std::vector<size_t> max_rows;
  // Bytes that profiles, hits and working memory may take together (the map of a database is not counted).
  // Hits beyond a quarter of it are kept in a temporary file in `spill_folder` (empty: the system's). 0: 128
  // MiB for every thread, but no less than 256 MiB, so that units do not shrink with the number of threads.
  size_t memory = 0;
  size_t memory_for(int n_threads) const {
    return memory > 0 ? memory : (size_t{128} << 20) * static_cast<size_t>(n_threads > 2 ? n_threads : 2);
  }
  std::filesystem::path spill_folder;
  UnitLog* log = nullptr;  // may be null
  Crew* crew = nullptr;    // other machines that help; may be null
  // Called from any thread with the number of target comparisons done since the last call.
  std::function<void(int64_t)> on_progress;
  // Called from any thread for each query and range done in this process; may be empty.
  std::function<void(const UnitReport&)> on_unit;
};

struct SearchResult {
  TopHits hits;  // finished
  hmm::StageCounters counters;
};

// Every query against every database; result[query][database]. The unit of work is a group of queries against
// a range of targets (units.h). The result does not depend on the number of threads, the sizes of units, the
// memory or the order of arrival.
std::vector<std::vector<SearchResult>> search(const std::vector<Query>& queries,
                                              const std::vector<TargetDatabase*>& databases,
                                              const SearchOptions& options, base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_SEARCH_H_
