#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/scaling/table.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::apps {
namespace {

struct State {
  std::string query_path, plot_path, json_path;
  std::vector<std::string> databases;  // NAME=PATH
  std::vector<size_t> lengths = {16, 32, 64, 96};
  scaling::TableOptions table;
  int n_measured = base::available_cores(), n_rounds = 3;
  int64_t chunk_residues = 1 << 18;
};

void add_options(CLI::App& app, State& state) {
  app.add_option("query", state.query_path, "FASTA; its first sequence is cut to each length")->required();
  app.add_option("--db", state.databases, "a database, packed or FASTA; may be repeated")
      ->type_name("NAME=PATH")
      ->required()
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--lengths", state.lengths, "query lengths")->delimiter(',')->check(CLI::Range(1, 100'000));
  app.add_option("--processors", state.table.processors,
                 "numbers of processors to predict for (default: 1, 2, 3, and powers of 2 to 1024)")
      ->delimiter(',')
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--measure", state.n_measured, "run on 1 to so many threads, too")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--rounds", state.n_rounds, "every time is the median of so many runs")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--chunk-residues", state.chunk_residues, "residues of a chunk that is measured alone")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--times-as-large", state.table.times_as_large,
                 "predict for databases so many times as large")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--plot", state.plot_path, "write the plot (SVG) here");
  app.add_option("--json", state.json_path, "write everything as JSON here");
}

bio::Sequence cut(bio::Sequence query, size_t length) {
  if (query.residues.size() < length) {
    base::throw_input("the query {} has {} residues (expected at least {}, the longest of --lengths)",
                      base::printable(query.name), query.residues.size(), length);
  }
  query.residues.resize(length);
  return query;
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
  }
  const std::vector<bio::Sequence> queries = seqio::read_queries(state.query_path);
  if (state.table.processors.empty()) {
    state.table.processors = {1, 2, 3};
    for (int n = 4; n <= 1024; n *= 2) state.table.processors.push_back(n);
  }
  std::sort(state.table.processors.begin(), state.table.processors.end());

  std::vector<scaling::DatabaseFacts> facts;
  for (search::NamedDatabase& database : databases) facts.push_back(scaling::read_database(database));
  std::vector<int> measured;
  for (int n = 1; n <= state.n_measured; ++n) measured.push_back(n);
  std::vector<scaling::LengthTimes> times;
  for (const size_t length : state.lengths) {
    times.push_back(scaling::measure(cut(queries.front(), length), databases, measured, state.chunk_residues,
                                     state.n_rounds));
  }
  const scaling::ScalingTable table = scaling::make_table(std::move(facts), std::move(times), state.table);
  if (!state.plot_path.empty()) base::write_file_atomically(state.plot_path, scaling::to_svg(table));
  if (!state.json_path.empty())
    base::write_file_atomically(state.json_path, scaling::to_json(table).dump(2) + "\n");
  fmt::print("{}", scaling::to_text(table));
}

}  // namespace

void setup_bench(CLI::App& app) {
  app.require_subcommand(1);
  setup_bench_inference(app);
  CLI::App* command = app.add_subcommand(
      "scaling",
      "a search's runtime against the number of processors: measured here, predicted for 1 to 1,024");
  auto state = std::make_shared<State>();
  command->footer(
      "Searches with AlphaFold 2's thresholds, (a) with one process per database and (b) in chunks that all "
      "processors\n"
      "share, and predicts both for other numbers of processors from the measured times of single chunks.\n"
      "Example: foldmesh bench scaling query.fasta --db uniref90=u.fmdb --db mgnify=m.fmdb --db "
      "small_bfd=b.fmdb "
      "--plot scaling.svg");
  add_options(*command, *state);
  command->callback([state] { run(*state); });
}

}  // namespace foldmesh::apps
