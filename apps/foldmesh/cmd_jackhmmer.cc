#include <algorithm>
#include <cstdint>
#include <memory>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/search_options.h"
#include "foldmesh/base/error.h"

namespace foldmesh::apps {

void setup_jackhmmer(CLI::App& app) {
  struct State : SearchCommand {
    search::JackhmmerOptions jackhmmer;
  };
  auto command = std::make_shared<State>();
  search::JackhmmerOptions& jackhmmer = command->jackhmmer;
  OptionRecord& record = command->record;
  app.footer(
      "A drop-in for HMMER's jackhmmer: same options, same output files, same hits. AlphaFold calls it as\n"
      "jackhmmer -o /dev/null -A out.sto --noali --F1 0.0005 --F2 5e-05 --F3 5e-07 --incE 0.0001 -E 0.0001 "
      "--cpu 8 "
      "-N 1 query.fasta db");
  record.note(
      app.add_option("-N", jackhmmer.max_rounds, "most rounds to search; fewer if nothing new is found")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      "maximum iterations set to");
  add_search_options(app, *command, "query sequences, FASTA ('-': standard input)", true,
                     search::jackhmmer_thresholds());
  add_scoring_options(app, *command);
  record
      .note(app.add_option("--chkhmm", jackhmmer.hmm_checkpoints,
                           "save each round's model to <prefix>-<round>.hmm")
                ->type_name("PREFIX"),
            "HMM checkpoint files output")
      ->group("Output");
  record
      .note(app.add_option("--chkali", jackhmmer.alignment_checkpoints,
                           "save each round's alignment to <prefix>-<round>.sto")
                ->type_name("PREFIX"),
            "MSA checkpoint files output")
      ->group("Output");
  record
      .note(app.add_option("--seq_limit", jackhmmer.max_targets,
                           "keep the best so many targets only, in all outputs and in the next round")
                ->check(CLI::Range(0, INT32_MAX)),
            "set max sequence hits to return")
      ->group("Output");
  record
      .note(app.add_option("--fragthresh", jackhmmer.fragthresh,
                           "in later rounds, rows with at most this fraction of the columns are fragments")
                ->check(CLI::Range(0.0, 1.0))
                ->capture_default_str(),
            "define fragments if <= x*alen")
      ->group("Models of later rounds");
  app.callback([command] {
    finish_options(*command, "jackhmmer", "iteratively search a protein sequence against a protein database");
    if (command->target_path == "-") {
      base::throw_input("jackhmmer reads the database once per round (expected a file, not standard input)");
    }
    command->jackhmmer.first_round = command->scoring;
    base::ThreadPool pool(std::max(command->n_threads, 1));
    Machines machines(command->mpi, pool);
    if (machines.was_helper()) return;
    command->run.search.crew = machines.crew();
    const auto database = search::open_targets(command->target_path, machines.crew());
    SearchProgress progress;
    command->run.search.on_progress = progress.callback();
    search::run_jackhmmer(sequences_of(command->query_path), command->jackhmmer, *database, command->run,
                          pool);
    machines.dismiss();
  });
}

}  // namespace foldmesh::apps
