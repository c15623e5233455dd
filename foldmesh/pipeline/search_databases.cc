#include "foldmesh/pipeline/search_databases.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/pipeline/search_ranks.h"
#include "foldmesh/search/crew.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

void check_hhsuite(const std::vector<Database>& databases) {
  for (const Database& database : databases) {
    if (database.is_hhsuite()) hhsuite::check_hhblits_installed();
    for (const std::string& prefix : database.hhsuite) hhsuite::check_database(prefix);
  }
}

// The runs of hhblits: one for all queries of the same residues.
class HhblitsPart {
 public:
  HhblitsPart(const std::vector<bio::Sequence>& queries, const std::vector<Database>& databases,
              const search::AlignmentSearchOptions& options)
      : queries_(queries) {
    const std::vector<fs::path> folders = search::query_folders(queries, options);
    const std::vector<size_t> numbers = search::number_distinct(queries);
    std::map<std::pair<size_t, size_t>, size_t> job_of;  // distinct query, database
    for (size_t q = 0; q < queries.size(); ++q) {
      for (size_t d = 0; d < databases.size(); ++d) {
        if (!databases[d].is_hhsuite()) continue;
        std::error_code error;
        fs::create_directories(folders[q], error);
        if (error) base::throw_machine("{}: cannot be created: {}", folders[q].string(), error.message());
        const fs::path a3m = folders[q] / (databases[d].name + "_hits.a3m");
        const auto [job, is_new] = job_of.try_emplace({numbers[q], d}, jobs_.size());
        if (is_new) jobs_.push_back({queries[q], databases[d].hhsuite, a3m});
        places_[{q, d}] = {job->second, a3m};
      }
    }
  }

  const std::vector<hhsuite::Job>& jobs() const { return jobs_; }
  void take(std::vector<hhsuite::Outcome> outcomes) {
    outcomes_ = std::move(outcomes);
    for (const auto& [which, place] : places_) {
      if (jobs_[place.job].a3m != place.a3m) copy(jobs_[place.job].a3m, queries_[which.first], place.a3m);
    }
  }
  search::AlignmentSearchFacts facts(size_t query, size_t database, const std::string& name) const {
    const Place& place = places_.at({query, database});
    return {queries_[query].name, name, place.a3m.string(), -1, -1, -1, outcomes_[place.job].n_rows};
  }

 private:
  struct Place {
    size_t job = 0;
    fs::path a3m;
  };
  // Another query's header is all that is different.
  static void copy(const fs::path& from, const bio::Sequence& query, const fs::path& to) {
    const std::string text = base::read_file(from);
    std::string header;
    seqio::append_fasta(header, query);
    header.resize(header.find('\n'));
    base::write_file_atomically(to, header + text.substr(std::min(text.find('\n'), text.size())));
  }

  const std::vector<bio::Sequence>& queries_;
  std::map<std::pair<size_t, size_t>, Place> places_;  // query, database
  std::vector<hhsuite::Job> jobs_;
  std::vector<hhsuite::Outcome> outcomes_;
};

// With the databases of sequences alone, `max_rows` as they are.
std::vector<search::AlignmentSearchFacts> search_profiles(const std::vector<bio::Sequence>& queries,
                                                          const std::vector<Database>& databases,
                                                          const std::vector<size_t>& max_rows,
                                                          search::AlignmentSearchOptions options,
                                                          base::ThreadPool& pool) {
  std::vector<std::unique_ptr<search::TargetDatabase>> opened;
  std::vector<search::NamedDatabase> named;
  int64_t n_distinct = 0;
  for (const size_t number : search::number_distinct(queries)) {
    n_distinct = std::max(n_distinct, static_cast<int64_t>(number) + 1);
  }
  std::optional<int64_t> total = 0;  // of comparisons, if known
  for (size_t i = 0; i < databases.size(); ++i) {
    if (databases[i].is_hhsuite()) continue;
    opened.push_back(search::open_targets(databases[i].path, options.search.crew));
    named.push_back({databases[i].name, opened.back().get(), max_rows[i]});
    const std::optional<int64_t> n = opened.back()->n_targets();
    total = total && n ? std::optional(*total + *n * n_distinct) : std::nullopt;
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
  search::check_names(queries, names, options);

  const bool any_profiles = std::any_of(databases.begin(), databases.end(),
                                        [](const Database& database) { return !database.is_hhsuite(); });
  HhblitsPart by_hhblits(queries, databases, options);
  std::vector<search::AlignmentSearchFacts> profile_facts;
  if (ranks == nullptr) {
    hhsuite::HhblitsRuns hhblits(by_hhblits.jobs(), pool.size());
    if (any_profiles) profile_facts = search_profiles(queries, databases, max_rows, options, pool);
    by_hhblits.take(hhblits.wait());
  } else {
    if (any_profiles) {
      comm::ItemLeader(ranks).tell_all(profile_search_item());
      search::Crew crew(*ranks);
      options.search.crew = &crew;
      profile_facts = search_profiles(queries, databases, max_rows, options, pool);
      crew.dismiss();
    }
    by_hhblits.take(run_hhblits(by_hhblits.jobs(), *ranks, pool.size()));
  }

  std::vector<search::AlignmentSearchFacts> facts;
  size_t next_profile = 0;
  for (size_t q = 0; q < queries.size(); ++q) {
    for (size_t d = 0; d < databases.size(); ++d) {
      facts.push_back(databases[d].is_hhsuite() ? by_hhblits.facts(q, d, databases[d].name)
                                                : profile_facts[next_profile++]);
    }
  }
  return facts;
}

}  // namespace foldmesh::pipeline
