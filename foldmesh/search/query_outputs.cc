#include "foldmesh/search/query_outputs.h"

#include <fmt/format.h>

#include <condition_variable>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace foldmesh::search {

std::string author_of(const RunInfo& info) { return fmt::format("{} ({})", info.program, info.version); }

QueryOutputs::QueryOutputs(const RunOptions& options, bool is_first)
    : options_(options),
      is_first_(is_first),
      main_(options.search.spill_folder),
      alignment_(options.search.spill_folder),
      target_table_(options.search.spill_folder),
      domain_table_(options.search.spill_folder) {}

void QueryOutputs::add_tables(const QueryLabel& query, const TopHits& hits) {
  std::string text;
  if (options_.outputs.target_table) {
    append_target_table(text, query, hits, is_first_,
                        [this](std::string_view piece) { target_table_.add(piece); });
    target_table_.add(text);
  }
  text.clear();
  if (options_.outputs.domain_table) {
    append_domain_table(text, query, hits, is_first_,
                        [this](std::string_view piece) { domain_table_.add(piece); });
    domain_table_.add(text);
  }
}

void QueryOutputs::add_alignment(const bio::Msa& head, const AlignmentRows& rows) {
  if (rows.n_rows() == 0) return add_main("# No hits satisfy inclusion thresholds; no alignment saved\n");
  write_alignment(
      head, rows, options_.search.memory_for(1) / 8,
      [this](std::string_view piece) { alignment_.add(piece); },
      options_.main_output.text_width == 0 ? 0 : kStockholmColumns);
  add_main(fmt::format("# Alignment of {} hits satisfying inclusion thresholds saved to: {}\n", rows.n_rows(),
                       options_.outputs.alignment->string()));
}

void QueryOutputs::copy_to(OutputFiles& files) const {
  main_.copy_to([&](std::string_view text) { files.add_main(text); });
  alignment_.copy_to([&](std::string_view text) { files.add_alignment(text); });
  target_table_.copy_to([&](std::string_view text) { files.add_target_table(text); });
  domain_table_.copy_to([&](std::string_view text) { files.add_domain_table(text); });
}

RunWriter::RunWriter(const RunOptions& options) : options_(options), files_(options.outputs) {
  std::string text;
  append_banner(text, options.info);
  files_.add_main(text);
}

void RunWriter::add_queries(size_t n, const std::function<void(size_t, QueryOutputs&)>& make,
                            base::ThreadPool& pool) {
  // Texts of so many queries are in memory at a time at most: whoever is further ahead waits.
  const size_t n_ahead = 8 * static_cast<size_t>(pool.size());
  std::mutex mutex;  // guards the following, and the files
  std::condition_variable changed;
  std::map<size_t, std::unique_ptr<QueryOutputs>> finished;
  size_t n_copied = 0;
  bool failed = false;
  pool.parallel_for(static_cast<int64_t>(n), [&](int64_t index, int) {
    const auto i = static_cast<size_t>(index);
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return failed || i < n_copied + n_ahead; });
    if (failed) return;
    auto outputs = std::make_unique<QueryOutputs>(options_, is_first_ && i == 0);
    try {
      lock.unlock();
      make(i, *outputs);
      lock.lock();
      finished.emplace(i, std::move(outputs));
      for (auto next = finished.find(n_copied); next != finished.end(); next = finished.find(++n_copied)) {
        next->second->copy_to(files_);
        finished.erase(next);
      }
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      failed = true;
      changed.notify_all();
      throw;
    }
    changed.notify_all();
  });
  if (n > 0) is_first_ = false;
}

void RunWriter::finish() {
  std::string tail;
  append_table_tail(tail, options_.info);
  files_.add_target_table(tail);
  files_.add_domain_table(tail);
  files_.add_main("[ok]\n");
  files_.commit();
}

}  // namespace foldmesh::search
