#include "apps/foldmesh/familiar_options.h"

#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"

namespace foldmesh::apps {
namespace {

constexpr const char* kGroup = "Names that run_alphafold.py and colabfold_batch have for it";

// ColabFold's names of models.
const std::map<std::string, std::string>& model_types() {
  static const std::map<std::string, std::string> kTypes = {{"alphafold2", "monomer"},
                                                            {"alphafold2_ptm", "monomer_ptm"},
                                                            {"alphafold2_multimer_v1", "multimer_v1"},
                                                            {"alphafold2_multimer_v2", "multimer_v2"},
                                                            {"alphafold2_multimer_v3", "multimer"}};
  return kTypes;
}

}  // namespace

void add_familiar_options(CLI::App& command, FamiliarOptions& options) {
  command.add_option("--fasta_paths", options.fasta_paths, "inputs, separated by commas")
      ->delimiter(',')
      ->group(kGroup);
  command.add_option("--num-models", options.num_models, "the first N models, instead of --models")
      ->check(CLI::Range(1, 5))
      ->group(kGroup);
  std::vector<std::string> types;
  for (const auto& [type, preset] : model_types()) types.push_back(type);
  command.add_option("--model-type", options.model_type, "in ColabFold's words, instead of --model-preset")
      ->check(CLI::IsMember(types))
      ->group(kGroup);
  // Nothing of the kind is needed here, but scripts pass it.
  for (const char* name : {"jackhmmer_binary_path", "hhblits_binary_path", "hhsearch_binary_path",
                           "hmmsearch_binary_path", "hmmbuild_binary_path", "kalign_binary_path",
                           "jackhmmer_n_cpu", "hmmsearch_n_cpu", "hhsearch_n_cpu"}) {
    command
        .add_option_function<std::string>(
            std::string("--") + name,
            [&options, name](const std::string&) { options.without_effect.emplace_back(name); },
            "taken without effect")
        ->group("");
  }
  for (const char* name : {"benchmark", "logtostderr", "alsologtostderr"}) {
    command
        .add_flag_function(
            std::string("--") + name,
            [&options, name](int64_t) { options.without_effect.emplace_back(name); }, "taken without effect")
        ->group("");
  }
}

void apply(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  for (const std::string& path : familiar.fasta_paths) options.inputs.emplace_back(path);
  if (options.inputs.empty()) {
    base::throw_input(
        "no input (expected files or folders, or --fasta_paths=FILE,...; see foldmesh fold --help)");
  }
  if (familiar.num_models) {
    options.models.clear();
    for (int model = 1; model <= *familiar.num_models; ++model) options.models.push_back(model);
  }
  if (!familiar.model_type.empty()) options.model_preset = model_types().at(familiar.model_type);
  for (const std::string& name : familiar.without_effect) {
    base::log::info("--{}: has no effect here, as no such program is called", name);
  }
}

}  // namespace foldmesh::apps
