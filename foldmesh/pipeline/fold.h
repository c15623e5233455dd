// The whole pipeline for a list of targets: search, features, one prediction per model, ranking, results.
//
// Predictions run target after target, the longest chain first, so that what cannot fit is known early; the
// features of the next target are made meanwhile. A target that fails is reported and left out.
//
// On several ranks (mpirun), which must see the same files: all search together; then all predict the longest
// targets together, as many as sharing.h says, and the others are handed out whole to whoever is free.
//
// Stages of one target, each resumable on its own (stage.h), all under <output_dir>/<target>/:
//   search_<database>   msas/<database>_hits.sto (or .a3m)
//   search_templates_msas  msas/pdb_hits.sto (or .hhr)
//   features            features.npz (raw AlphaFold features), templates.json
//   predict_<model>_pred_<k>  unrelaxed_<model>_pred_<k>.pdb/.cif, confidence_*, pae_*, contacts_*.json
//   relax_<model>_pred_<k>    relaxed_<model>_pred_<k>.pdb/.cif, relax_metrics.json (relax_stage.h)
//   ranking             ranked_<k>.pdb/.cif, ranking_debug.json, timings.json (always written anew: it is
//   cheap)
#ifndef FOLDMESH_PIPELINE_FOLD_H_
#define FOLDMESH_PIPELINE_FOLD_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "foldmesh/comm/communicator.h"
#include "foldmesh/pipeline/databases.h"
#include "foldmesh/pipeline/relax_stage.h"
#include "foldmesh/pipeline/template_options.h"

namespace foldmesh::pipeline {

struct FoldOptions {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output_dir;
  std::vector<Database> databases;
  TemplateSettings templates;                // for models that take templates
  std::filesystem::path params_dir;          // holds params_<model>.npz
  std::string model_preset = "monomer_ptm";  // model_presets.h
  std::vector<int> models = {1, 2, 3, 4, 5};
  int num_recycles = 3;
  std::string precision = "fp32";  // or "bf16"
  double recycle_tolerance = 0;    // predict::PredictOptions; 0: all passes run
  int predictions_per_model = 1;   // each with a seed of its own
  uint64_t random_seed = 0;
  bool alphafold_chain_ids = false;  // chains of complexes as AlphaFold orders and letters them
  bool single_sequence = false;      // nothing is searched: the alignment of a sequence is itself
  bool msa_only = false;
  bool a3m = false;                   // alignments as A3M, a tenth of the size, instead of Stockholm
  bool use_precomputed_msas = false;  // take msas/*_hits.* that are there, whoever made them
  RelaxStageOptions relax;
  int n_threads = 1;
  // Budget of one prediction on one rank. 0: what the machine has free; ranks on one machine share that
  // evenly, and all ranks go by the smallest share.
  size_t memory_bytes = 0;
  // The ranks of this run, finished at its end; null: this process alone. All call fold() with equal options.
  comm::Communicator* ranks = nullptr;
};

// Throws kInput before any work when an input, a database or a parameter file is missing, and at the end when
// targets have failed.
void fold(const FoldOptions& options);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_FOLD_H_
