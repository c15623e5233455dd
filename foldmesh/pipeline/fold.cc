#include "foldmesh/pipeline/fold.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/model/config.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/output/result_folder.h"
#include "foldmesh/pipeline/feature_stage.h"
#include "foldmesh/pipeline/forecast.h"
#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/pipeline/report_stage.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/pipeline/targets.h"
#include "foldmesh/predict/predict.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr int kNumModels = 5;  // of a preset; a model's seed does not depend on which others run

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::optional<double> number(const nlohmann::json& facts, const char* key) {
  return facts.contains(key) ? std::optional(facts.at(key).get<double>()) : std::nullopt;
}

struct ModelRun {
  uint64_t seed = 0;
  std::string name;  // "model_1_ptm_pred_0"
  model::ModelConfig config;
  fs::path params;
};

// One call of fold().
class Fold {
 public:
  explicit Fold(const FoldOptions& options)
      : options_(options), targets_(read_targets(options.inputs)), pool_(std::max(options.n_threads, 1)) {
    std::stable_sort(targets_.begin(), targets_.end(),
                     [](const Target& a, const Target& b) { return a.n_res() > b.n_res(); });
    if (!options.msa_only) set_up_models();
  }

  void run() {
    fs::create_directories(options_.output_dir);
    const std::vector<TargetMsas> msas = run_msa_stage(targets_, options_, pool_);
    if (options_.msa_only) return;
    forecast_all();
    FeatureQueue features(targets_, msas, options_.output_dir);
    std::vector<std::pair<std::string, base::Error>> failed;
    BatchReport report(targets_, options_);
    for (size_t i = 0; i < targets_.size(); ++i) {
      const std::string& name = targets_[i].name;
      base::log::info("{}: {} residues ({} of {} targets)", name, targets_[i].n_res(), i + 1,
                      targets_.size());
      try {
        fold_target(i, msas[i], features);
      } catch (const base::Error& error) {
        failed.emplace_back(name, error);
      } catch (const std::bad_alloc&) {
        failed.emplace_back(name, base::Error(base::ErrorKind::kMachine, "out of memory"));
      }
      if (targets_.size() == 1 && !failed.empty()) throw failed.front().second;
      if (!failed.empty() && failed.back().first == name) {
        report.add_failure(i, failed.back().second.what());
        base::log::error("{}: {}; going on with the other targets", name, failed.back().second.what());
      }
    }
    report.write();
    if (!failed.empty()) throw_failures(failed);
  }

 private:
  void set_up_models();
  void forecast_all() const;
  [[noreturn]] void throw_failures(const std::vector<std::pair<std::string, base::Error>>& failed) const;
  void fold_target(size_t i, const TargetMsas& msas, FeatureQueue& features);
  StageRecord predict(size_t i, const ModelRun& run, const StageStore& stages, FeatureQueue& features);
  StageRecord predict_now(size_t i, const ModelRun& run, const StageStore& stages, FeatureQueue& features,
                          std::vector<std::string>& outputs);
  void start_features(size_t next, const predict::FeatureSource& source, const ModelRun& run,
                      FeatureQueue& features, predict::PredictOptions* how);
  const model::ParamStore& params(const ModelRun& run);

  const FoldOptions& options_;
  std::vector<Target> targets_;  // longest first
  base::ThreadPool pool_;
  std::vector<ModelRun> models_;
  std::map<std::string, model::ParamStore> params_;  // by model; opened when first needed
};

