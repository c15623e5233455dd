#include "foldmesh/search/alignment_files.h"

#include "foldmesh/base/bytes.h"
#include "foldmesh/base/file.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/query_outputs.h"
#include "foldmesh/search/tables.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/query_msa.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;

struct Paths {
  fs::path a3m, target_table, domain_table, stockholm;
  Paths(const fs::path& folder, const NamedDatabase& database) {
    const std::string stem = (folder / database.name).string();
    a3m = stem + "_hits.a3m";
    target_table = stem + ".tblout";
    domain_table = stem + ".domtblout";
    stockholm = stem + "_hits.sto";
  }
};

using Append = void (*)(std::string&, const QueryLabel&, const TopHits&, bool, const TextSink&);

void write_table(const fs::path& path, Append append, const QueryLabel& label, const TopHits& hits,
                 const RunInfo& info) {
  base::AtomicFile file(path);
  std::string text;
  append(text, label, hits, true, [&](std::string_view piece) { file.write(piece); });
  append_table_tail(text, info);
  file.write(text);
  file.commit();
}

void write_a3m(const fs::path& path, const AlignmentRows& rows) {
  base::AtomicFile file(path);
  std::string query, text;
  rows.for_each([&](const bio::MsaRow& row) {
    if (query.empty()) query = row.aligned;
    text.clear();
    seqio::append_a3m(text, seqio::to_a3m_row(row, query));
    file.write(text);
  });
  file.commit();
}

}  // namespace

std::vector<fs::path> alignment_files(const fs::path& folder, const NamedDatabase& database,
                                      const AlignmentSearchOptions& options) {
  const Paths paths(folder, database);
  std::vector<fs::path> files;
  if (options.target_tables) files.push_back(paths.target_table);
  if (options.domain_tables) files.push_back(paths.domain_table);
  if (options.a3m) files.push_back(paths.a3m);
  if (options.stockholm) files.push_back(paths.stockholm);
  return files;
}

AlignmentSearchFacts write_alignment_files(const bio::Sequence& query, const fs::path& folder,
                                           const NamedDatabase& database, const SearchResult& result,
                                           const AlignmentSearchOptions& options, size_t most_bytes) {
  const Paths paths(folder, database);
  const auto n_nodes = static_cast<int>(query.residues.size());
  const QueryLabel label{query.name, query.accession, n_nodes};
  RunInfo info = options.info;
  info.target_path = database.targets->path();

  AlignmentOptions alignment;
  alignment.style = InsertStyle::kJackhmmer;
  alignment.query = &query;
  alignment.max_rows = database.max_rows;
  const AlignmentRows rows(result.hits, n_nodes, alignment);
  if (options.a3m) write_a3m(paths.a3m, rows);
  if (options.target_tables) {
    write_table(paths.target_table, append_target_table, label, result.hits, info);
  }
  if (options.domain_tables) {
    write_table(paths.domain_table, append_domain_table, label, result.hits, info);
  }
  if (options.stockholm) {
    bio::Msa head;
    head.name = query.name + "-i1";  // as jackhmmer names the outcome of round 1
    head.accession = query.accession;
    head.description = query.description;
    head.author = author_of(info);
    base::AtomicFile file(paths.stockholm);
    write_alignment(
        head, rows, most_bytes, [&](std::string_view piece) { file.write(piece); }, kStockholmColumns);
    file.commit();
  }
  return {query.name,
          database.name,
          (options.stockholm ? paths.stockholm : paths.a3m).string(),
          result.counters.n_targets,
          result.hits.n_reported(),
          result.hits.n_included(),
          rows.n_rows()};
}

std::string encode(const AlignmentSearchFacts& facts) {
  std::string bytes;
  base::ByteWriter out(bytes);
  for (const int64_t value :
       {facts.n_targets, facts.n_reported, facts.n_included, static_cast<int64_t>(facts.n_rows)})
    out.put(value);
  return bytes;
}

AlignmentSearchFacts decode_facts(std::string_view bytes) {
  base::ByteReader in(bytes);
  AlignmentSearchFacts facts;
  for (int64_t* value : {&facts.n_targets, &facts.n_reported, &facts.n_included}) *value = in.get<int64_t>();
  facts.n_rows = static_cast<size_t>(in.get<int64_t>());
  return facts;
}

}  // namespace foldmesh::search
