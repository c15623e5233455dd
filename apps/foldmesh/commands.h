// Each cmd_*.cc defines one setup function: it describes a subcommand's options to CLI11 and sets its
// callback. Callbacks throw base::Error; main turns that into one line and an exit code.
#ifndef FOLDMESH_APPS_COMMANDS_H_
#define FOLDMESH_APPS_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string_view>

namespace foldmesh::apps {

struct Command {
  const char* name;
  const char* summary;
  void (*setup)(CLI::App& command);
  // Stands in for HMMER's program of this name when started through a link named like it.
  bool is_hmmer = false;
};

// Whether a command of this name stands in for HMMER's.
bool is_hmmer_command(std::string_view name);

void setup_bench(CLI::App& command);
void setup_bench_inference(CLI::App& bench);  // a subcommand of it
void setup_bfactors(CLI::App& command);
void setup_completion(CLI::App& command);
void setup_db(CLI::App& command);
void setup_doctor(CLI::App& command);
void setup_features(CLI::App& command);
void setup_fold(CLI::App& command);
void setup_hmmbuild(CLI::App& command);
void setup_hmmsearch(CLI::App& command);
void setup_install_links(CLI::App& command);
void setup_jackhmmer(CLI::App& command);
void setup_man(CLI::App& command);
void setup_params(CLI::App& command);
void setup_phmmer(CLI::App& command);
void setup_plan(CLI::App& command);
void setup_predict(CLI::App& command);
void setup_relax(CLI::App& command);
void setup_report(CLI::App& command);
void setup_search(CLI::App& command);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_COMMANDS_H_