void Fold::set_up_models() {
  const std::string suffix = options_.model_preset == "monomer_ptm" ? "_ptm" : "";
  if (options_.params_dir.empty()) {
    base::throw_input(
        "no --params-dir (expected a folder with params_model_1{}.npz ...; `foldmesh params generate` "
        "makes untrained ones)",
        suffix);
  }
  const auto per_model = static_cast<uint64_t>(options_.predictions_per_model);
  for (const int number : options_.models) {
    ModelRun run;
    run.config = model::model_by_name(fmt::format("model_{}{}", number, suffix));
    run.params = options_.params_dir / fmt::format("params_{}.npz", run.config.name);
    if (!fs::is_regular_file(run.params)) {
      base::throw_input("{}: there is no such file (--models asks for it)", run.params.string());
    }
    for (uint64_t k = 0; k < per_model; ++k) {
      run.name = fmt::format("{}_pred_{}", run.config.name, k);
      // AlphaFold's rule (index + seed x number of predictions), with the index counted over the whole
      // preset.
      const uint64_t index = static_cast<uint64_t>(number - 1) * per_model + k;
      run.seed = index + options_.random_seed * kNumModels * per_model;
      models_.push_back(run);
    }
  }
}

void Fold::forecast_all() const {
  std::vector<int64_t> lengths;
  for (const Target& target : targets_) lengths.push_back(static_cast<int64_t>(target.n_res()));
  std::vector<model::ModelConfig> models;
  for (const ModelRun& run : models_) models.push_back(run.config);
  plan::PlanOptions how;
  how.n_passes = options_.num_recycles + 1;
  how.precision = options_.precision == "bf16" ? plan::Precision::kBf16 : plan::Precision::kFp32;
  const calibrate::ChosenMesh here = calibrate::choose_mesh(fmt::format("cpu:{}", pool_.size()), {});
  const std::string text = forecast(lengths, models, here.mesh, how);
  if (!text.empty()) base::log::info("{}{}", text, here.is_measured ? ", as measured" : "");
}

void Fold::throw_failures(const std::vector<std::pair<std::string, base::Error>>& failed) const {
  auto kind = base::ErrorKind::kInput;
  std::string names;
  for (const auto& [name, error] : failed) {
    if (error.kind() != base::ErrorKind::kInput) kind = error.kind();
    names += (names.empty() ? "" : ", ") + name;
  }
  throw base::Error(kind, fmt::format("{} of {} targets failed: {}; the first one because: {}", failed.size(),
                                      targets_.size(), names, failed.front().second.what()));
}

const model::ParamStore& Fold::params(const ModelRun& run) {
  auto found = params_.find(run.config.name);
  if (found == params_.end()) {
    model::ParamStore store = model::ParamStore::open(run.params, run.config, pool_);
    if (store.untrained()) {
      base::log::warn("{}: UNTRAINED parameters, made by a formula: structures mean nothing",
                      run.params.string());
    }
    found = params_.emplace(run.config.name, std::move(store)).first;
  }
  return found->second;
}

void Fold::fold_target(size_t i, const TargetMsas& msas, FeatureQueue& features) {
  const Target& target = targets_[i];
  const StageStore stages(options_.output_dir / target.name);
  std::vector<std::pair<std::string, double>> timings;
  double before_predictions = features.get(i);
  for (const auto& [database, seconds] : msas.search_seconds) {
    timings.emplace_back("search_" + database, seconds);
    before_predictions += seconds;
  }
  timings.emplace_back("features", before_predictions);  // AlphaFold's entry includes the search

  std::vector<output::Ranked> ranked;
  output::Origin origin{target.name, false};
  for (const ModelRun& run : models_) {
    const StageRecord record = predict(i, run, stages, features);
    ranked.push_back({run.name, record.facts.at("ranking_confidence").get<double>(),
                      record.facts.at("n_passes").get<int>() - 1, number(record.facts, "mean_plddt"),
                      number(record.facts, "ptm"), number(record.facts, "iptm")});
    origin.untrained |= record.facts.at("untrained_parameters").get<bool>();
    timings.emplace_back("predict_and_compile_" + run.name, record.seconds);
  }
  output::write_ranking(ranked, "plddts", origin, stages.target_dir());
  output::write_timings(timings, stages.target_dir());
  write_target_report(target, options_);
  const auto best = std::max_element(
      ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.confidence < b.confidence; });
  base::log::info("{}: best model {} with mean pLDDT {:.1f}{}; results in {}", target.name, best->name,
                  best->confidence, origin.untrained ? " (UNTRAINED)" : "", stages.target_dir().string());
}

