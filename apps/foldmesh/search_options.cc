#include "apps/foldmesh/search_options.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <utility>

#include "apps/foldmesh/machines.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/base/version.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::apps {
namespace {

const CLI::Validator kPositive(
    [](std::string& text) -> std::string {
      double value = 0;
      return CLI::detail::lexical_cast(text, value) && value > 0 ? ""
                                                                 : "must be a number above 0, not " + text;
    },
    "x>0");

void add_output_options(CLI::App& app, SearchCommand& command) {
  OptionRecord& record = command.record;
  search::OutputPaths& outputs = command.run.outputs;
  search::MainOutputOptions& text = command.run.main_output;
  const char* kGroup = "Output";
  record
      .note(app.add_option("-o", outputs.main, "write the report to this file instead of standard output"),
            "output directed to file")
      ->group(kGroup);
  record
      .note(app.add_option("-A", outputs.alignment, "save a Stockholm alignment of all included hits"),
            "MSA of hits saved to file")
      ->group(kGroup);
  record
      .note(app.add_option("--tblout", outputs.target_table, "save a table with one line per target"),
            "per-seq hits tabular output")
      ->group(kGroup);
  record
      .note(app.add_option("--domtblout", outputs.domain_table, "save a table with one line per domain"),
            "per-dom hits tabular output")
      ->group(kGroup);
  record
      .note(app.add_flag("--acc", text.prefer_accessions,
                         "show accessions instead of names where there are any"),
            "prefer accessions over names", "yes")
      ->group(kGroup);
  record
      .note(app.add_flag("--noali", command.no_alignments, "leave the alignments out of the report"),
            "show alignments in output", "no")
      ->group(kGroup);
  auto* no_width =
      record
          .note(app.add_flag("--notextw", command.no_text_width, "no limit to the width of lines"),
                "max ASCII text line length", "unlimited")
          ->group(kGroup);
  record
      .note(app.add_option("--textw", text.text_width, "width of the report's lines")
                ->check(CLI::Range(120, 1000000))
                ->capture_default_str()
                ->excludes(no_width),
            "max ASCII text line length")
      ->group(kGroup);
}

// Pairs of an E-value and a score threshold for the same thing; only one of the two may be given.
void add_threshold_options(CLI::App& app, SearchCommand& command) {
  OptionRecord& record = command.record;
  search::Thresholds& t = command.run.thresholds;
  const auto pair = [&](const char* group, const char* e_name, double& e, const char* t_name,
                        std::optional<double>& score, const char* what, const char* caption) {
    auto* by_e = app.add_option(e_name, e, fmt::format("{} with at most this E-value", what))
                     ->check(kPositive)
                     ->capture_default_str()
                     ->group(group);
    auto* by_score = app.add_option(t_name, score, fmt::format("{} with at least this score, in bits", what))
                         ->group(group)
                         ->excludes(by_e);
    record.note(by_e, caption, "E-value <=");
    record.note(by_score, caption, "score >=");
  };
  const char *kReport = "Reporting thresholds", *kInclude = "Inclusion thresholds";
  pair(kReport, "-E", t.E, "-T", t.T, "report targets", "sequence reporting threshold");
  pair(kReport, "--domE", t.dom_E, "--domT", t.dom_T, "report domains", "domain reporting threshold");
  pair(kInclude, "--incE", t.inc_E, "--incT", t.inc_T, "include targets in alignments",
       "sequence inclusion threshold");
  pair(kInclude, "--incdomE", t.incdom_E, "--incdomT", t.incdom_T, "include domains in alignments",
       "domain inclusion threshold");
}

void add_filter_options(CLI::App& app, SearchCommand& command) {
  OptionRecord& record = command.record;
  hmm::PipelineOptions& pipeline = command.run.search.pipeline;
  const char* kGroup = "Filters";
  auto* max = record
                  .note(app.add_flag("--max", command.max, "no filters: slow, finds a little more"),
                        "Max sensitivity mode", "on [all heuristic filters off]")
                  ->group(kGroup);
  const auto filter = [&](const char* name, double& threshold, const char* stage, const char* caption) {
    auto* option =
        app.add_option(name, threshold, fmt::format("P-value a target may have to pass the {}", stage))
            ->capture_default_str()
            ->excludes(max)
            ->group(kGroup);
    record.note(option, caption, "<=");
  };
  filter("--F1", pipeline.F1, "ungapped (MSV) filter", "MSV filter P threshold");
  filter("--F2", pipeline.F2, "Viterbi filter", "Vit filter P threshold");
  filter("--F3", pipeline.F3, "Forward filter", "Fwd filter P threshold");
  record
      .note(app.add_flag("--nobias", command.no_bias, "no filter for biased composition")->excludes(max),
            "biased composition HMM filter", "off")
      ->group(kGroup);
}

}  // namespace

