#include "foldmesh/output/report/result_reader.h"

#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"

namespace foldmesh::output::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Runs `read` on the parsed file; what JSON finds wrong becomes one line with the file's name.
template <typename F>
auto from_json(const fs::path& path, F&& read) {
  try {
    const Json json = Json::parse(base::read_file(path));
    return read(json);
  } catch (const Json::exception& error) {
    base::throw_input("{}: cannot be read ({})", path.string(), base::printable(error.what(), 160));
  }
}

Json optional_json(const fs::path& path, Json otherwise) {
  if (!fs::is_regular_file(path)) return otherwise;
  return from_json(path, [](const Json& json) { return json; });
}

std::optional<double> number(const Json& object, const char* key, const std::string& model) {
  if (!object.is_object() || !object.contains(key) || !object.at(key).is_object()) return std::nullopt;
  const auto found = object.at(key).find(model);
  if (found == object.at(key).end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

fs::path if_there(const fs::path& path) { return fs::is_regular_file(path) ? path : fs::path(); }

void find_files(const fs::path& folder, size_t rank, ModelResult& model) {
  const std::string ranked = "ranked_" + std::to_string(rank);
  const auto add = [&](const std::string& name) {
    if (fs::is_regular_file(folder / name)) model.files.push_back(name);
  };
  for (const char* extension : {".pdb", ".cif"}) add(ranked + extension);
  for (const char* stage : {"relaxed_", "unrelaxed_"}) {
    for (const char* extension : {".cif", ".pdb"}) {
      const std::string name = stage + model.name + extension;
      if (model.structure.empty()) {
        model.structure = if_there(folder / name);
        model.is_relaxed = !model.structure.empty() && stage == std::string_view("relaxed_");
      }
    }
  }
  for (const char* extension : {".cif", ".pdb"}) {
    if (model.structure.empty()) model.structure = if_there(folder / (ranked + extension));
  }
  model.plddt = if_there(folder / ("confidence_" + model.name + ".json"));
  model.pae = if_there(folder / ("pae_" + model.name + ".json"));
  model.chain_pairs = if_there(folder / ("chain_pairs_" + model.name + ".json"));
  for (const fs::path& path : {model.plddt, model.pae, model.chain_pairs}) {
    if (!path.empty()) model.files.push_back(path.filename().string());
  }
}

std::string ranking_label(const Json& ranking, const fs::path& path) {
  for (const char* label : {"iptm+ptm", "plddts"}) {
    if (ranking.contains(label)) return label;
  }
  base::throw_input("{}: has neither 'plddts' nor 'iptm+ptm' (expected AlphaFold's ranking)", path.string());
}

}  // namespace

bool is_result_folder(const fs::path& folder) { return fs::is_regular_file(folder / "ranking_debug.json"); }

Result read_result(const fs::path& folder) {
  Result result;
  result.folder = folder;
  result.name = fs::absolute(folder).lexically_normal().filename().string();
  if (result.name.empty())
    result.name = fs::absolute(folder).lexically_normal().parent_path().filename().string();
  const fs::path ranking_path = folder / "ranking_debug.json";
  if (!fs::is_regular_file(ranking_path)) {
    base::throw_input("{}: has no ranking_debug.json (expected a result folder of foldmesh or AlphaFold)",
                      folder.string());
  }
  const Json relax = optional_json(folder / "relax_metrics.json", Json::object());
  from_json(ranking_path, [&](const Json& ranking) {
    result.ranking_label = ranking_label(ranking, ranking_path);
    result.untrained = ranking.value("untrained_parameters", false);
    for (const Json& name : ranking.at("order")) {
      ModelResult model;
      model.name = name.get<std::string>();
      if (model.name.find('/') != std::string::npos) {
        base::throw_input("{}: '{}' is no name of a model", ranking_path.string(),
                          base::printable(model.name));
      }
      model.confidence = ranking.at(result.ranking_label).at(model.name).get<double>();
      model.ptm = number(ranking, "ptm", model.name);
      model.iptm = number(ranking, "iptm", model.name);
      model.mean_plddt =
          result.ranking_label == "plddts" ? model.confidence : number(ranking, "mean_plddt", model.name);
      if (const auto n = number(ranking, "num_recycles", model.name)) model.n_recycles = static_cast<int>(*n);
      if (relax.is_object() && relax.contains(model.name) && relax.at(model.name).is_object()) {
        model.n_violations = number(relax, model.name.c_str(), "remaining_violations_count");
        const Json& metrics = relax.at(model.name);
        if (metrics.contains("failed") && metrics.at("failed").is_string()) {
          model.relaxation_failure = metrics.at("failed").get<std::string>();
        }
      }
      find_files(folder, result.models.size(), model);
      result.models.push_back(std::move(model));
    }
    return 0;
  });
  const Json timings = optional_json(folder / "timings.json", Json::object());
  for (const auto& [stage, seconds] : timings.items()) {
    if (seconds.is_number()) result.timings.emplace_back(stage, seconds.get<double>());
  }
  result.run = optional_json(folder / "run.json", Json::object());
  result.templates = optional_json(folder / "templates.json", Json::array());
  return result;
}

std::vector<double> read_plddt(const fs::path& path) {
  return from_json(path,
                   [](const Json& json) { return json.at("confidenceScore").get<std::vector<double>>(); });
}

AlignedErrors read_pae(const fs::path& path) {
  return from_json(path, [&](const Json& json) {
    const Json& object = json.is_array() ? json.at(0) : json;
    AlignedErrors out;
    if (object.contains("distance")) {
      for (const Json& value : object.at("distance")) out.values.push_back(value.get<float>());
      out.n = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(out.values.size()))));
    } else {
      const Json& rows = object.contains("pae") ? object.at("pae") : object.at("predicted_aligned_error");
      out.n = rows.size();
      for (const Json& row : rows) {
        for (const Json& value : row) out.values.push_back(value.get<float>());
      }
    }
    if (out.n == 0 || out.values.size() != out.n * out.n) {
      base::throw_input("{}: {} errors (expected a square matrix)", path.string(), out.values.size());
    }
    return out;
  });
}

ChainPairs read_chain_pairs(const fs::path& path) {
  return from_json(path, [&](const Json& json) {
    ChainPairs out;
    out.chain_ids = json.at("chain_ids").get<std::vector<std::string>>();
    const size_t n = out.chain_ids.size();
    for (const auto& [key, values] : {std::pair{"chain_pair_iptm", &out.iptm},
                                      {"chain_pair_pae_mean", &out.mean_pae},
                                      {"chain_pair_pae_min", &out.min_pae}}) {
      for (const Json& row : json.at(key)) {
        for (const Json& value : row) values->push_back(value.get<double>());
      }
      if (values->size() != n * n) {
        base::throw_input("{}: {} values in {} (expected {} x {})", path.string(), values->size(), key, n, n);
      }
    }
    return out;
  });
}

}  // namespace foldmesh::output::report
