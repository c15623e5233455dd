#include <algorithm>
#include <memory>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/search_options.h"

namespace foldmesh::apps {

void setup_phmmer(CLI::App& app) {
  auto command = std::make_shared<SearchCommand>();
  app.footer("A drop-in for HMMER's phmmer: same options, same output files, same hits.");
  add_search_options(app, *command, "query sequences, FASTA ('-': standard input)", true,
                     search::Thresholds());
  add_scoring_options(app, *command);
  app.callback([command] {
    finish_options(*command, "phmmer", "search a protein sequence against a protein database");
    base::ThreadPool pool(std::max(command->n_threads, 1));
    Machines machines(command->mpi, pool);
    if (machines.was_helper()) return;
    command->run.search.crew = machines.crew();
    const auto database = search::open_targets(command->target_path, machines.crew());
    SearchProgress progress;
    command->run.search.on_progress = progress.callback();
    search::run_phmmer(sequences_of(command->query_path), command->scoring, *database, command->run, pool);
    machines.dismiss();
  });
}

}  // namespace foldmesh::apps
