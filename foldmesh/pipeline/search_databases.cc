#include "foldmesh/pipeline/search_databases.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/search/crew.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

void check_hhsuite(const std::vector<Database>& databases) {
  for (const Database& database : databases) {
    if (database.is_hhsuite()) hhsuite::check_hhblits_installed();
    for (const std::string& prefix : database.hhsuite) hhsuite::check_database(prefix);
  }
}

// Query by query, databases in order.
std::vector<hhsuite::Job> hhblits_jobs(const std::vector<bio::Sequence>& queries,
                                       const std::vector<Database>& databases,
                                       const search::AlignmentSearchOptions& options) {
  std::vector<hhsuite::Job> jobs;
  for (const bio::Sequence& query : queries) {
    const fs::path folder = options.output_folder / search::folder_name(query.name) / options.subfolder;
    for (const Database& database : databases) {
      if (!database.is_hhsuite()) continue;
      std::error_code error;
      fs::create_directories(folder, error);
      if (error) base::throw_machine("{}: cannot be created: {}", folder.string(), error.message());
      jobs.push_back({query, database.hhsuite, folder / (database.name + "_hits.a3m")});
    }
  }
  return jobs;
}

}  // namespace

std::vector<search::AlignmentSearchFacts> search_databases(const std::vector<bio::Sequence>& queries,
                                                           const std::vector<Database>& databases,
                                                           const std::vector<size_t>& max_rows,
                                                           search::AlignmentSearchOptions options,
                                                           base::ThreadPool& pool) {
  check_hhsuite(databases);
  std::vector<std::unique_ptr<search::TargetDatabase>> opened;
  std::vector<search::NamedDatabase> named;
  std::vector<std::string> names;
  std::optional<int64_t> total = 0;  // of comparisons, if known
  for (size_t i = 0; i < databases.size(); ++i) {
    names.push_back(databases[i].name);
    if (databases[i].is_hhsuite()) continue;
    opened.push_back(search::open_targets(databases[i].path, options.search.crew));
    named.push_back({databases[i].name, opened.back().get(), max_rows[i]});
    const std::optional<int64_t> n = opened.back()->n_targets();
    total = total && n ? std::optional(*total + *n * std::ssize(queries)) : std::nullopt;
  }
  search::check_names(queries, names);

  const std::vector<hhsuite::Job> jobs = hhblits_jobs(queries, databases, options);
  hhsuite::HhblitsRuns hhblits(jobs, pool.size());
  std::vector<search::AlignmentSearchFacts> profile_facts;
  if (!named.empty()) {
    base::Progress progress("search", "comparisons", total.value_or(0));
    options.search.on_progress = [&](int64_t n) { progress.advance(n); };
    profile_facts = search::search_alignments(queries, named, options, pool);
  }
  const std::vector<hhsuite::Outcome> outcomes = hhblits.wait();

  std::vector<search::AlignmentSearchFacts> facts;
  size_t next_profile = 0, next_job = 0;
  for (const bio::Sequence& query : queries) {
    for (const Database& database : databases) {
      if (database.is_hhsuite()) {
        facts.push_back(
            {query.name, database.name, jobs[next_job].a3m.string(), -1, -1, -1, outcomes[next_job].n_rows});
        ++next_job;
      } else {
        facts.push_back(profile_facts[next_profile++]);
      }
    }
  }
  return facts;
}

}  // namespace foldmesh::pipeline
