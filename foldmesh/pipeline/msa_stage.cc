#include "foldmesh/pipeline/msa_stage.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/version.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/pipeline/complex_stage.h"
#include "foldmesh/pipeline/model_presets.h"
#include "foldmesh/pipeline/search_databases.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

// UniProt is for pairing the chains of a complex, which single chains do not need.
constexpr const char* kPairing = "uniprot";

std::string hits_file(const Database& database, const FoldOptions& options) {
  const bool is_a3m = options.a3m || database.is_hhsuite();
  return fmt::format("{}_hits.{}", database.name, is_a3m ? "a3m" : "sto");
}

std::string stage_name(const Database& database) { return "search_" + database.name; }

bio::Sequence query_of(const Target& target) {
  const Chain& chain = target.chains.front();
  return {target.name, "", chain.description, chain.sequence};
}

// AlphaFold keeps so many rows of a file when it writes it, too.
size_t row_limit(const Database& database) { return max_rows(database.name, RowLimits::kAlphafold2); }

std::string search_key(const Target& target, const Database& database, const FoldOptions& options) {
  StageKey key(stage_name(database));
  key.option("name", target.name)
      .option("description", target.chains.front().description)
      .option("sequence", target.chains.front().sequence)
      .option("file", fmt::format("{}/{}", kMsaFolder, hits_file(database, options)))
      .option("rows", std::to_string(row_limit(database)));
  if (!database.is_hhsuite()) key.large_file(database.path);
  for (const std::string& prefix : database.hhsuite) {
    hhsuite::check_database(prefix);
    for (const fs::path& file : hhsuite::files_of(prefix)) key.large_file(file);
  }
  return key.hex();
}

class MsaStage {
 public:
  // `subfolder`: of a target's folder; `is_chain`: of complexes.
  MsaStage(const std::vector<Target>& targets, const FoldOptions& options, comm::Communicator* ranks,
           base::ThreadPool& pool, std::string subfolder, bool is_chain)
      : targets_(targets),
        options_(options),
        ranks_(ranks),
        pool_(pool),
        subfolder_(std::move(subfolder)),
        is_chain_(is_chain),
        msas_(targets.size()) {}

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
  // Relative to the target's folder.
  std::string file_of(const Database& database) const {
    return (fs::path(subfolder_) / hits_file(database, options_)).string();
  }

  const std::vector<Target>& targets_;
  const FoldOptions& options_;
  comm::Communicator* ranks_;
  base::ThreadPool& pool_;
  std::string subfolder_;
  bool is_chain_;
  std::vector<TargetMsas> msas_;
  std::map<size_t, std::vector<size_t>> missing_;  // database -> targets to search, ascending
};

void MsaStage::find_what_is_there() {
  for (size_t t = 0; t < targets_.size(); ++t) {
    const Target& target = targets_[t];
    if (const std::string& text = target.chains.front().alignment_text; !text.empty()) {
      const fs::path file = folder_of(t) / subfolder_ / "input_hits.a3m";
      fs::create_directories(file.parent_path());
      base::write_file_atomically(file, text);
      msas_[t].files.push_back({"", file});
      continue;
    }
    if (!target.chains.front().alignments.empty()) {
      for (const fs::path& path : target.chains.front().alignments) msas_[t].files.push_back({"", path});
      continue;
    }
    if (options_.databases.empty()) {
      take_whatever_is_there(t);
      continue;
    }
    const StageStore stages(folder_of(t));
    for (size_t d = 0; d < options_.databases.size(); ++d) {
      const Database& database = options_.databases[d];
      const fs::path file = folder_of(t) / file_of(database);
      if (database.name != kPairing || is_chain_) msas_[t].files.push_back({database.name, file});
      if (options_.use_precomputed_msas && fs::is_regular_file(file)) {
        base::log::info("{}: {} taken as it is, as asked", target.name, file.string());
      } else if (const auto done =
                     stages.find(stage_name(database), search_key(target, database, options_))) {
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
  const fs::path folder = folder_of(t) / subfolder_;
  std::vector<fs::path> files;
  if (options_.use_precomputed_msas && fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const std::string extension = entry.path().extension().string();
      const std::string name = entry.path().stem().string();
      const bool is_alignment = extension == ".sto" || extension == ".a3m";
      // Nor are hits in the PDB, which are templates, rows of the alignment.
      const bool is_pairing = name == fmt::format("{}_hits", kPairing);
      if (entry.is_regular_file() && is_alignment && name != "pdb_hits" && (is_chain_ || !is_pairing)) {
        files.push_back(entry.path());
      }
    }
  }
  if (files.empty()) {
    base::throw_input(
        "{}: nothing to search and no alignment (expected --db NAME=PATH or --db-dir; or an A3M file as "
        "input; or --use-precomputed-msas and files in {})",
        targets_[t].name, folder.string());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const bool is_pairing = file.stem().string() == fmt::format("{}_hits", kPairing);
    if (is_chain_ && file.stem() == "paired_hits") continue;  // comes with the input
    msas_[t].files.push_back({is_pairing ? kPairing : "", file});
  }
}

void MsaStage::search(const std::vector<size_t>& missing, const std::vector<size_t>& databases) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Database> chosen;
  std::vector<size_t> limits;
  for (size_t d : databases) {
    chosen.push_back(options_.databases[d]);
    limits.push_back(row_limit(chosen.back()));
  }
  std::vector<bio::Sequence> queries;
  for (size_t t : missing) queries.push_back(query_of(targets_[t]));

  search::AlignmentSearchOptions search_options;
  search_options.output_folder = options_.output_dir;
  search_options.subfolder = subfolder_;
  search_options.stockholm = !options_.a3m;
  search_options.a3m = options_.a3m;
  search_options.info.program = "foldmesh search";
  search_options.info.version = base::version();
  const std::vector<search::AlignmentSearchFacts> facts =
      search_databases(queries, chosen, limits, search_options, ranks_, pool_);
  // Queries share passes, so a query's time is its share.
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
                         static_cast<double>(missing.size() * databases.size());
  for (size_t i = 0; i < facts.size(); ++i) {
    const size_t t = missing[i / databases.size()];
    const Database& database = options_.databases[databases[i % databases.size()]];
    base::log::info("{}: {}: {} rows", targets_[t].name, database.name, facts[i].n_rows);
    StageStore(folder_of(t))
        .record(stage_name(database), search_key(targets_[t], database, options_), {file_of(database)},
                {seconds, {{"n_rows", facts[i].n_rows}}});
    msas_[t].search_seconds.emplace_back(database.name, seconds);
  }
}

}  // namespace

std::vector<TargetMsas> run_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                      comm::Communicator* ranks, base::ThreadPool& pool) {
  if (is_multimer(options.model_preset)) return run_complex_msa_stage(targets, options, ranks, pool);
  return MsaStage(targets, options, ranks, pool, kMsaFolder, false).run();
}

std::vector<TargetMsas> search_alignments_of_chains(const std::vector<Target>& chains,
                                                    const FoldOptions& options, comm::Communicator* ranks,
                                                    base::ThreadPool& pool) {
  return MsaStage(chains, options, ranks, pool, "", true).run();
}

}  // namespace foldmesh::pipeline
