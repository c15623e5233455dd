// The space-delimited tables of --tblout and --domtblout, column for column as HMMER writes them
// (docs/formats/search-tables.md).
#ifndef FOLDMESH_SEARCH_TABLES_H_
#define FOLDMESH_SEARCH_TABLES_H_

#include <string>
#include <string_view>

#include "foldmesh/search/run_info.h"
#include "foldmesh/search/text_sink.h"
#include "foldmesh/search/top_hits.h"

namespace foldmesh::search {

// The query as tables name it.
struct QueryLabel {
  std::string_view name, accession;
  int length = 0;  // nodes of its profile
};

// Append one line per reported target, or per reported domain of a reported target; `hits` must be finished.
// The header belongs in front of the first query's lines only, though widths follow each query's own hits.
// A long text goes to `sink`, if there is one, in pieces; the last of them stays in `out`.
void append_target_table(std::string& out, const QueryLabel& query, const TopHits& hits, bool with_header,
                         const TextSink& sink = {});
void append_domain_table(std::string& out, const QueryLabel& query, const TopHits& hits, bool with_header,
                         const TextSink& sink = {});
// The comment lines that end either table.
void append_table_tail(std::string& out, const RunInfo& run);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TABLES_H_
