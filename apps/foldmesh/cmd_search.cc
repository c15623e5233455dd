#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/database_options.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/search_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/version.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/pipeline/databases.h"
#include "foldmesh/pipeline/search_databases.h"
#include "foldmesh/pipeline/search_ranks.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::apps {
namespace {

struct State {
  search::AlignmentSearchOptions options;
  std::string query_path;
  pipeline::DatabaseOptions databases;
  pipeline::RowLimits limits = pipeline::RowLimits::kNone;
  std::string output_folder;
  bool no_sto = false;
  int64_t max_rows = 0;
  int n_threads = base::available_cores();
  comm::UseMpi mpi = comm::UseMpi::kAuto;
  bool json = false;
  OptionRecord record;
};

void add_options(CLI::App& app, State& state) {
  OptionRecord& record = state.record;
  search::AlignmentSearchOptions& options = state.options;
  app.add_option("query", state.query_path, "query sequences, FASTA ('-': standard input); names must differ")
      ->required();
  record.note(add_database_options(app, state.databases), "database");
  const std::map<std::string, pipeline::RowLimits> presets = {
      {"alphafold2", pipeline::RowLimits::kAlphafold2}, {"alphafold3", pipeline::RowLimits::kAlphafold3}};
  record.note(
      app.add_option("--preset", state.limits,
                     "alphafold2 or alphafold3: as many rows as it reads of each database, and its folders: "
                     "<query>/msas/<NAME>_hits.sto")
          ->transform(CLI::CheckedTransformer(presets)),
      "preset");
  app.add_option("-o,--output-dir,--output_dir", state.output_folder,
                 "where to write <query>/<NAME>_hits.sto; made if missing")
      ->required();
  app.add_flag("--a3m", options.a3m, "write <NAME>_hits.a3m, too");
  app.add_flag("--no-sto", state.no_sto, "with --a3m, no <NAME>_hits.sto, which is ten times the size");
  app.add_flag("--tblout", options.target_tables, "write <NAME>.tblout, a line per target, too");
  app.add_flag("--domtblout", options.domain_tables, "write <NAME>.domtblout, a line per domain, too");
  record.note(app.add_option("--max-rows", state.max_rows,
                             "most rows of an alignment, the query counted (0: no limit but the preset's)")
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
  add_mpi_option(app, state.mpi);
  app.add_flag("--json", state.json, "print what was found as JSON");
}

void print_facts(const std::vector<search::AlignmentSearchFacts>& all, bool json) {
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    const auto known = [](int64_t n) { return n < 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(n); };
    for (const search::AlignmentSearchFacts& facts : all) {
      list.push_back({{"query", facts.query},
                      {"database", facts.database},
                      {"n_targets", known(facts.n_targets)},
                      {"n_reported", known(facts.n_reported)},
                      {"n_included", known(facts.n_included)},
                      {"n_rows", facts.n_rows},
                      {"alignment", facts.alignment_path}});
    }
    fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  fmt::print("{:>10} {:>9} {:>9} {:>7}  {}\n", "targets", "reported", "included", "rows", "alignment");
  for (const search::AlignmentSearchFacts& facts : all) {
    const auto known = [](int64_t n) { return n < 0 ? std::string("-") : std::to_string(n); };
    fmt::print("{:>10} {:>9} {:>9} {:7}  {}\n", known(facts.n_targets), known(facts.n_reported),
               known(facts.n_included), facts.n_rows, facts.alignment_path);
  }
}

void run(State& state) {
  if (state.no_sto && !state.options.a3m) base::throw_input("--no-sto without --a3m leaves nothing to write");
  base::ThreadPool pool(state.n_threads);
  const std::unique_ptr<comm::Communicator> ranks = comm::join(state.mpi);
  if (ranks && ranks->rank() > 0) return pipeline::help_with_searches(*ranks, pool);
  const std::vector<pipeline::Database> databases = pipeline::choose_databases(state.databases);
  if (databases.empty()) base::throw_input("nothing to search (expected --db NAME=PATH or --data-dir)");
  std::vector<size_t> max_rows;
  for (const pipeline::Database& database : databases) {
    max_rows.push_back(state.max_rows > 0 ? static_cast<size_t>(state.max_rows)
                                          : pipeline::max_rows(database.name, state.limits));
  }
  const std::vector<bio::Sequence> queries = seqio::read_queries(state.query_path);

  search::AlignmentSearchOptions& options = state.options;
  options.stockholm = !state.no_sto;
  options.output_folder = state.output_folder;
  if (state.limits != pipeline::RowLimits::kNone) options.subfolder = "msas";
  options.info.program = "foldmesh search";
  options.info.version = base::version();
  options.info.query_path = state.query_path;
  options.info.command_line = state.record.command_line("search", {state.query_path});
  print_facts(pipeline::search_databases(queries, databases, max_rows, options, ranks.get(), pool),
              state.json);
  if (!ranks) return;
  comm::ItemLeader(ranks.get()).dismiss();
  ranks->finish();
}

}  // namespace

void setup_search(CLI::App& app) {
  auto state = std::make_shared<State>();
  app.footer(
      "One jackhmmer round per query and database, with AlphaFold 2's thresholds; all queries share each "
      "pass over a database.\nExamples: foldmesh search queries.fasta --db uniref90=uniref90.fmdb --db "
      "mgnify=mgnify.fmdb --output-dir msas\n          foldmesh search queries.fasta --preset alphafold2 "
      "--data-dir /data/alphafold --output-dir out");
  add_options(app, *state);
  app.callback([state] { run(*state); });
}

}  // namespace foldmesh::apps
