#include "foldmesh/scaling/measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <numeric>
#include <thread>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/search/search.h"

namespace foldmesh::scaling {
namespace {

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<int64_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void search_on(base::ThreadPool& pool, const bio::Sequence& query,
               const std::vector<search::TargetDatabase*>& databases, search::SearchOptions options) {
  const hmm::Profile profile(hmm::build_from_sequence(query, {}));
  search::search({{&profile, search::alphafold_thresholds()}}, databases, options, pool);
}

std::vector<search::TargetDatabase*> targets_of(const std::vector<search::NamedDatabase>& databases) {
  std::vector<search::TargetDatabase*> targets;
  for (const search::NamedDatabase& database : databases) targets.push_back(database.targets);
  return targets;
}

// Every processor takes the next database that nobody has taken; they stand in `databases` largest first.
void search_database_per_process(const bio::Sequence& query,
                                 const std::vector<search::TargetDatabase*>& databases, int n_processors,
                                 const search::SearchOptions& options) {
  std::atomic<size_t> next = 0;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(n_processors));
  std::vector<std::thread> processors;
  for (int i = 0; i < n_processors; ++i) {
    processors.emplace_back([&, i] {
      try {
        base::ThreadPool alone(1);
        for (size_t d; (d = next++) < databases.size();) search_on(alone, query, {databases[d]}, options);
      } catch (...) {
        errors[static_cast<size_t>(i)] = std::current_exception();
      }
    });
  }
  for (std::thread& processor : processors) processor.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

std::vector<search::TargetDatabase*> largest_first(const std::vector<search::NamedDatabase>& databases,
                                                   const std::vector<WorkUnit>& chunks) {
  std::vector<double> seconds(databases.size());
  for (const WorkUnit& chunk : chunks) seconds[chunk.database] += chunk.seconds;
  std::vector<size_t> order(databases.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return seconds[a] > seconds[b]; });
  std::vector<search::TargetDatabase*> targets;
  for (const size_t d : order) targets.push_back(databases[d].targets);
  return targets;
}

// The chunks of a run on one thread, in database order: each the median of its times in all rounds.
class ChunkTimes {
 public:
  void add(const search::UnitReport& report) {
    Chunk& chunk = chunks_[{report.database, report.first_target}];
    chunk.n_residues = report.n_residues;
    chunk.seconds.push_back(report.seconds);
  }
  std::vector<WorkUnit> chunks() const {
    std::vector<WorkUnit> all;
    for (const auto& [place, chunk] : chunks_) {
      all.push_back({place.first, median(chunk.seconds), chunk.n_residues});
    }
    return all;
  }

 private:
  struct Chunk {
    int64_t n_residues = 0;
    std::vector<double> seconds;
  };
  std::map<std::pair<size_t, int64_t>, Chunk> chunks_;
};

}  // namespace

DatabaseFacts read_database(search::NamedDatabase& database) {
  DatabaseFacts facts{database.name};
  const auto stream = database.targets->stream(int64_t{1} << 22, 1);
  while (const auto block = stream->next()) {
    for (const hmm::Target& target : block->targets()) {
      const auto n = static_cast<int64_t>(target.residues.size());
      ++facts.n_sequences;
      facts.n_residues += n;
      facts.longest = std::max(facts.longest, n);
    }
  }
  return facts;
}

LengthTimes measure(const bio::Sequence& query, std::vector<search::NamedDatabase>& databases,
                    const std::vector<int>& processors, int64_t chunk_residues, int n_rounds) {
  const search::SearchOptions options = search::for_alignments();
  const std::vector<search::TargetDatabase*> targets = targets_of(databases);

  LengthTimes times;
  times.query_length = query.residues.size();
  ChunkTimes chunk_times;
  std::vector<double> outside;
  for (int round = 0; round < n_rounds; ++round) {
    base::ThreadPool alone(1);
    double inside = 0;
    search::SearchOptions reporting = options;
    reporting.block_residues = chunk_residues;
    reporting.on_unit = [&](const search::UnitReport& report) {
      inside += report.seconds;
      chunk_times.add(report);
    };
    outside.push_back(seconds_of([&] { search_on(alone, query, targets, reporting); }) - inside);
  }
  times.chunks = chunk_times.chunks();
  times.outside_units = std::max(0.0, median(outside));

  const std::vector<search::TargetDatabase*> ordered = largest_first(databases, times.chunks);
  for (const int n : processors) {
    base::ThreadPool pool(n);
    std::vector<double> chunked, per_process;
    for (int round = 0; round < n_rounds; ++round) {
      chunked.push_back(seconds_of([&] { search_on(pool, query, targets, options); }));
      per_process.push_back(seconds_of([&] { search_database_per_process(query, ordered, n, options); }));
    }
    times.chunked[n] = median(chunked);
    times.database_per_process[n] = median(per_process);
  }
  return times;
}

}  // namespace foldmesh::scaling
