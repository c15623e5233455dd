// A result folder, ours or AlphaFold's own, as it can be read back from its files.
#ifndef FOLDMESH_OUTPUT_REPORT_RESULT_READER_H_
#define FOLDMESH_OUTPUT_REPORT_RESULT_READER_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace foldmesh::output::report {

struct ModelResult {
  std::string name;
  double confidence = 0;  // what models are ranked by
  std::optional<double> mean_plddt, ptm, iptm;
  std::optional<int> n_recycles;
  std::optional<double> n_violations;  // after relaxation
  std::string relaxation_failure;      // why; empty when it did not fail
  bool is_relaxed = false;
  std::vector<std::string> files;                 // names, those that there are
  std::filesystem::path structure;                // .cif where there is one, relaxed if it was; empty: none
  std::filesystem::path plddt, pae, chain_pairs;  // JSON; empty: none
};

struct Result {
  std::filesystem::path folder;
  std::string name;                 // of the folder
  std::string ranking_label;        // "plddts", "iptm+ptm"
  std::vector<ModelResult> models;  // best first
  bool untrained = false;
  std::vector<std::pair<std::string, double>> timings;                 // seconds by stage
  nlohmann::ordered_json run = nlohmann::ordered_json::object();       // run.json, or empty
  nlohmann::ordered_json templates = nlohmann::ordered_json::array();  // templates.json, or empty
};

// True for folders with a ranking_debug.json.
bool is_result_folder(const std::filesystem::path& folder);
// Needs ranking_debug.json; other files may be missing. Throws kInput naming the file that is damaged.
Result read_result(const std::filesystem::path& folder);

// Per residue, from confidence_*.json.
std::vector<double> read_plddt(const std::filesystem::path& path);

// The matrix of pae_*.json, row by row: an object or a list of one, with `predicted_aligned_error` or `pae`,
// or with `distance` as the AlphaFold database had it before 2022.
struct AlignedErrors {
  size_t n = 0;
  std::vector<float> values;  // [n, n]
};
AlignedErrors read_pae(const std::filesystem::path& path);

// chain_pairs_*.json: matrices over the chains, row by row; PAE is aligned on the row's chain.
struct ChainPairs {
  std::vector<std::string> chain_ids;
  std::vector<double> iptm, mean_pae, min_pae;  // [n, n]
};
ChainPairs read_chain_pairs(const std::filesystem::path& path);

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_RESULT_READER_H_
