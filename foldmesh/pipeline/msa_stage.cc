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

// AlphaFold keeps so many rows of a file when it writes it, too.
size_t row_limit(const Database& database) { return max_rows(database.name, RowLimits::kAlphafold2); }

std::string search_key(const MsaRequest& request, const Database& database, const FoldOptions& options) {
  StageKey key(stage_name(database));
  key.option("name", request.name)
      .option("description", request.chain->description)
      .option("sequence", request.chain->sequence)
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
  MsaStage(const std::vector<MsaRequest>& requests, const FoldOptions& options, comm::Communicator* ranks,
           base::ThreadPool& pool)
      : requests_(requests), options_(options), ranks_(ranks), pool_(pool), msas_(requests.size()) {}

  std::vector<TargetMsas> run() {
    for (size_t r = 0; r < requests_.size(); ++r) find_what_is_there(r);
    // Databases that lack the same sequences are searched together, so that a profile is built once.
    std::map<std::vector<size_t>, std::vector<size_t>> passes;
    for (const auto& [database, missing] : missing_) passes[missing].push_back(database);
    for (const auto& [missing, databases] : passes) search(missing, databases);
    return std::move(msas_);
  }

 private:
  void find_what_is_there(size_t request);
  void take_whatever_is_there(size_t request);
  void search(const std::vector<size_t>& missing, const std::vector<size_t>& databases);
  fs::path folder_of(size_t request) const { return options_.output_dir / requests_[request].folder; }
  fs::path alignments_of(size_t request) const { return folder_of(request) / requests_[request].subfolder; }
  bool is_wanted(const Database& database, const MsaRequest& request) const {
    return database.name != kPairing || request.searches_uniprot;
  }

  const std::vector<MsaRequest>& requests_;
  const FoldOptions& options_;
  comm::Communicator* ranks_;
  base::ThreadPool& pool_;
  std::vector<TargetMsas> msas_;                   // of each request
  std::map<size_t, std::vector<size_t>> missing_;  // database -> requests to search, ascending
};

void MsaStage::find_what_is_there(size_t r) {
  const MsaRequest& request = requests_[r];
  if (const std::string& text = request.chain->alignment_text; !text.empty()) {
    const fs::path file = alignments_of(r) / "input_hits.a3m";
    fs::create_directories(file.parent_path());
    base::write_file_atomically(file, text);
    msas_[r].files.push_back({"", file});
    return;
  }
  if (!request.chain->alignments.empty()) {
    for (const fs::path& path : request.chain->alignments) msas_[r].files.push_back({"", path});
    if (request.is_of_complex && !request.chain->uniprot.empty())
      msas_[r].files.push_back({kPairing, request.chain->uniprot});
    return;
  }
  const std::vector<Database>& databases = options_.databases;
  if (std::none_of(databases.begin(), databases.end(),
                   [&](const Database& database) { return is_wanted(database, request); })) {
    return take_whatever_is_there(r);
  }
  const StageStore stages(folder_of(r));
  for (size_t d = 0; d < databases.size(); ++d) {
    if (!is_wanted(databases[d], request)) continue;
    const Database& database = databases[d];
    const fs::path file = alignments_of(r) / hits_file(database, options_);
    if (database.name != kPairing || request.is_of_complex) msas_[r].files.push_back({database.name, file});
    if (options_.use_precomputed_msas && fs::is_regular_file(file)) {
      base::log::info("{}: {} taken as it is, as asked", request.label, file.string());
    } else if (const auto done = stages.find(stage_name(database), search_key(request, database, options_))) {
      base::log::info("{}: {} is there already", request.label, file.string());
      msas_[r].search_seconds.emplace_back(database.name, done->seconds);
    } else {
      missing_[d].push_back(r);
    }
  }
}

// Without databases the alignments must be there, and be asked for.
void MsaStage::take_whatever_is_there(size_t r) {
  const MsaRequest& request = requests_[r];
  const fs::path folder = alignments_of(r);
  std::vector<fs::path> files;
  if (options_.use_precomputed_msas && fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const std::string extension = entry.path().extension().string();
      const std::string name = entry.path().stem().string();
      const bool is_alignment = extension == ".sto" || extension == ".a3m";
      // Nor are hits in the PDB, which are templates, rows of the alignment.
      const bool is_pairing = name == fmt::format("{}_hits", kPairing);
      if (entry.is_regular_file() && is_alignment && name != "pdb_hits" &&
          (request.is_of_complex || !is_pairing)) {
        files.push_back(entry.path());
      }
    }
  }
  if (files.empty()) {
    base::throw_input(
        "{}: nothing to search and no alignment (expected --db NAME=PATH or --db-dir; or an A3M file as "
        "input; or --use-precomputed-msas and files in {})",
        request.label, folder.string());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const bool is_pairing = file.stem().string() == fmt::format("{}_hits", kPairing);
    if (request.is_of_complex && file.stem() == "paired_hits") continue;  // comes with the input
    msas_[r].files.push_back({is_pairing ? kPairing : "", file});
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
  search::AlignmentSearchOptions search_options;
  std::vector<bio::Sequence> queries;
  for (size_t r : missing) {
    const MsaRequest& request = requests_[r];
    queries.push_back({request.name, "", request.chain->description, request.chain->sequence});
    search_options.folders.push_back(request.folder / request.subfolder);
  }
  search_options.output_folder = options_.output_dir;
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
    const size_t r = missing[i / databases.size()];
    const MsaRequest& request = requests_[r];
    const Database& database = options_.databases[databases[i % databases.size()]];
    base::log::info("{}: {}: {} rows", request.label, database.name, facts[i].n_rows);
    const std::string file = (fs::path(request.subfolder) / hits_file(database, options_)).string();
    StageStore(folder_of(r))
        .record(stage_name(database), search_key(request, database, options_), {file},
                {seconds, {{"n_rows", facts[i].n_rows}}});
    msas_[r].search_seconds.emplace_back(database.name, seconds);
  }
}

}  // namespace

std::vector<TargetMsas> run_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                      comm::Communicator* ranks, base::ThreadPool& pool) {
  if (is_multimer(options.model_preset)) return run_complex_msa_stage(targets, options, ranks, pool);
  std::vector<MsaRequest> requests;
  for (const Target& target : targets) {
    requests.push_back({target.name, target.name, &target.chains.front(), target.name, kMsaFolder});
  }
  return make_alignments(requests, options, ranks, pool);
}

std::vector<TargetMsas> make_alignments(const std::vector<MsaRequest>& requests, const FoldOptions& options,
                                        comm::Communicator* ranks, base::ThreadPool& pool) {
  return MsaStage(requests, options, ranks, pool).run();
}

}  // namespace foldmesh::pipeline
