#include "apps/foldmesh/familiar_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/pipeline/model_presets.h"

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

struct Unused {
  const char *names, *why;
  bool is_flag;
};
// Scripts pass these, but here they change nothing.
constexpr const char* kNoProgram = "no such program is called here";
constexpr Unused kUnused[] = {
    {"--jackhmmer_binary_path", kNoProgram, false},
    {"--hhblits_binary_path", kNoProgram, false},
    {"--hhsearch_binary_path", kNoProgram, false},
    {"--hmmsearch_binary_path", kNoProgram, false},
    {"--hmmbuild_binary_path", kNoProgram, false},
    {"--kalign_binary_path", kNoProgram, false},
    {"--jackhmmer_n_cpu", "--cpu says it for all searches", false},
    {"--hmmsearch_n_cpu", "--cpu says it for all searches", false},
    {"--hhsearch_n_cpu", "--cpu says it for all searches", false},
    {"--benchmark", "timings.json is always written", true},
    {"--logtostderr", "the log goes there anyway", true},
    {"--alsologtostderr", "the log goes there anyway", true},
    {"--recompile-padding", "nothing is compiled", false},
    {"--sort-queries-by", "the longest target always comes first", false},
    {"--overwrite-existing-results", "what inputs or options have changed is always made again", true},
    {"--disable-unified-memory", "there is none", true},
    {"--calc-extra-ptm", "chain_pairs_*.json is always written", true},
    {"--threads", "--cpu says it", false},
};

void add_unused(CLI::App& command, FamiliarOptions& options) {
  for (const Unused& unused : kUnused) {
    const auto note = [&options, unused] {
      options.remarks.push_back(fmt::format("{}: has no effect: {}", unused.names, unused.why));
    };
    CLI::Option* option =
        unused.is_flag ? command.add_flag_function(
                             unused.names, [note](int64_t) { note(); }, "taken without effect")
                       : command.add_option_function<std::string>(
                             unused.names, [note](const std::string&) { note(); }, "taken without effect");
    option->group("");
  }
  struct Choice {
    const char *name, *accepted, *advice;
  };
  // What colabfold_batch does by default is close to what is done here anyway; other choices are not there.
  for (const Choice& choice :
       {Choice{
            "--pair-mode", "unpaired_paired",
            "chains are paired by species, and unpaired rows are kept; without UniProt there are no pairs"},
        Choice{"--pair-strategy", "greedy", "pairs of some of the chains are taken, too"},
        Choice{"--num-ensemble", "1", "one sample of the alignment is taken in each pass"}}) {
    command
        .add_option_function<std::string>(
            choice.name,
            [&options, choice](const std::string& value) {
              if (value != choice.accepted) {
                base::throw_input("{}={}: is not there (expected {}; {})", choice.name,
                                  base::printable(value), choice.accepted, choice.advice);
              }
              options.remarks.push_back(fmt::format("{}: has no effect: {}", choice.name, choice.advice));
            },
            "taken without effect")
        ->group("");
  }
}

struct Refused {
  const char *names, *advice;
  bool is_flag;
};
constexpr Refused kRefused[] = {
    {"--host-url", "no server is asked; name databases by --db or --data-dir", false},
    {"--stop-at-score", "all models that are asked for run; see --num-models", false},
    {"--save-all", "predict --dump-heads writes the network's outputs", true},
    {"--save-single-representations", "predict --dump-heads writes them", true},
    {"--save-pair-representations", "predict --dump-heads writes them", true},
    {"--save-recycles", "predict --dump-heads writes the structure of every pass", true},
    {"--zip", "results are a folder for each target", true},
    {"--use-dropout", "predictions are made without; --num-seeds gives different samples", true},
    {"--max-seq", "models take the numbers of rows that they were trained with", false},
    {"--max-extra-seq", "models take the numbers of rows that they were trained with", false},
    {"--max-msa", "models take the numbers of rows that they were trained with", false},
    {"--disable-cluster-profile", "models take cluster profiles, as they were trained with", true},
    {"--initial-guess", "predictions start from nothing", true},
    {"--interaction-scan", "give the pairs as inputs of their own", true},
    {"--jobname-prefix", "results are named after the inputs", false},
    {"--pdb-hit-file", "the hits file in msas/ is pdb_hits.sto or pdb_hits.hhr", false},
    {"--max-template-hits", "20 are taken, as AlphaFold does", false},
};

void add_refused(CLI::App& command) {
  for (const Refused& refused : kRefused) {
    const auto refuse = [refused] {
      base::throw_input("{}: is not there ({})", refused.names, refused.advice);
    };
    CLI::Option* option = refused.is_flag
                              ? command.add_flag_function(refused.names, [refuse](int64_t) { refuse(); })
                              : command.add_option_function<std::string>(
                                    refused.names, [refuse](const std::string&) { refuse(); });
    option->group("");
  }
}

// `foldmesh fold INPUT RESULTS`
void take_output_folder(pipeline::FoldOptions& options) {
  if (!options.output_dir.empty()) return;
  if (options.inputs.size() != 2 || std::filesystem::is_regular_file(options.inputs.back())) {
    base::throw_input("no --output-dir (expected a folder for the results: -o FOLDER, or INPUT FOLDER)");
  }
  options.output_dir = options.inputs.back();
  options.inputs.pop_back();
}

