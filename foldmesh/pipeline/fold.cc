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
#include "foldmesh/features/msa_input.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/model/config.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/output/result_folder.h"
#include "foldmesh/pipeline/msa_stage.h"
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

struct ModelRun {
  int number = 0;    // 1..5
  std::string name;  // "model_1_ptm_pred_0"
  model::ModelConfig config;
  fs::path params;
};

// One call of fold().
class Fold {
 public:
  explicit Fold(const FoldOptions& options)
      : options_(options), targets_(read_targets(options.inputs)), pool_(std::max(options.n_threads, 1)) {
    if (!options.msa_only) set_up_models();
  }

  void run() {
    fs::create_directories(options_.output_dir);
    const std::vector<TargetMsas> msas = run_msa_stage(targets_, options_, pool_);
    if (options_.msa_only) return;
    for (size_t i = 0; i < targets_.size(); ++i) {
      base::log::info("{}: {} residues ({} of {} targets)", targets_[i].name, targets_[i].sequence.size(),
                      i + 1, targets_.size());
      fold_target(targets_[i], msas[i]);
    }
  }

 private:
  void set_up_models();
  void fold_target(const Target& target, const TargetMsas& msas);
  double make_features(const Target& target, const TargetMsas& msas, const StageStore& stages);
  StageRecord predict(const Target& target, const ModelRun& run, const StageStore& stages);
  StageRecord predict_now(const Target& target, const ModelRun& run, const StageStore& stages,
                          std::vector<std::string>& outputs);
  const model::ParamStore& params(const ModelRun& run);

  const FoldOptions& options_;
  std::vector<Target> targets_;
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
  for (int number : options_.models) {
    ModelRun run;
    run.number = number;
    run.config = model::model_by_name(fmt::format("model_{}{}", number, suffix));
    run.name = run.config.name + "_pred_0";
    run.params = options_.params_dir / fmt::format("params_{}.npz", run.config.name);
    if (!fs::is_regular_file(run.params)) {
      base::throw_input("{}: there is no such file (--models asks for it)", run.params.string());
    }
    models_.push_back(std::move(run));
  }
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

void Fold::fold_target(const Target& target, const TargetMsas& msas) {
  const StageStore stages(options_.output_dir / target.name);
  std::vector<std::pair<std::string, double>> timings;
  double before_predictions = make_features(target, msas, stages);
  for (const auto& [database, seconds] : msas.search_seconds) {
    timings.emplace_back("search_" + database, seconds);
    before_predictions += seconds;
  }
  timings.emplace_back("features", before_predictions);  // AlphaFold's entry includes the search

  std::vector<output::Ranked> ranked;
  output::Origin origin{target.name, false};
  for (const ModelRun& run : models_) {
    const StageRecord record = predict(target, run, stages);
    ranked.push_back({run.name, record.facts.at("ranking_confidence").get<double>()});
    origin.untrained |= record.facts.at("untrained_parameters").get<bool>();
    timings.emplace_back("predict_and_compile_" + run.name, record.seconds);
  }
  output::write_ranking(ranked, "plddts", origin, stages.target_dir());
  output::write_timings(timings, stages.target_dir());
  const auto best = std::max_element(
      ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.confidence < b.confidence; });
  base::log::info("{}: best model {} with mean pLDDT {:.1f}{}; results in {}", target.name, best->name,
                  best->confidence, origin.untrained ? " (UNTRAINED)" : "", stages.target_dir().string());
}

// Returns the seconds that this stage took when it ran.
double Fold::make_features(const Target& target, const TargetMsas& msas, const StageStore& stages) {
  StageKey key("features");
  key.option("name", target.name)
      .option("description", target.description)
      .option("sequence", target.sequence);
  for (const MsaFile& msa : msas.files) {
    key.option("database", msa.database).option("file", msa.path.filename().string()).input_file(msa.path);
  }
  if (const auto done = stages.find("features", key.hex())) {
    base::log::info("{}: features are there already", target.name);
    return done->seconds;
  }
  const auto start = Clock::now();
  std::vector<features::MsaInput> inputs;
  for (const MsaFile& msa : msas.files) {
    // An absolute path cannot be mistaken for NAME=PATH.
    const std::string path = fs::absolute(msa.path).string();
    inputs.push_back(features::read_msa(msa.database.empty() ? path : msa.database + "=" + path));
  }
  const features::MergedMsa merged =
      features::merge_msas({target.name, "", target.description, target.sequence}, inputs);
  for (const features::MergeCount& count : merged.counts) {
    base::log::info("{}: {}: {} rows, {} new", target.name, count.path, count.rows, count.kept);
  }
  features::write_raw_features(merged.features, stages.target_dir() / "features.npz");
  const StageRecord record{seconds_since(start), {{"n_seq", merged.features.n_seq}}};
  stages.record("features", key.hex(), {"features.npz"}, record);
  return record.seconds;
}

StageRecord Fold::predict(const Target& target, const ModelRun& run, const StageStore& stages) {
  const std::string stage = "predict_" + run.name;
  StageKey key(stage);
  key.option("target", target.name)
      .option("num_recycles", std::to_string(options_.num_recycles))
      .option("precision", options_.precision)
      .option("random_seed", std::to_string(options_.random_seed))
      .input_file(stages.target_dir() / "features.npz")
      .large_file(run.params);
  if (const auto done = stages.find(stage, key.hex())) {
    base::log::info("{}: {} is there already", target.name, run.name);
    return *done;
  }
  std::vector<std::string> outputs;
  const StageRecord record = predict_now(target, run, stages, outputs);
  stages.record(stage, key.hex(), outputs, record);
  return record;
}

StageRecord Fold::predict_now(const Target& target, const ModelRun& run, const StageStore& stages,
                              std::vector<std::string>& outputs) {
  const auto start = Clock::now();
  const model::ParamStore& parameters = params(run);
  const tensor::NpzReader file(stages.target_dir() / "features.npz");
  const features::RawFeatures raw = features::read_raw_features(file);
  // AlphaFold's rule (model index + seed x number of models), with the index counted over the whole preset.
  const uint64_t model_seed = static_cast<uint64_t>(run.number - 1) + options_.random_seed * kNumModels;
  const std::unique_ptr<predict::FeatureSource> source =
      predict::sampled_source(raw, run.config, model_seed, pool_);

  predict::PredictOptions predict_options;
  predict_options.n_recycles = options_.num_recycles;
  predict_options.precision = predict::precision_by_name(options_.precision);
  predict_options.n_threads = pool_.size();
  predict_options.memory_limit = options_.memory_bytes;
  predict_options.contacts = true;
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
  return {seconds_since(start),
          {{"ranking_confidence", prediction.ranking_confidence},
           {"untrained_parameters", prediction.untrained},
           {"n_passes", prediction.n_passes}}};
}

}  // namespace

void fold(const FoldOptions& options) { Fold(options).run(); }

}  // namespace foldmesh::pipeline
