#include "foldmesh/search/query_outputs.h"

#include <fmt/format.h>

namespace foldmesh::search {

std::string author_of(const RunInfo& info) { return fmt::format("{} ({})", info.program, info.version); }

RunWriter::RunWriter(const RunOptions& options) : options_(options), files_(options.outputs) {
  std::string text;
  append_banner(text, options.info);
  files_.add_main(text);
}

void RunWriter::add_tables(const QueryLabel& query, const TopHits& hits) {
  std::string text;
  if (files_.wants_target_table()) {
    append_target_table(text, query, hits, is_first_,
                        [this](std::string_view piece) { files_.add_target_table(piece); });
    files_.add_target_table(text);
  }
  text.clear();
  if (files_.wants_domain_table()) {
    append_domain_table(text, query, hits, is_first_,
                        [this](std::string_view piece) { files_.add_domain_table(piece); });
    files_.add_domain_table(text);
  }
  is_first_ = false;
}

void RunWriter::add_alignment(const bio::Msa& head, const AlignmentRows& rows) {
  if (rows.n_rows() == 0) {
    return files_.add_main("# No hits satisfy inclusion thresholds; no alignment saved\n");
  }
  write_alignment(
      head, rows, options_.search.memory_for(1) / 8,
      [this](std::string_view piece) { files_.add_alignment(piece); },
      options_.main_output.text_width == 0 ? 0 : kStockholmColumns);
  files_.add_main(fmt::format("# Alignment of {} hits satisfying inclusion thresholds saved to: {}\n",
                              rows.n_rows(), options_.outputs.alignment->string()));
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
