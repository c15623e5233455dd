#include "foldmesh/output/result_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/output/score_json.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::output {
namespace {

constexpr const char* kUntrainedKey = "untrained_parameters";

std::string to_text(const nlohmann::ordered_json& json) {
  // A name with bytes outside UTF-8 must not stop a run.
  return json.dump(4, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

structio::Provenance provenance_of(const Prediction& prediction, const Origin& origin) {
  structio::Provenance out{.entry_id = origin.target + "_" + prediction.name,
                           .title = fmt::format("Predicted structure of {}", origin.target),
                           .model_name = prediction.name,
                           .untrained = origin.untrained,
                           .chain_descriptions = origin.chain_descriptions,
                           .templates = prediction.templates};
  if (prediction.aligned_error) {
    out.ptm = prediction.aligned_error->ptm;
    out.iptm = prediction.aligned_error->iptm;
    out.pae_file = fmt::format("pae_{}.json", prediction.name);
  }
  return out;
}

// The .pdb file, or no file at all (an older one would not belong to this structure).
bool write_pdb_if_it_fits(const bio::Structure& structure, const structio::Provenance& provenance,
                          const std::filesystem::path& path) {
  const std::string obstacle = structio::why_not_pdb(structure);
  if (obstacle.empty()) {
    structio::write_pdb(structure, provenance, path);
    return true;
  }
  base::log::warn("{}: not written, as PDB files have no room for {}; see the .cif file", path.string(),
                  obstacle);
  std::filesystem::remove(path);
  return false;
}

}  // namespace

std::vector<std::string> write_prediction(const Prediction& prediction, const Origin& origin,
                                          const std::filesystem::path& folder) {
  const structio::Provenance provenance = provenance_of(prediction, origin);
  const bio::Structure& structure = prediction.structure;
  std::vector<std::string> written;
  const auto write_text = [&](const std::string& name, const std::string& text) {
    base::write_file_atomically(folder / name, text);
    written.push_back(name);
  };
  const std::string unrelaxed = "unrelaxed_" + prediction.name;
  write_text(unrelaxed + ".cif", structio::to_mmcif(structure, provenance));
  if (write_pdb_if_it_fits(structure, provenance, folder / (unrelaxed + ".pdb"))) {
    written.push_back(unrelaxed + ".pdb");
  }
  write_text(fmt::format("confidence_{}.json", prediction.name),
             confidence_json(structure.plddt, origin.untrained));
  if (prediction.aligned_error) {
    write_text(fmt::format("pae_{}.json", prediction.name),
               pae_json(prediction.aligned_error->pae, structure.n_res(), origin.untrained));
  }
  if (prediction.aligned_error && prediction.aligned_error->chain_pairs) {
    write_text(
        fmt::format("chain_pairs_{}.json", prediction.name),
        chain_pairs_json(structure.chain_ids, *prediction.aligned_error->chain_pairs, origin.untrained));
  }
  if (!prediction.contact_probability.empty()) {
    write_text(fmt::format("contacts_{}.json", prediction.name),
               contacts_json(prediction.contact_probability, structure.n_res(), origin.untrained));
  }
  return written;
}

std::vector<std::string> write_relaxed(const Ranked& model, const bio::Structure& structure,
                                       const Origin& origin, const std::filesystem::path& folder) {
  const structio::Provenance provenance{
      .entry_id = origin.target + "_" + model.name,
      .title = fmt::format("Predicted structure of {}, relaxed", origin.target),
      .model_name = model.name,
      .ptm = model.ptm,
      .iptm = model.iptm,
      .untrained = origin.untrained,
      .relaxed = true,
      .chain_descriptions = origin.chain_descriptions,
      .templates = model.templates,
      .pae_file = model.ptm ? fmt::format("pae_{}.json", model.name) : ""};
  const std::string stem = "relaxed_" + model.name;
  base::write_file_atomically(folder / (stem + ".cif"), structio::to_mmcif(structure, provenance));
  std::vector<std::string> written = {stem + ".cif"};
  if (write_pdb_if_it_fits(structure, provenance, folder / (stem + ".pdb"))) written.push_back(stem + ".pdb");
  return written;
}

std::vector<std::string> write_ranking(std::span<const Ranked> models, const std::string& label,
                                       const Origin& origin, const std::filesystem::path& folder) {
  std::vector<Ranked> order(models.begin(), models.end());
  for (const Ranked& model : order) {
    if (!std::isfinite(model.confidence))
      base::throw_input("{}: confidence is not a finite number", model.name);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Ranked& a, const Ranked& b) { return a.confidence > b.confidence; });

  std::vector<std::string> written;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    for (const char* extension : {".cif", ".pdb"}) {
      const std::string kind = order[rank].is_relaxed ? "relaxed_" : "unrelaxed_";
      const std::filesystem::path from = folder / (kind + order[rank].name + extension);
      const std::string to = fmt::format("ranked_{}{}", rank, extension);
      if (std::filesystem::exists(from)) {
        base::write_file_atomically(folder / to, base::read_file(from));
        written.push_back(to);
      } else {
        std::filesystem::remove(folder / to);  // of an earlier run, would contradict the ranking
      }
    }
  }
  nlohmann::ordered_json json;
  json[label] = nlohmann::ordered_json::object();
  for (const Ranked& model : models) json[label][model.name] = model.confidence;
  json["order"] = nlohmann::ordered_json::array();
  for (const Ranked& model : order) json["order"].push_back(model.name);
  for (const Ranked& model : models) {
    json["num_recycles"][model.name] = model.n_recycles;
    if (model.mean_plddt && label != "plddts") json["mean_plddt"][model.name] = *model.mean_plddt;
    if (model.ptm) json["ptm"][model.name] = *model.ptm;
    if (model.iptm) json["iptm"][model.name] = *model.iptm;
  }
  if (origin.untrained) json[kUntrainedKey] = true;
  base::write_file_atomically(folder / "ranking_debug.json", to_text(json));
  written.push_back("ranking_debug.json");
  return written;
}

void write_timings(std::span<const std::pair<std::string, double>> seconds,
                   const std::filesystem::path& folder) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [stage, value] : seconds) json[stage] = value;
  base::write_file_atomically(folder / "timings.json", to_text(json));
}

}  // namespace foldmesh::output
