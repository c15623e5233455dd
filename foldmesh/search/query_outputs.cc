#include "foldmesh/search/query_outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
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
  // So many texts are in memory at a time that threads seldom wait for the last of them.
  const size_t n_together = 8 * static_cast<size_t>(pool.size());
  for (size_t first = 0; first < n; first += n_together) {
    std::deque<QueryOutputs> outputs;
    for (size_t i = first; i < std::min(n, first + n_together); ++i) {
      outputs.emplace_back(options_, std::exchange(is_first_, false));
    }
    pool.parallel_for(std::ssize(outputs),
                      [&](int64_t i, int) { make(first + static_cast<size_t>(i), outputs[i]); });
    for (const QueryOutputs& query : outputs) query.copy_to(files_);
  }
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