CLI::Option* OptionRecord::note(CLI::Option* option, std::string what, std::string relation) {
  entries_.push_back({option, std::move(what), std::move(relation)});
  return option;
}

std::vector<std::pair<std::string, std::string>> OptionRecord::settings() const {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const auto& [option, what, relation] : entries_) {
    if (option->count() == 0) continue;
    std::string value = relation;
    if (option->get_items_expected_max() > 0) {
      if (!value.empty()) value += ' ';
      value += fmt::format("{}", fmt::join(option->results(), ", "));
    }
    settings.emplace_back(what, value);
  }
  return settings;
}

std::string OptionRecord::command_line(const std::string& program,
                                       const std::vector<std::string>& arguments) const {
  std::string line = program;
  for (const Entry& entry : entries_) {
    if (entry.option->count() == 0) continue;
    const std::string name = ' ' + entry.option->get_name();
    if (entry.option->get_items_expected_max() == 0) {
      line += name;
    } else {
      for (const std::string& value : entry.option->results()) line += name + ' ' + value;
    }
  }
  for (const std::string& argument : arguments) line += ' ' + argument;
  return line;
}

void add_search_options(CLI::App& app, SearchCommand& command, const char* query_help, bool has_query_format,
                        const search::Thresholds& thresholds) {
  command.run.thresholds = thresholds;
  command.n_threads = default_threads();
  app.add_option("query", command.query_path, query_help)->required();
  app.add_option(
         "database", command.target_path,
         "protein sequences to search: a packed database (foldmesh db build) or FASTA, also .gz and .zst")
      ->required();
  add_output_options(app, command);
  add_threshold_options(app, command);
  add_filter_options(app, command);

  OptionRecord& record = command.record;
  const char* kGroup = "Expert";
  record
      .note(app.add_flag("--nonull2", command.no_null2, "no correction of scores for biased composition"),
            "null2 bias corrections", "off")
      ->group(kGroup);
  record
      .note(app.add_option("-Z", command.run.thresholds.Z, "number of comparisons behind E-values of targets")
                ->check(kPositive),
            "sequence search space set to")
      ->group(kGroup);
  record
      .note(app.add_option("--domZ", command.run.thresholds.dom_Z,
                           "number of comparisons behind conditional E-values of domains")
                ->check(kPositive),
            "domain search space set to")
      ->group(kGroup);
  record
      .note(app.add_option("--seed", command.run.search.pipeline.seed,
                           "seed of the random number generator (0: another one each time)")
                ->check(CLI::Range(uint32_t{0}, UINT32_MAX))
                ->capture_default_str(),
            "random number seed set to")
      ->group(kGroup);
  // The one format there is; the option is accepted because callers give it.
  if (has_query_format) {
    record
        .note(app.add_option("--qformat", "format of the query file")
                  ->check(CLI::IsMember({"fasta"}, CLI::ignore_case)),
              "query <seqfile> format asserted")
        ->group(kGroup);
  }
  record
      .note(app.add_option("--tformat", "format of a database that is not packed")
                ->check(CLI::IsMember({"fasta"}, CLI::ignore_case)),
            "target <seqdb> format asserted")
      ->group(kGroup);
  record
      .note(app.add_option("--cpu", command.n_threads, "number of threads (0 counts as 1)")
                ->check(CLI::Range(0, 4096))
                ->capture_default_str(),
            "number of worker threads")
      ->group(kGroup);
  add_memory_options(app, command.run.search, command.run.keep_bytes);
  add_mpi_option(app, command.mpi);
}