StageRecord Fold::predict(size_t i, const ModelRun& run, const StageStore& stages, FeatureQueue& features) {
  const Target& target = targets_[i];
  const std::string stage = "predict_" + run.name;
  StageKey key(stage);
  key.option("target", target.name)
      .option("num_recycles", std::to_string(options_.num_recycles))
      .option("precision", options_.precision)
      .option("model_seed", std::to_string(run.seed))
      .option("recycle_tolerance", fmt::format("{}", options_.recycle_tolerance))
      .input_file(stages.target_dir() / "features.npz")
      .large_file(run.params);
  if (const auto done = stages.find(stage, key.hex())) {
    base::log::info("{}: {} is there already", target.name, run.name);
    return *done;
  }
  std::vector<std::string> outputs;
  const StageRecord record = predict_now(i, run, stages, features, outputs);
  stages.record(stage, key.hex(), outputs, record);
  return record;
}

// Starts the next target's features where there is memory for both.
void Fold::start_features(size_t next, const predict::FeatureSource& source, const ModelRun& run,
                          FeatureQueue& features, predict::PredictOptions* how) {
  const size_t bytes = features.bytes_to_start(next);
  if (bytes == 0) return;
  predict::PredictOptions both = *how;
  both.other_memory = bytes;
  if (!predict::fits(predict::estimate_memory(source, run.config, params(run), both), how->memory_limit)) {
    base::log::info("{}: features only afterwards, for want of memory", targets_[next].name);
    return;
  }
  how->other_memory = bytes;
  features.start(next);
}

StageRecord Fold::predict_now(size_t i, const ModelRun& run, const StageStore& stages, FeatureQueue& features,
                              std::vector<std::string>& outputs) {
  const Target& target = targets_[i];
  const auto start = Clock::now();
  const model::ParamStore& parameters = params(run);
  const tensor::NpzReader file(stages.target_dir() / "features.npz");
  const features::RawFeatures raw = features::read_raw_features(file);
  const std::unique_ptr<predict::FeatureSource> source =
      predict::sampled_source(raw, run.config, run.seed, pool_);

  predict::PredictOptions predict_options;
  predict_options.n_recycles = options_.num_recycles;
  predict_options.precision = predict::precision_by_name(options_.precision);
  predict_options.recycle_tolerance = options_.recycle_tolerance;
  predict_options.n_threads = pool_.size();
  predict_options.memory_limit = options_.memory_bytes;
  predict_options.contacts = true;
  start_features(i + 1, *source, run, features, &predict_options);
  std::optional<base::Progress> progress;
  int64_t shown = 0;
  predict_options.progress = [&](double done, double total) {
    constexpr double kGiga = 1e9;
    if (!progress) progress.emplace(run.name, "GFLOP", static_cast<int64_t>(total / kGiga));
    const auto now = static_cast<int64_t>(done / kGiga);
    progress->advance(now - std::exchange(shown, now));
  };
  predict::Prediction prediction = predict::predict(*source, run.config, parameters, predict_options);
  progress.reset();

  const output::Origin origin{target.name, prediction.untrained};
  output::Prediction result;
  result.name = run.name;
  result.structure = std::move(prediction.structure);
  result.aligned_error = std::move(prediction.aligned_error);
  result.contact_probability = std::move(prediction.contact_probability);
  outputs = output::write_prediction(result, origin, stages.target_dir());
  nlohmann::json facts = {{"ranking_confidence", prediction.ranking_confidence},
                          {"mean_plddt", confidence::mean(prediction.plddt)},
                          {"untrained_parameters", prediction.untrained},
                          {"n_passes", prediction.n_passes}};
  if (result.aligned_error) {
    facts["ptm"] = result.aligned_error->ptm;
    if (result.aligned_error->iptm) facts["iptm"] = *result.aligned_error->iptm;
  }
  return {seconds_since(start), facts};
}

}  // namespace

void fold(const FoldOptions& options) { Fold(options).run(); }

}  // namespace foldmesh::pipeline
