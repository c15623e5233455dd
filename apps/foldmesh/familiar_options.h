// Options of run_alphafold.py and colabfold_batch that `fold` takes under their names.
#ifndef FOLDMESH_APPS_FAMILIAR_OPTIONS_H_
#define FOLDMESH_APPS_FAMILIAR_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "foldmesh/pipeline/fold.h"

namespace foldmesh::apps {

struct FamiliarOptions {
  std::vector<std::string> fasta_paths;
  std::optional<int> num_models;
  std::string model_type;
  std::vector<std::string> without_effect;  // that were given
};

void add_familiar_options(CLI::App& command, FamiliarOptions& options);
// After parsing: what was given under these names, in the places where `fold` looks. Names in a log line what
// has no effect here. kInput when there is no input at all.
void apply(const FamiliarOptions& familiar, pipeline::FoldOptions& options);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_FAMILIAR_OPTIONS_H_