void add_memory_options(CLI::App& app, search::SearchOptions& options, int64_t& keep_bytes) {
  const auto set_memory = [&options, &keep_bytes](const std::string& text) {
    constexpr size_t kLeast = size_t{16} << 20;
    options.memory = base::parse_bytes(text);
    if (options.memory < kLeast) base::throw_input("--memory {}: expected at least 16M", text);
    keep_bytes = static_cast<int64_t>(options.memory / 4);
  };
  app.add_option_function<std::string>(
         "--memory", set_memory,
         "memory for models, hits and working space, the mapped database not "
         "counted (default: 128M a thread, at least 256M, and more "
         "where alignments of long sequences need it); hits that do not fit wait "
         "in a temporary file, and long alignments take longer")
      ->type_name("SIZE")
      ->group("Machine");
  app.add_option("--tmp-dir", options.spill_folder,
                 "folder for temporary files (default: the output folder of `search`, else TMPDIR or /tmp)")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory)
      ->group("Machine");
}

void add_scoring_options(CLI::App& app, SearchCommand& command) {
  const char* kGroup = "Scores of a single sequence";
  command.record
      .note(app.add_option("--mx", "substitution matrix: there is BLOSUM62")
                ->check(CLI::IsMember({"BLOSUM62"})),
            "subst score matrix (built-in)")
      ->group(kGroup);
  command.record
      .note(app.add_option("--popen", command.scoring.gap_open, "probability of opening a gap")
                ->check(CLI::Range(0.0, 0.499999))
                ->capture_default_str(),
            "gap open probability")
      ->group(kGroup);
  command.record
      .note(app.add_option("--pextend", command.scoring.gap_extend, "probability of extending a gap")
                ->check(CLI::Range(0.0, 0.999999))
                ->capture_default_str(),
            "gap extend probability")
      ->group(kGroup);
}

void finish_options(SearchCommand& command, const std::string& program, const std::string& summary) {
  search::RunOptions& run = command.run;
  if (command.max) run.search.pipeline.open_all_filters();
  if (command.no_bias) run.search.pipeline.bias_filter = false;
  if (command.no_null2) run.search.pipeline.null2 = false;
  if (command.no_alignments) run.main_output.show_alignments = false;
  if (command.no_text_width) run.main_output.text_width = 0;
  run.search.keep_display = run.main_output.show_alignments;
  run.search.pipeline.seed = effective_seed(run.search.pipeline.seed);
  command.scoring.seed = run.search.pipeline.seed;

  search::RunInfo& info = run.info;
  info.program = "foldmesh " + program;
  info.summary = summary;
  info.version = base::version();
  info.query_path = command.query_path;
  info.target_path = command.target_path;
  info.command_line = command.record.command_line(program, {command.query_path, command.target_path});
  std::error_code ignored;
  info.folder = std::filesystem::current_path(ignored).string();
  info.date = date_now();
  info.settings = command.record.settings();
  info.settings.insert(info.settings.begin(), {"target sequence database", info.target_path});
  info.settings.insert(info.settings.begin(), {"query file", info.query_path});
}

uint32_t effective_seed(uint32_t seed) {
  std::random_device source;
  while (seed == 0) seed = source();
  return seed;
}

int default_threads() {
  if (const char* text = std::getenv("HMMER_NCPU")) {
    const int n = std::atoi(text);
    if (n > 0) return n;
  }
  return 2;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  return fmt::format("{:%a %b %e %H:%M:%S %Y}", fmt::localtime(now));
}

search::SequenceSource sequences_of(const std::string& path) {
  seqio::FastaOptions options;
  options.allow_empty = true;  // passed over by the runs
  auto reader = std::make_shared<seqio::FastaReader>(path, options);
  return [reader]() -> std::optional<bio::Sequence> {
    bio::Sequence sequence;
    if (!reader->next(sequence)) return std::nullopt;
    return sequence;
  };
}

}  // namespace foldmesh::apps
