#include "foldmesh/pipeline/relax_stage.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr const char* kMetricsFile = "relax_metrics.json";

// The best `n`, the best one first; of equals the earlier one, as in the ranking.
std::vector<output::Ranked*> chosen(std::vector<output::Ranked>& models, size_t n) {
  std::vector<output::Ranked*> out;
  for (output::Ranked& model : models) out.push_back(&model);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto* a, const auto* b) { return a->confidence > b->confidence; });
  out.resize(std::min(n, out.size()));
  return out;
}

relax::Options bounded(const RelaxStageOptions& options, const output::Origin& origin) {
  relax::Options how = options.how;
  if (origin.untrained) {
    how.max_rounds = 1;
    how.max_iterations =
        how.max_iterations > 0 ? std::min(how.max_iterations, kUntrainedIterations) : kUntrainedIterations;
  }
  return how;
}

// What AlphaFold records, and how it came about.
Json metrics_of(const relax::Relaxed& relaxed) {
  Json rounds = Json::array();
  for (const relax::Round& round : relaxed.rounds) {
    rounds.push_back({{"energy_before", round.energy_before},
                      {"energy_after", round.energy_after},
                      {"evaluations", round.n_evaluations},
                      {"ended", relax::to_string(round.stop)},
                      {"residues_unrestrained", round.n_free},
                      {"attempts", round.attempts},
                      {"violations", round.violations}});
  }
  return {{"remaining_violations", relaxed.violations},
          {"remaining_violations_count", relaxed.n_violations()},
          {"rmsd", relaxed.rmsd},
          {"rounds", rounds},
          {"platform", relaxed.platform},
          {"openmm_version", relax::openmm_version()}};
}

void log_result(const std::string& what, const relax::Relaxed& relaxed) {
  for (const std::string& line : relaxed.notes) base::log::debug("{}: {}", what, line);
  const relax::Round& last = relaxed.rounds.back();
  base::log::info(
      "{}: relaxed on OpenMM's {} in {} round{} ({}), energy {:.0f} to {:.0f} kcal/mol, moved {:.2f} A, {} "
      "residues with violations left",
      what, relaxed.platform, relaxed.rounds.size(), relaxed.rounds.size() == 1 ? "" : "s",
      relax::to_string(last.stop), relaxed.rounds.front().energy_before, last.energy_after, relaxed.rmsd,
      relaxed.n_violations());
}

class Stage {
 public:
  Stage(const output::Origin& origin, const relax::Options& how, const StageStore& stages)
      : origin_(origin), how_(how), stages_(stages) {}

  // Facts for relax_metrics.json.
  StageRecord run(output::Ranked& model) {
    const fs::path input = stages_.target_dir() / ("unrelaxed_" + model.name + ".cif");
    const std::string stage = "relax_" + model.name;
    StageKey key(stage);
    key.option("target", origin_.target)
        .option("rounds", std::to_string(how_.max_rounds))
        .option("iterations", std::to_string(how_.max_iterations))
        .option("seconds", fmt::format("{}", how_.max_seconds))
        .option("stiffness", fmt::format("{}", how_.stiffness))
        .option("tolerance", fmt::format("{}", how_.tolerance))
        .option("platform", how_.engine.platform)
        .option("threads", std::to_string(how_.engine.n_threads))
        .option("openmm", relax::openmm_version())
        .input_file(input);
    std::optional<StageRecord> record = stages_.find(stage, key.hex());
    if (record) {
      base::log::info("{}: {} is relaxed already", origin_.target, model.name);
    } else {
      const auto start = std::chrono::steady_clock::now();
      const relax::Relaxed relaxed =
          relax::relax(structio::to_structure(structio::read_structure(input)), how_);
      log_result(origin_.target + ": " + model.name, relaxed);
      const auto outputs = output::write_relaxed(model, relaxed.structure, origin_, stages_.target_dir());
      record = StageRecord{std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                           metrics_of(relaxed)};
      stages_.record(stage, key.hex(), outputs, *record);
    }
    model.is_relaxed = true;
    return *record;
  }

 private:
  const output::Origin& origin_;
  const relax::Options how_;
  const StageStore& stages_;
};

void remove_relaxed(const fs::path& folder, const std::string& model) {
  for (const char* extension : {".cif", ".pdb"}) fs::remove(folder / ("relaxed_" + model + extension));
}

}  // namespace

void relax_models(std::vector<output::Ranked>& models, const output::Origin& origin,
                  const RelaxStageOptions& options, const StageStore& stages,
                  std::vector<std::pair<std::string, double>>& timings) {
  Stage stage(origin, bounded(options, origin), stages);
  Json metrics = Json::object();
  for (output::Ranked* model : chosen(models, options.n_models)) {
    std::string why;
    try {
      const StageRecord record = stage.run(*model);
      metrics[model->name] = record.facts;
      timings.emplace_back("relax_" + model->name, record.seconds);
      continue;
    } catch (const std::bad_alloc&) {
      why = "out of memory";
    } catch (const std::exception& error) {
      why = error.what();
    }
    base::log::warn("{}: {} is not relaxed and stays as it is: {}", origin.target, model->name, why);
    metrics[model->name] = {{"failed", why}};
  }
  for (const output::Ranked& model : models) {
    if (!model.is_relaxed) remove_relaxed(stages.target_dir(), model.name);
  }
  if (metrics.empty()) {
    fs::remove(stages.target_dir() / kMetricsFile);
    return;
  }
  if (origin.untrained) metrics["untrained_parameters"] = true;
  base::write_file_atomically(stages.target_dir() / kMetricsFile,
                              metrics.dump(4, ' ', false, Json::error_handler_t::replace));
}

}  // namespace foldmesh::pipeline
