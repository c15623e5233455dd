#include "foldmesh/search/search.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace foldmesh::search {
namespace {

struct Unit {
  size_t query = 0, database = 0;
  std::shared_ptr<const TargetBlock> block;
};

// Hands out the units of a search: databases in order, within one the blocks in order, within one all
// queries, so that a block stays in the cache and is let go after its last query.
class UnitQueue {
 public:
  UnitQueue(size_t n_queries, const std::vector<TargetDatabase*>& databases, int64_t block_residues,
            int n_threads)
      : n_queries_(n_queries),
        databases_(databases),
        block_residues_(block_residues),
        n_threads_(n_threads) {}

  // Thread-safe. False when there is nothing left or stop() was called.
  bool next(Unit& unit) {
    std::lock_guard lock(mutex_);
    unit = {};
    if (stopped_) return false;
    if (block_ == nullptr || query_ == n_queries_) {
      if (!next_block()) return false;
    }
    unit = {query_++, database_, block_};
    return true;
  }

  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    block_.reset();
  }

 private:
  bool next_block() {
    query_ = 0;
    block_.reset();
    for (; n_queries_ > 0 && database_ < databases_.size(); ++database_, stream_.reset()) {
      if (!stream_) stream_ = databases_[database_]->stream(block_residues_, n_threads_);
      block_ = stream_->next();
      if (block_) return true;
    }
    return false;
  }

  size_t n_queries_;
  const std::vector<TargetDatabase*>& databases_;
  int64_t block_residues_;
  int n_threads_;
  std::mutex mutex_;  // guards everything below
  bool stopped_ = false;
  size_t database_ = 0, query_ = 0;
  std::unique_ptr<TargetStream> stream_;
  std::shared_ptr<const TargetBlock> block_;
};

// What one query has found in one database so far.
struct Tally {
  explicit Tally(const Thresholds& thresholds) : hits(thresholds) {}
  std::mutex mutex;
  TopHits hits;
  hmm::StageCounters counters;
};

// The pipeline of one thread; it is kept while the thread goes on with the same query and database.
class Worker {
 public:
  Worker(const std::vector<Query>& queries, const std::vector<TargetDatabase*>& databases,
         const SearchOptions& options, std::vector<std::unique_ptr<Tally>>& tallies)
      : queries_(queries), databases_(databases), options_(options), tallies_(tallies) {}

  void run(const Unit& unit) {
    if (!pipeline_ || unit.query != query_ || unit.database != database_) {
      finish();
      query_ = unit.query;
      database_ = unit.database;
      pipeline_.emplace(*queries_[query_].profile, options_.pipeline);
    }
    // A packed database tells its size; of a stream we know that this block is part of it.
    const int64_t z_at_least =
        databases_[database_]->n_targets().value_or(unit.block->first_index() + unit.block->n_targets());
    TopHits found(queries_[query_].thresholds);
    const int64_t first_index = unit.block->first_index();
    pipeline_->search(unit.block->targets(), [&](size_t index, hmm::Hit&& hit) {
      hit.target_index = first_index + static_cast<int64_t>(index);
      if (!options_.keep_display) drop_display(hit);
      found.add(std::move(hit), z_at_least);
    });
    Tally& tally = this->tally();
    std::lock_guard lock(tally.mutex);
    tally.hits.merge(std::move(found));
  }

  // Hands over the counters of the current pipeline.
  void finish() {
    if (!pipeline_) return;
    Tally& tally = this->tally();
    std::lock_guard lock(tally.mutex);
    tally.counters += pipeline_->counters();
    pipeline_.reset();
  }

 private:
  Tally& tally() { return *tallies_[query_ * databases_.size() + database_]; }

  static void drop_display(hmm::Hit& hit) {
    for (hmm::Domain& domain : hit.domains) {
      for (std::string* text : {&domain.alignment.match, &domain.alignment.rf, &domain.alignment.cs}) {
        text->clear();
        text->shrink_to_fit();
      }
    }
  }

  const std::vector<Query>& queries_;
  const std::vector<TargetDatabase*>& databases_;
  const SearchOptions& options_;
  std::vector<std::unique_ptr<Tally>>& tallies_;
  size_t query_ = 0, database_ = 0;
  std::optional<hmm::Pipeline> pipeline_;
};

}  // namespace

std::vector<std::vector<SearchResult>> search(const std::vector<Query>& queries,
                                              const std::vector<TargetDatabase*>& databases,
                                              const SearchOptions& options, base::ThreadPool& pool) {
  std::vector<std::unique_ptr<Tally>> tallies;
  for (const Query& query : queries) {
    for (size_t i = 0; i < databases.size(); ++i) {
      tallies.push_back(std::make_unique<Tally>(query.thresholds));
      const std::optional<int64_t> n_targets = databases[i]->n_targets();
      if (i < options.max_rows.size() && !options.keep_display && (n_targets || query.thresholds.Z)) {
        tallies.back()->hits.limit_rows(options.max_rows[i], n_targets.value_or(0));
      }
    }
  }
  UnitQueue units(queries.size(), databases, options.block_residues, pool.size());
  pool.parallel_for(pool.size(), [&](int64_t, int) {
    try {
      Worker worker(queries, databases, options, tallies);
      for (Unit unit; units.next(unit);) {
        const auto start = std::chrono::steady_clock::now();
        worker.run(unit);
        if (options.on_unit) {
          const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
          options.on_unit(
              {unit.query, unit.database, unit.block->first_index(), unit.block->n_targets(), time.count()});
        }
        if (options.on_progress) options.on_progress(unit.block->n_targets());
      }
      worker.finish();
    } catch (...) {
      units.stop();
      throw;
    }
  });

  for (const TargetDatabase* database : databases) database->check_unchanged();

  std::vector<std::vector<SearchResult>> results(queries.size());
  for (size_t i = 0; i < tallies.size(); ++i) {
    Tally& tally = *tallies[i];
    tally.hits.finish(tally.counters.n_targets);
    results[i / databases.size()].push_back({std::move(tally.hits), tally.counters});
  }
  return results;
}

}  // namespace foldmesh::search
