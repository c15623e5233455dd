#include "foldmesh/search/search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "foldmesh/search/collector.h"

namespace foldmesh::search {
namespace {

class Pass {
 public:
  Pass(const std::vector<Query>& queries, const std::vector<TargetDatabase*>& databases,
       const SearchOptions& options, base::ThreadPool& pool)
      : databases_(databases),
        options_(options),
        pool_(pool),
        collector_(databases.size(), options.memory / 4, options.spill_folder) {
    set_context(queries);
    add_tallies();
  }

  void run() {
    UnitSizes sizes = choose_sizes();
    if (options_.log != nullptr) sizes = options_.log->begin(sizes);
    std::vector<std::optional<std::vector<TargetRange>>> ranges;
    for (const TargetDatabase* database : databases_) {
      ranges.push_back(database->ranges(sizes.smallest));
      if (ranges.back()) ranges.back() = tapered(*ranges.back(), sizes);
    }
    UnitQueue units(context_.groups.size(), databases_, std::move(ranges), sizes, pool_.size());
    if (options_.log != nullptr) {
      options_.log->replay([&](UnitResult&& result) {
        units.skip(result.id);
        take(std::move(result));
      });
    }
    pool_.parallel_for(pool_.size(), [&](int64_t, int) { work(units); });
  }

  std::vector<std::vector<SearchResult>> results() {
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
    context_.keep_display = options_.keep_display;
    for (const TargetDatabase* database : databases_) context_.n_targets.push_back(database->n_targets());
    context_.pipeline_bytes = options_.memory / 4 / static_cast<size_t>(pool_.size());
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
    int64_t n_residues = 0;
    for (const TargetDatabase* database : databases_) n_residues += database->n_residues().value_or(0);
    return choose_unit_sizes(n_residues, widest, pool_.size());
  }

  void work(UnitQueue& units) {
    try {
      UnitRunner runner(context_);
      while (const std::optional<Unit> unit = units.next()) {
        UnitResult result = runner.run(*unit);
        if (options_.log != nullptr) options_.log->add(result);
        take(std::move(result));
      }
    } catch (...) {
      units.stop();
      throw;
    }
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
