#include "foldmesh/pipeline/report_stage.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/version.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/feature_config.h"
#include "foldmesh/output/report/report.h"
#include "foldmesh/pipeline/template_stage.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// As options say it.
Json models_to_relax(size_t n) {
  if (n == RelaxStageOptions::kAll) return "all";
  return n == 0 ? Json("none") : n == 1 ? Json("best") : Json(n);
}

// What the run was asked for; nothing in it depends on the machine's speed or on when it ran.
Json run_facts(const Target& target, const FoldOptions& options) {
  Json chains = Json::array();
  for (const Chain& chain : target.chains) {
    chains.push_back({{"id", chain.id}, {"description", chain.header()}, {"sequence", chain.sequence}});
  }
  Json databases = Json::object();
  for (const Database& database : options.databases) {
    databases[database.name] = database.is_hhsuite() ? Json(database.hhsuite) : Json(database.path.string());
  }
  Json templates = Json::object();
  if (!options.templates.pdb_seqres.empty()) templates["pdb_seqres"] = options.templates.pdb_seqres.string();
  if (!options.templates.pdb70.empty()) templates["pdb70"] = options.templates.pdb70;
  if (options.templates.searches()) {
    templates["structures"] = options.templates.mmcif_dir.string();
    templates["released until"] =
        options.templates.max_date.empty() ? "any date" : options.templates.max_date;
  }
  if (!options.templates.custom.empty()) templates["own"] = options.templates.custom;
  return {{"program", "foldmesh " + base::version_string()},
          {"target", target.name},
          {"chains", chains},
          {"options",
           {{"input", target.input.string()},
            {"model_preset", options.model_preset},
            {"models", options.models},
            {"predictions_per_model", options.predictions_per_model},
            {"num_recycles", options.num_recycles},
            {"random_seed", options.random_seed},
            {"precision", options.precision},
            {"params_dir", options.params_dir.string()},
            {"databases", databases},
            {"templates", templates},
            {"models_to_relax", models_to_relax(options.relax.n_models)}}}};
}

}  // namespace

output::Origin origin_of(const Target& target, bool untrained) {
  output::Origin origin{target.name, untrained};
  for (const Chain& chain : target.chains) origin.chain_descriptions.push_back(chain.header());
  return origin;
}

namespace {

// Pairs of numbers; others are left out.
std::vector<std::pair<int, int>> runs_in(const Json& entry) {
  std::vector<std::pair<int, int>> runs;
  if (!entry.is_object() || !entry.contains(kResiduesKey)) return runs;
  for (const Json& run : entry.at(kResiduesKey)) {
    if (run.is_array() && run.size() == 2 && run[0].is_number_integer() && run[1].is_number_integer()) {
      runs.emplace_back(run[0].get<int>(), run[1].get<int>());
    }
  }
  return runs;
}

}  // namespace

std::vector<structio::UsedTemplate> templates_used(const Target& target, const fs::path& folder) {
  std::vector<structio::UsedTemplate> used;
  const fs::path path = folder / "templates.json";
  if (!fs::is_regular_file(path)) return used;
  const Json table = Json::parse(base::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!table.is_array()) return used;
  const auto text = [](const Json& entry, const char* key) {
    return entry.is_object() && entry.contains(key) && entry.at(key).is_string()
               ? entry.at(key).get<std::string>()
               : std::string();
  };
  for (size_t c = 0; c < target.chains.size(); ++c) {
    const Chain& chain = target.chains[c];
    const auto is_first = [&](const Chain& other) { return other.sequence == chain.sequence; };
    if (std::find_if(target.chains.begin(), target.chains.end(), is_first) - target.chains.begin() !=
        static_cast<std::ptrdiff_t>(c)) {
      continue;  // a copy has the same templates
    }
    std::string query;
    for (const char letter : chain.sequence)
      query += bio::kRestypeLetters[static_cast<size_t>(bio::restype_of(letter))];
    int n = 0;
    for (const Json& entry : table) {
      const std::string name = text(entry, "template"), id = text(entry, "chain");
      if (name.empty() || (!id.empty() && id != chain.id) || n == features::kMaxTemplates) continue;
      used.push_back({name, query, text(entry, kAlignedKey), text(entry, kLabelKey),
                      text(entry, kChainSequenceKey), runs_in(entry)});
      ++n;
    }
  }
  return used;
}

void write_target_report(const Target& target, const FoldOptions& options) {
  const fs::path folder = options.output_dir / target.name;
  try {
    base::write_file_atomically(
        folder / "run.json",
        run_facts(target, options).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    output::report::write_report(folder);
  } catch (const base::Error& error) {
    base::log::warn("{}: no report.html ({})", target.name, error.what());
  }
}

void BatchReport::write() const {
  std::vector<output::SummaryRow> rows;
  for (size_t t = 0; t < targets_.size(); ++t) {
    const auto failure =
        std::find_if(failures_.begin(), failures_.end(), [&](const auto& f) { return f.first == t; });
    output::SummaryRow row;
    try {
      if (failure == failures_.end())
        row = output::report::summary_row(options_.output_dir / targets_[t].name);
    } catch (const base::Error& error) {
      row.status = error.what();
    }
    if (failure != failures_.end()) row.status = "failed: " + failure->second;
    row.target = targets_[t].name;
    row.n_res = targets_[t].n_res();
    row.n_chains = targets_[t].chains.size();
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.target < b.target; });
  try {
    output::report::write_batch(rows, options_.output_dir);
  } catch (const base::Error& error) {
    base::log::warn("no summary of the run ({})", error.what());
  }
}

}  // namespace foldmesh::pipeline
