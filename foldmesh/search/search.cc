#include "foldmesh/search/search.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "foldmesh/search/collector.h"
#include "foldmesh/search/crew.h"

namespace foldmesh::search {
namespace {

class Pass {
 public:
  Pass(const std::vector<Query>& queries, const std::vector<TargetDatabase*>& databases,
       const SearchOptions& options, base::ThreadPool& pool)
      : databases_(databases),
        options_(options),
        pool_(pool),
        matrices_(options.memory_for(pool.size()), pool.size(), options.memory > 0),
        collector_(databases.size(), options.memory_for(pool.size()) / 4, options.spill_folder) {
    set_context(queries);
    add_tallies();
  }

  void run() {
    if (options_.crew != nullptr) options_.crew->begin(context_, databases_);
    UnitSizes sizes = choose_sizes();
    if (options_.log != nullptr) sizes = options_.log->begin(sizes);
    UnitQueue units(context_.groups.size(), readable_here(), all_ranges(sizes), sizes, pool_.size());
    if (options_.log != nullptr) {
      options_.log->replay([&](UnitResult&& result) {
        units.skip(result.id);
        take(std::move(result));
      });
    }
    if (options_.crew == nullptr) return work(units);
    work_with_crew(units);
  }

  std::vector<std::vector<SearchResult>> results() {
    pool_.parallel_for(std::ssize(context_.queries), [&](int64_t query, int) {
      for (size_t database = 0; database < databases_.size(); ++database) {
        collector_.finish(static_cast<size_t>(query), database);
      }
    });
    std::vector<std::vector<SearchResult>> all(context_.queries.size());
    for (size_t query = 0; query < all.size(); ++query) {
      for (size_t database = 0; database < databases_.size(); ++database) {
        auto [hits, counters] = collector_.take(query, database);
        all[query].push_back({std::move(hits), counters});
      }
    }
    return all;
  }

 private:
  void set_context(const std::vector<Query>& queries) {
    std::vector<int> lengths;
    for (const Query& query : queries) lengths.push_back(query.profile->M());
    context_.queries = queries;
    context_.groups = group_queries(lengths);
    context_.pipeline = options_.pipeline;
    context_.matrices = &matrices_;
    context_.memory = options_.memory;
    context_.keep_display = options_.keep_display;
    for (const TargetDatabase* database : databases_) context_.n_targets.push_back(database->n_targets());
    context_.on_unit = options_.on_unit;
  }

  void add_tallies() {
    for (const Query& query : context_.queries) {
      for (size_t i = 0; i < databases_.size(); ++i) {
        TopHits hits(query.thresholds);
        const std::optional<int64_t> n_targets = context_.n_targets[i];
        if (i < options_.max_rows.size() && !options_.keep_display && (n_targets || query.thresholds.Z)) {
          hits.limit_rows(options_.max_rows[i], n_targets.value_or(0));
        }
        collector_.add_tally(std::move(hits));
      }
    }
  }

  UnitSizes choose_sizes() const {
    if (options_.block_residues > 0) return {options_.block_residues, options_.block_residues, 1};
    int widest = 0;
    for (const std::vector<size_t>& group : context_.groups) {
      int width = 0;
      for (const size_t query : group) width += context_.queries[query].profile->M();
      widest = std::max(widest, width);
    }
    UnitDemand demand;
    for (const TargetDatabase* database : databases_) {
      if (!database->n_residues()) continue;
      demand.n_residues += *database->n_residues();
      demand.n_targets += database->n_targets().value_or(0);
    }
    demand.n_groups = context_.groups.size();
    demand.widest_group = widest;
    demand.n_workers = pool_.size() + (options_.crew == nullptr ? 0 : options_.crew->n_threads());
    demand.unit_bytes = options_.memory_for(pool_.size()) / 4 / static_cast<size_t>(pool_.size());
    return choose_unit_sizes(demand);
  }

  // Null for those that only others can read.
  std::vector<TargetDatabase*> readable_here() const {
    std::vector<TargetDatabase*> here = databases_;
    for (TargetDatabase*& database : here) {
      if (!database->is_here()) database = nullptr;
    }
    return here;
  }

  std::vector<std::optional<std::vector<TargetRange>>> all_ranges(const UnitSizes& sizes) const {
    std::vector<std::optional<std::vector<TargetRange>>> all;
    for (size_t i = 0; i < databases_.size(); ++i) {
      const TargetDatabase& database = *databases_[i];
      all.push_back(database.is_here() ? database.ranges(sizes.smallest)
                                       : options_.crew->ranges(i, sizes.smallest));
      if (all.back()) all.back() = tapered(*all.back(), sizes);
    }
    return all;
  }

  void work(UnitQueue& units) {
    pool_.parallel_for(pool_.size(), [&](int64_t, int) {
      try {
        UnitRunner runner(context_);
        while (const std::optional<Unit> unit = units.next()) record(runner.run(*unit));
      } catch (...) {
        units.stop();
        throw;
      }
    });
  }

  // The calling thread talks to the others, so our own units are done beside it.
  void work_with_crew(UnitQueue& units) {
    std::atomic<bool> done = false;
    std::exception_ptr error;
    std::thread workers([&] {
      try {
        work(units);
      } catch (...) {
        error = std::current_exception();
      }
      done = true;
    });
    try {
      options_.crew->work(
          units, [&](std::string_view result) { record(decode_unit_result(result)); }, done,
          [&] {
            if (done && error) std::rethrow_exception(error);
          });
    } catch (...) {
      units.stop();
      workers.join();
      throw;
    }
    workers.join();
  }

  void record(UnitResult&& result) {
    if (options_.log != nullptr) options_.log->add(result);
    take(std::move(result));
  }

  void take(UnitResult&& result) {
    const std::vector<size_t>& group = context_.groups.at(result.id.group);
    int64_t n_done = 0;
    for (size_t i = 0; i < group.size(); ++i) {
      n_done += result.parts.at(i).counters.n_targets;
      collector_.add(group[i], result.id.database, std::move(result.parts[i]));
    }
    if (options_.on_progress) options_.on_progress(n_done);
  }

  const std::vector<TargetDatabase*>& databases_;
  const SearchOptions& options_;
  base::ThreadPool& pool_;
  UnitContext context_;
  hmm::MatrixBudget matrices_;
  Collector collector_;
};

}  // namespace

std::vector<std::vector<SearchResult>> search(const std::vector<Query>& queries,
                                              const std::vector<TargetDatabase*>& databases,
                                              const SearchOptions& options, base::ThreadPool& pool) {
  Pass pass(queries, databases, options, pool);
  pass.run();
  for (const TargetDatabase* database : databases) database->check_unchanged();
  return pass.results();
}

}  // namespace foldmesh::search
