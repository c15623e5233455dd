// The whole pipeline for a list of targets: search, features, one prediction per model, ranking, results.
//
// Stages of one target, each resumable on its own (stage.h), all under <output_dir>/<target>/:
//   search_<database>   msas/<database>_hits.sto
//   features            features.npz (raw AlphaFold features)
//   predict_<model>     unrelaxed_<model>_pred_0.pdb/.cif, confidence_*, pae_*, contacts_*.json
//   ranking             ranked_<k>.pdb/.cif, ranking_debug.json, timings.json (always written anew: it is
//   cheap)
#ifndef FOLDMESH_PIPELINE_FOLD_H_
#define FOLDMESH_PIPELINE_FOLD_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace foldmesh::pipeline {

struct Database {
  std::string name;            // "uniref90": names the hits file and decides row limit and merge order
  std::filesystem::path path;  // packed database, or FASTA (plain, gz, zst)
};

struct FoldOptions {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output_dir;
  std::vector<Database> databases;
  std::filesystem::path params_dir;          // holds params_<model>.npz
  std::string model_preset = "monomer_ptm";  // or "monomer"
  std::vector<int> models = {1, 2, 3, 4, 5};
  int num_recycles = 3;
  uint64_t random_seed = 0;
  bool msa_only = false;
  bool use_precomputed_msas = false;  // take msas/*_hits.* that are there, whoever made them
  int n_threads = 1;
  size_t memory_bytes = 0;  // budget of one prediction; 0: what the machine has
};

// Throws kInput before any work when an input, a database or a parameter file is missing.
void fold(const FoldOptions& options);

// Packed databases and FASTA files in a folder laid out like AlphaFold 2's or 3's downloads, or flat:
// `uniref90`, `mgnify`, `small_bfd`, in this order, packed ones preferred. kInput when there is none.
std::vector<Database> find_databases(const std::filesystem::path& db_dir);

// "uniref90=/data/uniref90.fmdb" -> Database. kInput when there is no '=' or a part is empty.
Database parse_database(const std::string& text);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_FOLD_H_
