#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/search_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/version.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::apps {
namespace {

struct State {
  search::AlignmentSearchOptions options;
  std::string query_path;
  std::vector<std::string> databases;  // NAME=PATH
  std::string output_folder;
  int64_t max_rows = 0;
  int n_threads = base::available_cores();
  bool json = false;
  OptionRecord record;
};

void add_options(CLI::App& app, State& state) {
  OptionRecord& record = state.record;
  search::AlignmentSearchOptions& options = state.options;
  app.add_option("query", state.query_path, "query sequences, FASTA ('-': standard input); names must differ")
      ->required();
  record.note(
      app.add_option(
             "--db", state.databases,
             "a database: its name in outputs, and a packed database (foldmesh db build) or FASTA, also "
             ".gz and .zst; may be repeated")
          ->type_name("NAME=PATH")
          ->required()
          ->allow_extra_args(false)
          ->take_all(),
      "database");
  app.add_option("--output-dir", state.output_folder,
                 "where to write <query>/<NAME>_hits.sto; made if missing")
      ->required();
  app.add_flag("--a3m", options.a3m, "write <NAME>_hits.a3m, too");
  app.add_flag("--tblout", options.target_tables, "write <NAME>.tblout, a line per target, too");
  app.add_flag("--domtblout", options.domain_tables, "write <NAME>.domtblout, a line per domain, too");
  record.note(app.add_option("--max-rows", state.max_rows,
                             "most rows of an alignment, the query counted (0: no limit)")
                  ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000}))
                  ->capture_default_str(),
              "most rows of an alignment");
  search::Thresholds& t = options.thresholds;
  const char* kGroup = "Thresholds (defaults: AlphaFold 2's)";
  const auto threshold = [&](const char* name, double& value, const char* help) {
    record
        .note(app.add_option(name, value, help)->check(CLI::Range(0.0, 1e300))->capture_default_str(), name)
        ->group(kGroup);
  };
  threshold("-E", t.E, "report targets with at most this E-value");
  threshold("--domE", t.dom_E, "report domains with at most this E-value");
  threshold("--incE", t.inc_E, "include targets with at most this E-value");
  threshold("--incdomE", t.incdom_E, "include domains with at most this E-value");
  threshold("--F1", options.search.pipeline.F1,
            "P-value a target may have to pass the ungapped (MSV) filter");
  threshold("--F2", options.search.pipeline.F2, "P-value a target may have to pass the Viterbi filter");
  threshold("--F3", options.search.pipeline.F3, "P-value a target may have to pass the Forward filter");
  app.add_option("--cpu", state.n_threads, "number of threads")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  add_memory_options(app, options.search, options.keep_bytes);
  app.add_flag("--json", state.json, "print what was found as JSON");
}

void print_facts(const std::vector<search::AlignmentSearchFacts>& all, bool json) {
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const search::AlignmentSearchFacts& facts : all) {
      list.push_back({{"query", facts.query},
                      {"database", facts.database},
                      {"n_targets", facts.n_targets},
                      {"n_reported", facts.n_reported},
                      {"n_included", facts.n_included},
                      {"n_rows", facts.n_rows},
                      {"alignment", facts.alignment_path}});
    }
    fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  fmt::print("{:>10} {:>9} {:>9} {:>7}  {}\n", "targets", "reported", "included", "rows", "alignment");
  for (const search::AlignmentSearchFacts& facts : all) {
    fmt::print("{:10} {:9} {:9} {:7}  {}\n", facts.n_targets, facts.n_reported, facts.n_included,
               facts.n_rows, facts.alignment_path);
  }
}

void run(State& state) {
  std::vector<std::unique_ptr<search::TargetDatabase>> opened;
  std::vector<search::NamedDatabase> databases;
  for (const std::string& argument : state.databases) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos)
      base::throw_input("--db {}: expected NAME=PATH", base::printable(argument));
    opened.push_back(search::TargetDatabase::open(argument.substr(equals + 1)));
    databases.push_back({argument.substr(0, equals), opened.back().get()});
    if (state.max_rows > 0) databases.back().max_rows = static_cast<size_t>(state.max_rows);
  }
  const std::vector<bio::Sequence> queries = seqio::read_queries(state.query_path);

  search::AlignmentSearchOptions& options = state.options;
  options.output_folder = state.output_folder;
  options.info.program = "foldmesh search";
  options.info.version = base::version();
  options.info.query_path = state.query_path;
  options.info.command_line = state.record.command_line("search", {state.query_path});

  int64_t total = 0;
  for (const auto& database : opened) {
    const std::optional<int64_t> n = database->n_targets();
    if (!n) {
      total = 0;  // unknown
      break;
    }
    total += *n * static_cast<int64_t>(queries.size());
  }
  base::ThreadPool pool(state.n_threads);
  std::vector<search::AlignmentSearchFacts> facts;
  {
    SearchProgress progress(total);
    options.search.on_progress = progress.callback();
    facts = search::search_alignments(queries, databases, options, pool);
  }
  print_facts(facts, state.json);
}

}  // namespace

void setup_search(CLI::App& app) {
  auto state = std::make_shared<State>();
  app.footer(
      "One jackhmmer round per query and database, with AlphaFold 2's thresholds; all queries share each "
      "pass over a "
      "database.\nExample: foldmesh search queries.fasta --db uniref90=uniref90.fmdb --db mgnify=mgnify.fmdb "
      "--output-dir msas");
  add_options(app, *state);
  app.callback([state] { run(*state); });
}

}  // namespace foldmesh::apps
