#include "foldmesh/pipeline/msa_stage.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/version.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMsaFolder = "msas";

std::string hits_file(const Database& database) {
  return fmt::format("{}/{}_hits.sto", kMsaFolder, database.name);
}

std::string stage_name(const Database& database) { return "search_" + database.name; }

std::string search_key(const Target& target, const Database& database) {
  return StageKey(stage_name(database))
      .option("name", target.name)
      .option("description", target.description)
      .option("sequence", target.sequence)
      .large_file(database.path)
      .hex();
}

bio::Sequence query_of(const Target& target) {
  return {target.name, "", target.description, target.sequence};
}

// AlphaFold keeps so many rows of a file when it writes it, too.
size_t row_limit(const Database& database) {
  return static_cast<size_t>(features::max_rows(features::msa_source(database.name)));
}

class MsaStage {
 public:
  MsaStage(const std::vector<Target>& targets, const FoldOptions& options, base::ThreadPool& pool)
      : targets_(targets), options_(options), pool_(pool), msas_(targets.size()) {}

  std::vector<TargetMsas> run() {
    find_what_is_there();
    // Databases that lack the same targets are searched together, so that a profile is built once.
    std::map<std::vector<size_t>, std::vector<size_t>> passes;
    for (const auto& [database, missing] : missing_) passes[missing].push_back(database);
    for (const auto& [missing, databases] : passes) search(missing, databases);
    return std::move(msas_);
  }

 private:
  void find_what_is_there();
  void take_whatever_is_there(size_t target);
  void search(const std::vector<size_t>& missing, const std::vector<size_t>& databases);
  fs::path folder_of(size_t target) const { return options_.output_dir / targets_[target].name; }

  const std::vector<Target>& targets_;
  const FoldOptions& options_;
  base::ThreadPool& pool_;
  std::vector<TargetMsas> msas_;
  std::map<size_t, std::vector<size_t>> missing_;  // database -> targets to search, ascending
};

void MsaStage::find_what_is_there() {
  for (size_t t = 0; t < targets_.size(); ++t) {
    const Target& target = targets_[t];
    if (target.has_msa) {
      msas_[t].files.push_back({"", target.input});
      continue;
    }
    if (options_.databases.empty()) {
      take_whatever_is_there(t);
      continue;
    }
    const StageStore stages(folder_of(t));
    for (size_t d = 0; d < options_.databases.size(); ++d) {
      const Database& database = options_.databases[d];
      const fs::path file = folder_of(t) / hits_file(database);
      msas_[t].files.push_back({database.name, file});
      if (options_.use_precomputed_msas && fs::is_regular_file(file)) {
        base::log::info("{}: {} taken as it is, as asked", target.name, file.string());
      } else if (const auto done = stages.find(stage_name(database), search_key(target, database))) {
        base::log::info("{}: {} is there already", target.name, file.string());
        msas_[t].search_seconds.emplace_back(database.name, done->seconds);
      } else {
        missing_[d].push_back(t);
      }
    }
  }
}

// Without databases the alignments must be there, and be asked for.
void MsaStage::take_whatever_is_there(size_t t) {
  const fs::path folder = folder_of(t) / kMsaFolder;
  std::vector<fs::path> files;
  if (options_.use_precomputed_msas && fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && (extension == ".sto" || extension == ".a3m"))
        files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    base::throw_input(
        "{}: nothing to search and no alignment (expected --db NAME=PATH or --db-dir; or an A3M file as "
        "input; or --use-precomputed-msas and files in {})",
        targets_[t].name, folder.string());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) msas_[t].files.push_back({"", file});
}

void MsaStage::search(const std::vector<size_t>& missing, const std::vector<size_t>& databases) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<search::TargetDatabase>> opened;
  std::vector<search::NamedDatabase> named;
  int64_t total = 0;
  bool total_known = true;
  for (size_t d : databases) {
    const Database& database = options_.databases[d];
    opened.push_back(search::TargetDatabase::open(database.path));
    named.push_back({database.name, opened.back().get(), row_limit(database)});
    const std::optional<int64_t> n = opened.back()->n_targets();
    total_known = total_known && n.has_value();
    total += n.value_or(0) * static_cast<int64_t>(missing.size());
  }
  std::vector<bio::Sequence> queries;
  for (size_t t : missing) queries.push_back(query_of(targets_[t]));

  search::AlignmentSearchOptions search_options;
  search_options.output_folder = options_.output_dir;
  search_options.subfolder = kMsaFolder;
  search_options.info.program = "foldmesh search";
  search_options.info.version = base::version();
  std::vector<search::AlignmentSearchFacts> facts;
  {
    base::Progress progress("search", "comparisons", total_known ? total : 0);
    search_options.search.on_progress = [&](int64_t n) { progress.advance(n); };
    facts = search::search_alignments(queries, named, search_options, pool_);
  }
  // Queries share passes, so a query's time is its share.
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
                         static_cast<double>(missing.size() * databases.size());
  for (size_t i = 0; i < facts.size(); ++i) {
    const size_t t = missing[i / databases.size()];
    const Database& database = options_.databases[databases[i % databases.size()]];
    base::log::info("{}: {}: {} of {} targets included, {} rows", targets_[t].name, database.name,
                    facts[i].n_included, facts[i].n_targets, facts[i].n_rows);
    StageStore(folder_of(t))
        .record(stage_name(database), search_key(targets_[t], database), {hits_file(database)},
                {seconds, {{"n_rows", facts[i].n_rows}}});
    msas_[t].search_seconds.emplace_back(database.name, seconds);
  }
}

}  // namespace

std::vector<TargetMsas> run_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                      base::ThreadPool& pool) {
  return MsaStage(targets, options, pool).run();
}

}  // namespace foldmesh::pipeline
