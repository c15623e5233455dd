#include "foldmesh/pipeline/search_ranks.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/search/crew.h"

namespace foldmesh::pipeline {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kProfileSearch = "profile search";
constexpr std::string_view kHhblits = "hhblits ";

}  // namespace

std::string profile_search_item() { return std::string(kProfileSearch); }

std::string hhblits_item(std::span<const hhsuite::Job> jobs) {
  Json list = Json::array();
  for (const hhsuite::Job& job : jobs) {
    list.push_back(
        {job.query.name, job.query.description, job.query.residues, job.prefixes, job.a3m.string()});
  }
  return std::string(kHhblits) + list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_search_item(std::string_view item) { return item == kProfileSearch || item.starts_with(kHhblits); }

void do_search_item(std::string_view item, comm::Communicator& ranks, base::ThreadPool& pool) {
  if (item == kProfileSearch) return search::help(ranks, pool);
  std::vector<hhsuite::Job> jobs;
  for (const Json& job : Json::parse(item.substr(kHhblits.size()))) {
    jobs.push_back({{job.at(0), "", job.at(1), job.at(2)}, job.at(3), job.at(4).get<std::string>()});
  }
  // This may be another machine than rank 0's.
  hhsuite::check_hhblits_installed();
  for (const hhsuite::Job& job : jobs) {
    for (const std::string& prefix : job.prefixes) hhsuite::check_database(prefix);
  }
  hhsuite::HhblitsRuns(jobs, pool.size()).wait();
}

void help_with_searches(comm::Communicator& ranks, base::ThreadPool& pool) {
  // Rank 0 speaks.
  base::log::set_level(base::log::level::err);
  base::set_progress_style(base::ProgressStyle::kQuiet);
  const auto work = [&](std::string_view item) { do_search_item(item, ranks, pool); };
  comm::help_with_items(ranks, work, work);
  ranks.finish();
}

std::vector<hhsuite::Outcome> run_hhblits(const std::vector<hhsuite::Job>& jobs, comm::Communicator& ranks,
                                          int n_threads) {
  // So many at a time that a rank's threads are busy, but no rank waits long for another.
  const auto n_parts = static_cast<size_t>(2 * ranks.size());
  const size_t n_each = std::clamp(jobs.size() / n_parts, size_t{1}, static_cast<size_t>(n_threads));
  std::vector<std::span<const hhsuite::Job>> parts;
  std::vector<std::string> items;
  for (size_t first = 0; first < jobs.size(); first += n_each) {
    parts.push_back(
        std::span<const hhsuite::Job>(jobs).subspan(first, std::min(n_each, jobs.size() - first)));
    items.push_back(hhblits_item(parts.back()));
  }
  base::Progress progress("hhblits", "searches", static_cast<int64_t>(jobs.size()));
  const auto do_here = [&](size_t i) {
    hhsuite::HhblitsRuns({parts[i].begin(), parts[i].end()}, n_threads).wait();
  };
  const auto failures =
      comm::ItemLeader(&ranks).share(items, do_here, [&](size_t i, int, const comm::ItemLeader::Failure&) {
        progress.advance(static_cast<int64_t>(parts[i].size()));
      });
  for (const comm::ItemLeader::Failure& failure : failures) {
    if (failure) throw *failure;
  }
  std::vector<hhsuite::Outcome> outcomes;
  for (const hhsuite::Job& job : jobs) outcomes.push_back({hhsuite::check_alignment(job.a3m, job.query), 0});
  return outcomes;
}

}  // namespace foldmesh::pipeline
