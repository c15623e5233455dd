#include "foldmesh/search/query_outputs.h"

#include <fmt/format.h>

#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {

std::string alignment_note(const bio::Msa& msa, const RunOptions& options) {
  if (msa.rows.empty()) return "# No hits satisfy inclusion thresholds; no alignment saved\n";
  return fmt::format("# Alignment of {} hits satisfying inclusion thresholds saved to: {}\n", msa.rows.size(),
                     options.outputs.alignment->string());
}

std::string alignment_text(const bio::Msa& msa, const RunOptions& options) {
  if (msa.rows.empty()) return {};
  return options.main_output.text_width == 0 ? seqio::to_stockholm(msa, 0) : seqio::to_stockholm(msa);
}

std::string author_of(const RunInfo& info) { return fmt::format("{} ({})", info.program, info.version); }

RunWriter::RunWriter(const RunOptions& options) : options_(options), files_(options.outputs) {
  std::string text;
  append_banner(text, options.info);
  files_.add_main(text);
}

void RunWriter::add_tables(const QueryLabel& query, const TopHits& hits) {
  std::string text;
  if (files_.wants_target_table()) {
    append_target_table(text, query, hits, is_first_);
    files_.add_target_table(text);
  }
  text.clear();
  if (files_.wants_domain_table()) {
    append_domain_table(text, query, hits, is_first_);
    files_.add_domain_table(text);
  }
  is_first_ = false;
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
