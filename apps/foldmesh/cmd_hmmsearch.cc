#include <algorithm>
#include <memory>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/search_options.h"
#include "foldmesh/hmm/hmm_file.h"

namespace foldmesh::apps {

void setup_hmmsearch(CLI::App& app) {
  struct State : SearchCommand {
    bool gathering = false, noise = false, trusted = false;
  };
  auto command = std::make_shared<State>();
  app.footer("A drop-in for HMMER's hmmsearch: same options, same output files, same hits.");
  add_search_options(app, *command, "profile HMMs in HMMER3/f format ('-': standard input)", false,
                     search::Thresholds());
  CLI::Option* previous[2] = {};
  int n = 0;
  const auto cutoffs = [&](const char* name, bool& flag, const char* help, const char* caption) {
    auto* option = app.add_flag(name, flag, help)->group("Model-specific thresholds");
    for (const char* other : {"-E", "-T", "--domE", "--domT", "--incE", "--incT", "--incdomE", "--incdomT"}) {
      option->excludes(app.get_option(other));
    }
    for (int i = 0; i < n; ++i) option->excludes(previous[i]);
    if (n < 2) previous[n++] = option;
    command->record.note(option, "model-specific thresholding", caption);
  };
  cutoffs("--cut_ga", command->gathering, "use each model's GA scores as thresholds", "GA cutoffs");
  cutoffs("--cut_nc", command->noise, "use each model's NC scores as thresholds", "NC cutoffs");
  cutoffs("--cut_tc", command->trusted, "use each model's TC scores as thresholds", "TC cutoffs");
  app.callback([command] {
    finish_options(*command, "hmmsearch", "search profiles against a protein database");
    base::ThreadPool pool(std::max(command->n_threads, 1));
    Machines machines(command->mpi, pool);
    if (machines.was_helper()) return;
    command->run.search.crew = machines.crew();
    const auto database = search::open_targets(command->target_path, machines.crew());
    hmm::HmmFileReader models(command->query_path);
    const search::Cutoffs cutoffs = command->gathering ? search::Cutoffs::kGathering
                                    : command->trusted ? search::Cutoffs::kTrusted
                                    : command->noise   ? search::Cutoffs::kNoise
                                                       : search::Cutoffs::kNone;
    SearchProgress progress;
    command->run.search.on_progress = progress.callback();
    search::run_hmmsearch([&] { return models.next(); }, cutoffs, *database, command->run, pool);
    machines.dismiss();
  });
}

}  // namespace foldmesh::apps
