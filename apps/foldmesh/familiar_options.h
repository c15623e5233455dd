// Options of run_alphafold.py and colabfold_batch that `fold` takes under their names.
#ifndef FOLDMESH_APPS_FAMILIAR_OPTIONS_H_
#define FOLDMESH_APPS_FAMILIAR_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "foldmesh/pipeline/fold.h"

namespace foldmesh::apps {

struct FamiliarOptions {
  std::vector<std::string> fasta_paths;
  std::optional<int> num_models;
  std::string model_type;
  std::vector<int> model_order;
  bool amber = false, templates = false;
  std::optional<size_t> num_relax;
  std::optional<bool> use_gpu_relax;
  std::filesystem::path custom_template_path;
  std::string msa_mode, rank;
  std::vector<std::string> remarks;  // on options that were given and change nothing here
};

void add_familiar_options(CLI::App& command, FamiliarOptions& options);
// After parsing: what was given under these names, in the places where `fold` looks. Of two inputs without an
// output folder the second one is that folder, as colabfold_batch has it. Says in a log line what has no
// effect here. kInput when there is no input or no output folder, and for what cannot be done.
void apply(const FamiliarOptions& familiar, pipeline::FoldOptions& options);
// Likewise what depends on how many predictions there are and on where templates are looked for, once that is
// settled.
void apply_last(const FamiliarOptions& familiar, pipeline::FoldOptions& options);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_FAMILIAR_OPTIONS_H_
