#include "foldmesh/search/alignment_search.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/query_outputs.h"
#include "foldmesh/search/tables.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/query_msa.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;

bool is_safe(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

fs::path folder_of(const bio::Sequence& query, const AlignmentSearchOptions& options) {
  return options.output_folder / folder_name(query.name) / options.subfolder;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) base::throw_machine("{}: cannot be created: {}", folder.string(), error.message());
}

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

AlignmentSearchFacts write_outputs(const bio::Sequence& query, const NamedDatabase& database,
                                   const SearchResult& result, const AlignmentSearchOptions& options) {
  const fs::path stem = folder_of(query, options) / database.name;
  const auto n_nodes = static_cast<int>(query.residues.size());
  const QueryLabel label{query.name, query.accession, n_nodes};
  RunInfo info = options.info;
  info.target_path = database.targets->path();

  AlignmentOptions alignment;
  alignment.style = InsertStyle::kJackhmmer;
  alignment.query = &query;
  alignment.max_rows = database.max_rows;
  bio::Msa msa = alignment_of_hits(result.hits, n_nodes, alignment);
  msa.name = query.name + "-i1";  // as jackhmmer names the outcome of round 1
  msa.accession = query.accession;
  msa.description = query.description;
  msa.author = author_of(info);
  if (options.target_tables) {
    write_table(stem.string() + ".tblout", append_target_table, label, result.hits, info);
  }
  if (options.domain_tables) {
    write_table(stem.string() + ".domtblout", append_domain_table, label, result.hits, info);
  }
  const std::string sto = stem.string() + "_hits.sto", a3m = stem.string() + "_hits.a3m";
  if (options.a3m) base::write_file_atomically(a3m, seqio::to_text(seqio::to_a3m(msa)));
  if (options.stockholm) base::write_file_atomically(sto, seqio::to_stockholm(msa));
  return {query.name,
          database.name,
          options.stockholm ? sto : a3m,
          result.counters.n_targets,
          result.hits.n_reported(),
          result.hits.n_included(),
          msa.rows.size()};
}

}  // namespace

SearchOptions for_alignments() {
  SearchOptions options;
  options.pipeline.F1 = 0.0005;
  options.pipeline.F2 = 0.00005;
  options.pipeline.F3 = 0.0000005;
  options.keep_display = false;
  return options;
}

std::string folder_name(const std::string& query_name) {
  std::string name = query_name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_safe(c); }, '_');
  if (name.starts_with('.')) name.front() = '_';
  return name;
}

void check_names(const std::vector<bio::Sequence>& queries, const std::vector<std::string>& databases) {
  std::map<std::string, std::string> folders;
  for (const bio::Sequence& query : queries) {
    if (query.residues.empty())
      base::throw_input("the query {} has no residues", base::printable(query.name));
    const auto [other, is_new] = folders.emplace(folder_name(query.name), query.name);
    if (!is_new) {
      base::throw_input("the queries {} and {} would both be written to the folder {}",
                        base::printable(other->second), base::printable(query.name), other->first);
    }
  }
  std::set<std::string> names;
  for (const std::string& name : databases) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_safe)) {
      base::throw_input("'{}' cannot name a database (expected letters, digits, '_', '-' and '.')",
                        base::printable(name));
    }
    if (!names.insert(name).second) base::throw_input("the database name {} is used twice", name);
  }
}

std::vector<AlignmentSearchFacts> search_alignments(const std::vector<bio::Sequence>& queries,
                                                    const std::vector<NamedDatabase>& databases,
                                                    const AlignmentSearchOptions& options,
                                                    base::ThreadPool& pool) {
  std::vector<std::string> names;
  for (const NamedDatabase& database : databases) names.push_back(database.name);
  check_names(queries, names);
  std::vector<TargetDatabase*> targets;
  for (const NamedDatabase& database : databases) targets.push_back(database.targets);

  SearchOptions search_options = options.search;
  for (const NamedDatabase& database : databases) search_options.max_rows.push_back(database.max_rows);
  std::vector<AlignmentSearchFacts> facts(queries.size() * databases.size());
  const auto step = static_cast<size_t>(options.queries_per_pass);
  if (queries.size() > step) {
    for (TargetDatabase* database : targets) database->keep(options.keep_bytes / std::ssize(targets));
  }
  for (size_t first = 0; first < queries.size(); first += step) {
    const size_t n = std::min(step, queries.size() - first);
    std::vector<std::optional<hmm::Profile>> profiles(n);
    pool.parallel_for(static_cast<int64_t>(n), [&](int64_t i, int) {
      profiles[i].emplace(hmm::build_from_sequence(queries[first + i], options.scoring));
      make_folder(folder_of(queries[first + i], options));
    });
    std::vector<Query> batch;
    for (const auto& profile : profiles) batch.push_back({&*profile, options.thresholds});
    const auto results = search(batch, targets, search_options, pool);
    // In parallel, because putting a file safely on disk takes longer than making its text.
    pool.parallel_for(static_cast<int64_t>(n * databases.size()), [&](int64_t i, int) {
      const size_t query = static_cast<size_t>(i) / databases.size(),
                   database = static_cast<size_t>(i) % databases.size();
      facts[(first + query) * databases.size() + database] =
          write_outputs(queries[first + query], databases[database], results[query][database], options);
    });
  }
  return facts;
}

}  // namespace foldmesh::search
