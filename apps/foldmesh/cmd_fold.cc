#include <memory>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/database_options.h"
#include "apps/foldmesh/familiar_options.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/recycle_options.h"
#include "apps/foldmesh/relax_options.h"
#include "apps/foldmesh/template_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/pipeline/environment.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/pipeline/model_presets.h"

namespace foldmesh::apps {
namespace {

struct Arguments {
  FamiliarOptions familiar;
  pipeline::FoldOptions options;
  pipeline::DatabaseOptions databases;
  std::string models_to_relax = "best";
  comm::UseMpi mpi = comm::UseMpi::kAuto;
};

size_t n_to_relax(const std::string& which) {
  if (which == "none") return 0;
  return which == "best" ? 1 : pipeline::RelaxStageOptions::kAll;
}

}  // namespace

void setup_fold(CLI::App& command) {
  auto args = std::make_shared<Arguments>();
  pipeline::FoldOptions& options = args->options;
  options.n_threads = base::available_cores();
  command.add_option(
      "inputs", options.inputs,
      "FASTA files; A3M alignments (nothing is searched for these); tables with columns id and sequence "
      "(.csv, .tsv); AlphaFold 3's jobs (.json); folders of these, or with an msas/ folder of alignments");
  command.add_option(
      "-o,--output-dir,--output_dir", options.output_dir,
      "results go to OUTPUT_DIR/<target>/; without it, of two inputs the second one is this folder");
  add_database_options(command, args->databases);
  add_template_options(command, options.templates);
  command.add_option(
      "--params-dir,--data", options.params_dir,
      "folder with DeepMind's params_<model>.npz, or files made by `foldmesh params generate`; default: "
      "params/ in the data folder");
  command
      .add_option("--model-preset", options.model_preset,
                  "which family of models; with multimer (its third release; or the older ones) all records "
                  "of a FASTA file are chains of one complex, or "
                  "SEQ:SEQ in one record")
      ->check(CLI::IsMember(pipeline::model_presets()))
      ->capture_default_str();
  command.add_option("--models", options.models, "which of the five models to run, for instance 1,3")
      ->delimiter(',')
      ->check(CLI::Range(1, 5))
      ->capture_default_str();
  CLI::Option* recycles = command.add_option("--num-recycles,--num-recycle", options.num_recycles,
                                             "passes after the first one (multimer: 20 unless given)");
  recycles->check(CLI::Range(0, 100))->capture_default_str();
  command
      .add_option("--precision", options.precision,
                  "number type of the trunk's matrix products; bf16 is up to twice as fast on machines with "
                  "AVX512-BF16 or AMX and changes results slightly")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  CLI::Option* tolerance = add_recycle_tolerance_option(command, options.recycle_tolerance);
  CLI::Option* per_model =
      command.add_option("--num-predictions-per-model,--num-multimer-predictions-per-model,--num-seeds",
                         options.predictions_per_model,
                         "predictions by each model, each with another seed (multimer: 5 unless given)");
  per_model->check(CLI::Range(1, 1000))->capture_default_str();
  command.add_option("--random-seed", options.random_seed, "seed of alignment sampling and masking")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--alphafold-chain-ids", options.alphafold_chain_ids,
                   "order the chains of a complex as AlphaFold does, equal ones together, and call them B, "
                   "C, ..., a single one A (default: A, B, ... in the order of the input)");
  command
      .add_option(
          "--models-to-relax,--models_to_relax,--relax", args->models_to_relax,
          "which models are relaxed in a force field: the one with the highest confidence, all or none; "
          "--num-relax N: the best N")
      ->check(CLI::IsMember({"best", "all", "none"}))
      ->capture_default_str();
  add_relax_options(command, options.relax.how);
  command.add_flag("--msa-only,--msa_only", options.msa_only, "stop after the search");
  command.add_flag("--a3m", options.a3m, "alignments as A3M, a tenth of the size, instead of Stockholm");
  command.add_flag("--use-precomputed-msas,--use_precomputed_msas", options.use_precomputed_msas,
                   "take alignments already in OUTPUT_DIR/<target>/msas/ as they are");
  command.add_option("--cpu", options.n_threads, "threads")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command
      .add_option(
          "--memory", options.memory_bytes,
          "memory budget, for instance 16G; a prediction that cannot fit is refused before it starts. "
          "Under mpirun it is that of each rank (default: an even share of what its machine has free)")
      ->transform(CLI::AsSizeValue(false));
  add_mpi_option(command, args->mpi);
  add_familiar_options(command, args->familiar);
  command.footer(
      "Results have AlphaFold's names: ranked_0.pdb, ranking_debug.json, confidence_*.json, pae_*.json, "
      "msas/, ...\n"
      "A run that was interrupted continues where it stopped when the same command is given again.\n"
      "Under mpirun or srun all ranks search together and share the targets; one that does not fit on one "
      "rank is predicted by all of them.");
  command.callback([args, recycles, tolerance, per_model] {
    pipeline::FoldOptions& fold_options = args->options;
    apply(args->familiar, fold_options);
    pipeline::take_environment(args->databases, &fold_options.params_dir);
    if (pipeline::is_multimer(fold_options.model_preset)) {
      // What AlphaFold-Multimer does.
      if (recycles->empty()) fold_options.num_recycles = 20;
      if (tolerance->empty()) fold_options.recycle_tolerance = 0.5;
      if (per_model->empty()) fold_options.predictions_per_model = 5;
      if (!args->databases.data_dir.empty()) args->databases.multimer = true;
    }
    fold_options.relax.n_models = n_to_relax(args->models_to_relax);
    if (!fold_options.single_sequence) fold_options.databases = pipeline::choose_databases(args->databases);
    pipeline::find_template_data(args->databases.data_dir, &fold_options.templates);
    apply_last(args->familiar, fold_options);
    if (!fold_options.msa_only && fold_options.relax.n_models > 0) {
      relax::check_platform(fold_options.relax.how.engine);
    }
    const std::unique_ptr<comm::Communicator> ranks = comm::join(args->mpi);
    fold_options.ranks = ranks.get();
    pipeline::fold(fold_options);
  });
}

}  // namespace foldmesh::apps