void take_relaxation(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  if (familiar.use_gpu_relax) options.relax.how.engine.platform = *familiar.use_gpu_relax ? "auto" : "CPU";
  if (!familiar.amber && !familiar.num_relax) return;
  options.relax.n_models = familiar.num_relax.value_or(pipeline::RelaxStageOptions::kAll);
}

void take_msa_mode(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  if (familiar.msa_mode.empty()) return;
  options.single_sequence = familiar.msa_mode == "single_sequence";
  if (!options.single_sequence && !familiar.msa_mode.starts_with("mmseqs2_")) {
    base::throw_input(
        "--msa-mode={}: is not there (expected single_sequence, or mmseqs2_uniref_env and its like, for "
        "which the databases of --db or --data-dir are searched)",
        base::printable(familiar.msa_mode));
  }
  base::log::info("--msa-mode: {}",
                  options.single_sequence
                      ? "nothing is searched: the alignment of a sequence is the sequence alone"
                      : "no server is asked: the databases of --db or --data-dir are searched");
}

// Ranking is as AlphaFold's; ColabFold's names for it are understood.
void check_rank(const FamiliarOptions& familiar, const pipeline::FoldOptions& options) {
  if (familiar.rank.empty()) return;
  const std::string done = pipeline::is_multimer(options.model_preset) ? "multimer" : "plddt";
  if (familiar.rank != "auto" && familiar.rank != done) {
    base::throw_input(
        "--rank={}: is not there (expected auto or {}: single chains are ranked by pLDDT, complexes by 0.8 "
        "ipTM + 0.2 pTM; ranking_debug.json has the others)",
        base::printable(familiar.rank), done);
  }
  base::log::info("--rank: has no effect: {}",
                  done == "plddt" ? "models are ranked by pLDDT" : "models are ranked by 0.8 ipTM + 0.2 pTM");
}

void take_own_templates(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  const std::filesystem::path& folder = familiar.custom_template_path;
  if (folder.empty()) return;
  if (!std::filesystem::is_directory(folder)) {
    base::throw_input("{}: is not a folder (--custom-template-path)", folder.string());
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".cif" || extension == ".pdb") files.push_back(entry.path().string());
  }
  if (files.empty())
    base::throw_input("{}: holds no .cif or .pdb files (--custom-template-path)", folder.string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) options.templates.custom.push_back(file);
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
  types.emplace_back("auto");
  command.add_option("--model-type", options.model_type, "in ColabFold's words, instead of --model-preset")
      ->check(CLI::IsMember(types))
      ->group(kGroup);
  command
      .add_option("--model-order", options.model_order, "which models, instead of --models; for instance 3,1")
      ->delimiter(',')
      ->check(CLI::Range(1, 5))
      ->group(kGroup);
  command.add_flag("--amber", options.amber, "relax the models that --num-relax says; alone: all")
      ->group(kGroup);
  command
      .add_option("--num-relax", options.num_relax,
                  "relax so many models, the best ones, instead of --models-to-relax")
      ->check(CLI::Range(0, 1'000'000))
      ->group(kGroup);
  command
      .add_flag_function(
          "--use-gpu-relax,--enable-gpu-relax",
          [&options](int64_t count) { options.use_gpu_relax = count > 0; },
          "relax on a GPU if OpenMM has one that works, else on the CPU; with =false on the CPU")
      ->group(kGroup);
  command
      .add_flag("--templates", options.templates,
                "use templates: needs a data folder with them, or the options of templates")
      ->group(kGroup);
  command
      .add_option("--msa-mode", options.msa_mode,
                  "single_sequence: nothing is searched, a sequence is its own alignment (inputs that have "
                  "one keep it); mmseqs2_...: the databases named are searched as without it")
      ->type_name("MODE")
      ->group(kGroup);
  command.add_option("--rank", options.rank, "auto; what ranking there is anyway")->group("");
  command
      .add_option("--custom-template-path", options.custom_template_path,
                  "folder with structures of your own (.cif, .pdb), each as by --custom-template")
      ->type_name("FOLDER")
      ->group(kGroup);
  add_unused(command, options);
  add_refused(command);
}

void apply(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  for (const std::string& path : familiar.fasta_paths) options.inputs.emplace_back(path);
  take_output_folder(options);
  if (options.inputs.empty()) {
    base::throw_input(
        "no input (expected files or folders, or --fasta_paths=FILE,...; see foldmesh fold --help)");
  }
  if (familiar.num_models) {
    options.models.clear();
    for (int model = 1; model <= *familiar.num_models; ++model) options.models.push_back(model);
  }
  // "auto" means what ColabFold takes for single chains; complexes are told what to give.
  if (!familiar.model_type.empty() && familiar.model_type != "auto")
    options.model_preset = model_types().at(familiar.model_type);
  if (!familiar.model_order.empty()) options.models = familiar.model_order;
  take_own_templates(familiar, options);
  take_msa_mode(familiar, options);
  check_rank(familiar, options);
  for (const std::string& remark : familiar.remarks) base::log::info("{}", remark);
}

void apply_last(const FamiliarOptions& familiar, pipeline::FoldOptions& options) {
  take_relaxation(familiar, options);
  if (!familiar.templates || options.templates.searches() || !options.templates.custom.empty()) return;
  base::throw_input(
      "--templates: there are none to search (expected --data-dir, --pdb-seqres-database-path with "
      "--template-mmcif-dir, or --custom-template; no server is asked)");
}

}  // namespace foldmesh::apps
