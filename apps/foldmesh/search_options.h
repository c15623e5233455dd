// The options that the HMMER-compatible commands share, under HMMER's names.
#ifndef FOLDMESH_APPS_SEARCH_OPTIONS_H_
#define FOLDMESH_APPS_SEARCH_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foldmesh/base/progress.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/search/runs.h"

namespace foldmesh::apps {

// Remembers what each option controls, so that outputs can say how they were made.
class OptionRecord {
 public:
  // `what` is the caption in the banner of the main output, `relation` stands before the value there
  // ("E-value <="). A flag shows `relation` alone.
  CLI::Option* note(CLI::Option* option, std::string what, std::string relation = "");

  // What the user set, in the order in which options were declared.
  std::vector<std::pair<std::string, std::string>> settings() const;
  // Program, those options and `arguments`, separated by blanks.
  std::string command_line(const std::string& program, const std::vector<std::string>& arguments) const;

 private:
  struct Entry {
    const CLI::Option* option;
    std::string what, relation;
  };
  std::vector<Entry> entries_;
};

// The state of one such command between parsing and running.
struct SearchCommand {
  search::RunOptions run;
  hmm::SingleSequenceOptions scoring;
  std::string query_path, target_path;
  int n_threads = 0;
  comm::UseMpi mpi = comm::UseMpi::kAuto;
  bool max = false, no_alignments = false, no_text_width = false, no_bias = false, no_null2 = false;
  OptionRecord record;
};

// Positional arguments and all options but those of one program only; `thresholds` are the program's
// defaults.
void add_search_options(CLI::App& app, SearchCommand& command, const char* query_help, bool has_query_format,
                        const search::Thresholds& thresholds);
// --popen, --pextend, --mx.
void add_scoring_options(CLI::App& app, SearchCommand& command);

// --memory, --tmp-dir.
void add_memory_options(CLI::App& app, search::SearchOptions& options, int64_t& keep_bytes);

// Completes `command.run` after parsing: switches, the run's description, progress. `program` is HMMER's name
// of it.
void finish_options(SearchCommand& command, const std::string& program, const std::string& summary);

// --seed: 0 stands for one that nobody chose.
uint32_t effective_seed(uint32_t seed);
// --cpu's default: HMMER_NCPU, else two, as with HMMER.
int default_threads();
std::string date_now();

// Sequences of a FASTA file ("-": standard input), one at a time.
search::SequenceSource sequences_of(const std::string& path);

// A progress line that ends with the scope.
class SearchProgress {
 public:
  explicit SearchProgress(int64_t total = 0) : progress_("search", "comparisons", total) {}
  std::function<void(int64_t)> callback() {
    return [this](int64_t n) { progress_.advance(n); };
  }

 private:
  base::Progress progress_;
};

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_SEARCH_OPTIONS_H_
