// Gathers what units found, within bounded memory.
#ifndef FOLDMESH_SEARCH_COLLECTOR_H_
#define FOLDMESH_SEARCH_COLLECTOR_H_

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "foldmesh/search/top_hits.h"
#include "foldmesh/search/unit_result.h"

namespace foldmesh::search {

// A table of hits per query and database. When all of them together exceed the bound, the longest one goes to
// a temporary file. Thread-safe.
class Collector {
 public:
  Collector(size_t n_databases, size_t most_bytes, std::filesystem::path spill_folder);

  // Queries first to last, databases first to last; before the first add().
  void add_tally(TopHits hits);

  void add(size_t query, size_t database, UnitResult::Part&& part);
  // Ranks and counts a table; different ones may be finished at the same time.
  void finish(size_t query, size_t database);
  // Takes a finished table out.
  std::pair<TopHits, hmm::StageCounters> take(size_t query, size_t database);

 private:
  struct Tally {
    explicit Tally(TopHits h) : hits(std::move(h)) {}
    std::mutex mutex;
    TopHits hits;
    hmm::StageCounters counters;
    std::atomic<size_t> memory{0};
  };
  void update_memory(Tally& tally);
  void spill();

  const size_t n_databases_, most_bytes_;
  std::vector<std::unique_ptr<Tally>> tallies_;
  std::atomic<size_t> memory_{0};  // of all tallies
  std::mutex spill_mutex_;
  std::shared_ptr<base::SpillFile> file_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_COLLECTOR_H_
