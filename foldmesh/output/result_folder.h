// The files of one target's result folder, under AlphaFold's names (docs/formats/results.md).
// Files appear complete or not at all; equal arguments give equal bytes.
#ifndef FOLDMESH_OUTPUT_RESULT_FOLDER_H_
#define FOLDMESH_OUTPUT_RESULT_FOLDER_H_

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/bio/structure.h"
#include "foldmesh/confidence/confidence.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::output {

// What every file may say about its origin.
struct Origin {
  std::string target = "";  // name of the query
  bool untrained = false;   // made with generated parameters: every file that can says so
  std::vector<std::string> chain_descriptions = {};  // headers of the sequences, by chain
};

struct Prediction {
  std::string name;                                       // "model_1_ptm_pred_0"
  bio::Structure structure;                               // with pLDDT
  std::optional<confidence::AlignedError> aligned_error;  // models with that head only
  std::vector<double> contact_probability;                // [n_res, n_res], or empty: no file
  std::vector<structio::UsedTemplate> templates = {};     // that the network saw
};

// Writes unrelaxed_<name>.cif and .pdb, confidence_<name>.json, and where there is something to say
// pae_<name>.json, chain_pairs_<name>.json and contacts_<name>.json. A structure that does not fit in the PDB
// format gets no .pdb and a warning in the log. Returns the file names, for manifests. Throws kInput when a
// number is not finite.
std::vector<std::string> write_prediction(const Prediction& prediction, const Origin& origin,
                                          const std::filesystem::path& folder);

struct Ranked {
  std::string name;
  double confidence = 0;
  int n_recycles = 0;  // that ran
  std::optional<double> mean_plddt = {}, ptm = {}, iptm = {};
  std::vector<structio::UsedTemplate> templates = {};  // that the network saw
  bool is_relaxed = false;                             // relaxed_<name>.* are there and belong to this run
};

// Writes relaxed_<model.name>.cif and, where it fits, .pdb. Returns the file names.
std::vector<std::string> write_relaxed(const Ranked& model, const bio::Structure& structure,
                                       const Origin& origin, const std::filesystem::path& folder);

// Orders by descending confidence (equals keep their order), writes ranking_debug.json and copies
// relaxed_<name>.* or, of models that were not relaxed, unrelaxed_<name>.* to ranked_0.*, ranked_1.*, ...
// Returns the file names. `label` is what confidence means: "plddts" or "iptm+ptm".
std::vector<std::string> write_ranking(std::span<const Ranked> models, const std::string& label,
                                       const Origin& origin, const std::filesystem::path& folder);

// timings.json: seconds by stage, in the order given.
void write_timings(std::span<const std::pair<std::string, double>> seconds,
                   const std::filesystem::path& folder);

}  // namespace foldmesh::output

#endif  // FOLDMESH_OUTPUT_RESULT_FOLDER_H_
