#include "foldmesh/pipeline/search_databases.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/pipeline/search_ranks.h"
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

// With the databases of sequences alone, `max_rows` as they are.
std::vector<search::AlignmentSearchFacts> search_profiles(const std::vector<bio::Sequence>& queries,
                                                          const std::vector<Database>& databases,
                                                          const std::vector<size_t>& max_rows,
                                                          search::AlignmentSearchOptions options,
                                                          base::ThreadPool& pool) {
  std::vector<std::unique_ptr<search::TargetDatabase>> opened;
  std::vector<search::NamedDatabase> named;
  std::optional<int64_t> total = 0;  // of comparisons, if known
  for (size_t i = 0; i < databases.size(); ++i) {
    if (databases[i].is_hhsuite()) continue;
    opened.push_back(search::open_targets(databases[i].path, options.search.crew));
    named.push_back({databases[i].name, opened.back().get(), max_rows[i]});
    const std::optional<int64_t> n = opened.back()->n_targets();
    total = total && n ? std::optional(*total + *n * std::ssize(queries)) : std::nullopt;
  }
  base::Progress progress("search", "comparisons", total.value_or(0));
  options.search.on_progress = [&](int64_t n) { progress.advance(n); };
  return search::search_alignments(queries, named, options, pool);
}

}  // namespace

std::vector<search::AlignmentSearchFacts> search_databases(const std::vector<bio::Sequence>& queries,
                                                           const std::vector<Database>& databases,
                                                           const std::vector<size_t>& max_rows,
                                                           search::AlignmentSearchOptions options,
                                                           comm::Communicator* ranks,
                                                           base::ThreadPool& pool) {
  check_hhsuite(databases);
  std::vector<std::string> names;
  for (const Database& database : databases) names.push_back(database.name);
  search::check_names(queries, names);

  const bool any_profiles = std::any_of(databases.begin(), databases.end(),
                                        [](const Database& database) { return !database.is_hhsuite(); });
  const std::vector<hhsuite::Job> jobs = hhblits_jobs(queries, databases, options);
  std::vector<search::AlignmentSearchFacts> profile_facts;
  std::vector<hhsuite::Outcome> outcomes;
  if (ranks == nullptr) {
    hhsuite::HhblitsRuns hhblits(jobs, pool.size());
    if (any_profiles) profile_facts = search_profiles(queries, databases, max_rows, options, pool);
    outcomes = hhblits.wait();
  } else {
    if (any_profiles) {
      comm::ItemLeader(ranks).tell_all(profile_search_item());
      search::Crew crew(*ranks);
      options.search.crew = &crew;
      profile_facts = search_profiles(queries, databases, max_rows, options, pool);
      crew.dismiss();
    }
    outcomes = run_hhblits(jobs, *ranks, pool.size());
  }

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
