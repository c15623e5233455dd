#include "foldmesh/pipeline/fold.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "foldmesh/base/abandoned_files.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/model/config.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/output/result_folder.h"
#include "foldmesh/pipeline/complex_stage.h"
#include "foldmesh/pipeline/feature_stage.h"
#include "foldmesh/pipeline/forecast.h"
#include "foldmesh/pipeline/model_presets.h"
#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/pipeline/report_stage.h"
#include "foldmesh/pipeline/search_ranks.h"
#include "foldmesh/pipeline/sharing.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/pipeline/targets.h"
#include "foldmesh/pipeline/template_stage.h"
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
      : options_(options),
        is_multimer_(is_multimer(options.model_preset)),
        targets_(read_targets(options.inputs, is_multimer_)),
        pool_(std::max(options.n_threads, 1)) {
    std::stable_sort(targets_.begin(), targets_.end(),
                     [](const Target& a, const Target& b) { return a.n_res() > b.n_res(); });
    for (const Target& target : targets_) {
      if (target.is_complex() && !is_multimer_) {
        base::throw_input(
            "{}: {} chains, but the models of --model-preset {} are for one (expected --model-preset "
            "multimer)",
            target.name, target.chains.size(), options.model_preset);
      }
    }
    if (options.single_sequence) {
      for (Target& target : targets_) align_to_itself(target);
    }
    if (!options.msa_only) set_up_models();
    check_template_settings(options.templates);
  }

  void run() {
    agree_on_memory();
    fs::create_directories(options_.output_dir);
    for (const Target& target : targets_) base::remove_abandoned_below(options_.output_dir / target.name);
    msas_ = run_msa_stage(targets_, options_, options_.ranks, pool_);
    search_templates_of_chains(targets_, templates(), options_, options_.ranks, pool_, msas_);
    if (!options_.msa_only) predict_all();
    leader_.dismiss();
    if (options_.ranks != nullptr) options_.ranks->finish();
    throw_failures();
  }
  // What ranks other than 0 do.
  void help();

 private:
  void set_up_models();
  // Nothing where no model takes any.
  TemplateSettings templates() const;
  int n_ranks() const { return options_.ranks == nullptr ? 1 : options_.ranks->size(); }
  void agree_on_memory();
  Sharing forecast_all() const;
  void predict_all();
  void take_failure(size_t i, const comm::ItemLeader::Failure& failure);
  void throw_failures() const;
  void fold_target(size_t i);
  StageRecord predict(size_t i, size_t model, const StageStore& stages);
  StageRecord predict_now(size_t i, size_t model, const StageStore& stages,
                          std::vector<std::string>& outputs);
  predict::Prediction compute(size_t i, size_t model);
  void start_features(size_t next, const predict::FeatureSource& source, const ModelRun& run,
                      predict::PredictOptions* how);
  const model::ParamStore& params(const ModelRun& run);
  // Of a single chain: the input's, which AlphaFold does not ask for.
  std::string chain_id_of(const Target& target) const {
    return options_.alphafold_chain_ids ? "A" : target.chains.front().id;
  }

  const FoldOptions& options_;
  bool is_multimer_;
  std::vector<Target> targets_;  // longest first
  base::ThreadPool pool_;
  std::vector<ModelRun> models_;
  std::map<std::string, model::ParamStore> params_;  // by model; opened when first needed
  std::vector<TargetMsas> msas_;                     // by target
  std::optional<FeatureQueue> features_;
  size_t memory_bytes_ = 0;  // as in the options; 0 only where this process is alone, or nothing is known
  size_t next_ = 0;          // the target whose features are made while the one in hand is predicted
  std::vector<std::pair<size_t, base::Error>> failed_;  // targets
  // All ranks predict the target in hand, as one group; the others have been told to.
  bool together_ = false, others_are_in_it_ = false;
  comm::ItemLeader leader_{options_.ranks};
  std::unique_ptr<comm::Group> group_;
};

void Fold::set_up_models() {
  const std::string suffix = model_suffix(options_.model_preset);
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

TemplateSettings Fold::templates() const {
  const bool any = options_.msa_only || std::any_of(models_.begin(), models_.end(), [](const ModelRun& run) {
                     return run.config.uses_templates;
                   });
  return any ? options_.templates : TemplateSettings();
}

// Before anybody has taken any.
void Fold::agree_on_memory() {
  memory_bytes_ = options_.memory_bytes;
  if (options_.ranks == nullptr || memory_bytes_ > 0) return;
  const auto n_here = static_cast<size_t>(options_.ranks->n_on_this_machine());
  memory_bytes_ =
      static_cast<size_t>(options_.ranks->least(static_cast<int64_t>(base::available_memory() / n_here)));
}

// Says how long it will take.
Sharing Fold::forecast_all() const {
  std::vector<int64_t> lengths;
  for (const Target& target : targets_) lengths.push_back(static_cast<int64_t>(target.n_res()));
  std::vector<model::ModelConfig> models;
  for (const ModelRun& run : models_) models.push_back(run.config);
  plan::PlanOptions how;
  how.n_passes = options_.num_recycles + 1;
  how.precision = options_.precision == "bf16" ? plan::Precision::kBf16 : plan::Precision::kFp32;
  const calibrate::ChosenMesh here =
      calibrate::choose_mesh(fmt::format("{}xcpu:{}", n_ranks(), pool_.size()), {});
  if (n_ranks() > 1) {
    how.memory_bytes = static_cast<int64_t>(memory_bytes_);
    if (memory_bytes_ > 0)
      base::log::info("{} ranks, each with {} of memory", n_ranks(), base::format_bytes(memory_bytes_));
    const Sharing sharing =
        share_targets(lengths, n_ranks(), planned_seconds(lengths, models, here.mesh.machine, how));
    base::log::info("{}{}", describe(sharing, targets_.size(), n_ranks()),
                    here.is_measured ? ", as measured" : "");
    return sharing;
  }
  const std::string text = forecast(lengths, models, here.mesh, how);
  if (!text.empty()) base::log::info("{}{}", text, here.is_measured ? ", as measured" : "");
  return {};
}

void Fold::predict_all() {
  const Sharing sharing = forecast_all();
  features_.emplace(targets_, msas_, templates(), options_.output_dir);
  const auto announce = [&](size_t i) {
    base::log::info("{}: {} residues ({} of {} targets)", targets_[i].name, targets_[i].n_res(), i + 1,
                    targets_.size());
  };
  for (size_t i = 0; i < sharing.n_together; ++i) {
    announce(i);
    if (i < sharing.n_too_large) {
      take_failure(i, base::Error(base::ErrorKind::kInput,
                                  fmt::format("{} residues do not fit into the memory of {} ranks (see "
                                              "foldmesh plan; more ranks or more memory would do)",
                                              targets_[i].n_res(), n_ranks())));
      continue;
    }
    together_ = true;
    next_ = i + 1;
    try {
      fold_target(i);
    } catch (const base::Error& error) {
      if (others_are_in_it_) throw;
      take_failure(i, error);
    }
    together_ = false;
  }
  // While each rank has one, the features to be made are those of the targets after these. Whoever gets a
  // target finds them, or makes them as well: the bytes are the same.
  const auto after = [&](size_t i) { return i + static_cast<size_t>(n_ranks()); };
  std::vector<std::string> items;
  for (size_t i = sharing.n_together; i < targets_.size(); ++i) {
    std::vector<TargetItem> parts = {{i, msas_[i]}};
    if (after(i) < targets_.size()) parts.push_back({after(i), msas_[after(i)]});
    items.push_back(encode_targets(parts));
  }
  leader_.share(
      items,
      [&](size_t item) {
        const size_t i = sharing.n_together + item;
        announce(i);
        next_ = after(i);
        fold_target(i);
      },
      [&](size_t item, int rank, const comm::ItemLeader::Failure& failure) {
        const size_t i = sharing.n_together + item;
        if (rank > 0 && !failure) {
          base::log::info("{}: {} residues, done by rank {} ({} of {} targets)", targets_[i].name,
                          targets_[i].n_res(), rank, i + 1, targets_.size());
        }
        take_failure(i, failure);
      });
  BatchReport report(targets_, options_);
  for (const auto& [i, error] : failed_) report.add_failure(i, error.what());
  report.write();
}

void Fold::help() {
  comm::Communicator& ranks = *options_.ranks;
  agree_on_memory();
  // Rank 0 speaks.
  base::log::set_level(base::log::level::err);
  base::set_progress_style(base::ProgressStyle::kQuiet);
  msas_.resize(targets_.size());
  features_.emplace(targets_, msas_, templates(), options_.output_dir);
  comm::help_with_items(
      ranks,
      [&](std::string_view item) {
        if (is_search_item(item)) return do_search_item(item, ranks, pool_);
        if (is_template_item(item)) return do_template_item(item, pool_);
        const std::vector<TargetItem> parts = decode_targets(item);
        for (const TargetItem& part : parts) {
          // Those known already may be in use.
          if (msas_.at(part.target).files.empty()) msas_[part.target] = part.msas;
        }
        together_ = false;
        next_ = parts.size() > 1 ? parts[1].target : targets_.size();
        fold_target(parts.front().target);
      },
      [&](std::string_view item) {
        if (is_search_item(item)) return do_search_item(item, ranks, pool_);
        const auto [i, model] = decode_prediction(item);
        together_ = true;
        next_ = targets_.size();
        compute(i, model);
      });
  ranks.finish();
}

void Fold::take_failure(size_t i, const comm::ItemLeader::Failure& failure) {
  if (!failure) return;
  failed_.emplace_back(i, *failure);
  if (targets_.size() == 1) return;
  base::log::error("{}: {}; going on with the other targets", targets_[i].name, failure->what());
}

void Fold::throw_failures() const {
  if (failed_.empty()) return;
  if (targets_.size() == 1) throw failed_.front().second;
  auto kind = base::ErrorKind::kInput;
  std::string names;
  for (const auto& [i, error] : failed_) {
    if (error.kind() != base::ErrorKind::kInput) kind = error.kind();
    names += (names.empty() ? "" : ", ") + targets_[i].name;
  }
  throw base::Error(kind, fmt::format("{} of {} targets failed: {}; the first one because: {}",
                                      failed_.size(), targets_.size(), names, failed_.front().second.what()));
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

void Fold::fold_target(size_t i) {
  const Target& target = targets_[i];
  const StageStore stages(options_.output_dir / target.name);
  std::vector<std::pair<std::string, double>> timings;
  double before_predictions = features_->get(i);
  for (const auto& [database, seconds] : msas_[i].search_seconds) {
    timings.emplace_back("search_" + database, seconds);
    before_predictions += seconds;
  }
  timings.emplace_back("features", before_predictions);  // AlphaFold's entry includes the search

  std::vector<output::Ranked> ranked;
  output::Origin origin = origin_of(target, false);
  const std::vector<structio::UsedTemplate> templates = templates_used(target, stages.target_dir());
  for (size_t model = 0; model < models_.size(); ++model) {
    const ModelRun& run = models_[model];
    const StageRecord record = predict(i, model, stages);
    ranked.push_back({run.name, record.facts.at("ranking_confidence").get<double>(),
                      record.facts.at("n_passes").get<int>() - 1, number(record.facts, "mean_plddt"),
                      number(record.facts, "ptm"), number(record.facts, "iptm")});
    if (run.config.uses_templates) ranked.back().templates = templates;
    origin.untrained |= record.facts.at("untrained_parameters").get<bool>();
    timings.emplace_back("predict_and_compile_" + run.name, record.seconds);
  }
  relax_models(ranked, origin, options_.relax, stages, timings);
  output::write_ranking(ranked, is_multimer_ ? "iptm+ptm" : "plddts", origin, stages.target_dir());
  output::write_timings(timings, stages.target_dir());
  write_target_report(target, options_);
  const auto best = std::max_element(
      ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.confidence < b.confidence; });
  base::log::info("{}: best model {} with {} {}{}; results in {}", target.name, best->name,
                  is_multimer_ ? "0.8 ipTM + 0.2 pTM" : "mean pLDDT",
                  fmt::format("{:.{}f}", best->confidence, is_multimer_ ? 3 : 1),
                  origin.untrained ? " (UNTRAINED)" : "", stages.target_dir().string());
}

StageRecord Fold::predict(size_t i, size_t model, const StageStore& stages) {
  const Target& target = targets_[i];
  const ModelRun& run = models_[model];
  const std::string stage = "predict_" + run.name;
  StageKey key(stage);
  key.option("target", target.name)
      .option("description", target.chains.front().header())
      .option("num_recycles", std::to_string(options_.num_recycles))
      .option("precision", options_.precision)
      .option("model_seed", std::to_string(run.seed))
      .option("recycle_tolerance", fmt::format("{}", options_.recycle_tolerance))
      .option("chain", is_multimer_ ? "" : chain_id_of(target))
      .option("alphafold_chain_ids", is_multimer_ && options_.alphafold_chain_ids ? "yes" : "no")
      .input_file(stages.target_dir() / "features.npz")
      .large_file(run.params);
  if (const auto done = stages.find(stage, key.hex())) {
    base::log::info("{}: {} is there already", target.name, run.name);
    return *done;
  }
  std::vector<std::string> outputs;
  const StageRecord record = predict_now(i, model, stages, outputs);
  stages.record(stage, key.hex(), outputs, record);
  return record;
}

// Starts the next target's features where there is memory for both.
void Fold::start_features(size_t next, const predict::FeatureSource& source, const ModelRun& run,
                          predict::PredictOptions* how) {
  const size_t bytes = features_->bytes_to_start(next);
  if (bytes == 0) return;
  predict::PredictOptions both = *how;
  both.other_memory = bytes;
  if (!predict::fits(predict::estimate_memory(source, run.config, params(run), both), how->memory_limit)) {
    base::log::info("{}: features only afterwards, for want of memory", targets_[next].name);
    return;
  }
  how->other_memory = bytes;
  features_->start(next);
}

// Where all ranks predict together, each computes its part and rank 0 gets the whole.
predict::Prediction Fold::compute(size_t i, size_t model) {
  const ModelRun& run = models_[model];
  const model::ParamStore& parameters = params(run);
  const tensor::NpzReader file(options_.output_dir / targets_[i].name / "features.npz");
  std::optional<features::RawFeatures> raw;
  std::optional<features::ComplexFeatures> complex;
  is_multimer_ ? void(complex = features::read_complex_features(file))
               : void(raw = features::read_raw_features(file));
  const std::unique_ptr<predict::FeatureSource> source =
      complex ? predict::sampled_source(*complex, run.config, run.seed, pool_)
              : predict::sampled_source(*raw, run.config, run.seed, pool_);

  predict::PredictOptions how;
  how.n_recycles = options_.num_recycles;
  how.precision = predict::precision_by_name(options_.precision);
  how.recycle_tolerance = options_.recycle_tolerance;
  how.n_threads = pool_.size();
  how.memory_limit = memory_bytes_;
  how.contacts = true;
  how.alphafold_chain_ids = options_.alphafold_chain_ids;
  start_features(next_, *source, run, &how);
  std::optional<base::Progress> progress;
  int64_t shown = 0;
  how.progress = [&](double done, double total) {
    constexpr double kGiga = 1e9;
    if (!progress) progress.emplace(run.name, "GFLOP", static_cast<int64_t>(total / kGiga));
    const auto now = static_cast<int64_t>(done / kGiga);
    progress->advance(now - std::exchange(shown, now));
  };
  if (!together_) return predict::predict(*source, run.config, parameters, how);

  if (!group_) group_ = options_.ranks->make_group({});
  how.group = group_.get();
  std::optional<predict::Prediction> prediction;
  comm::run_as_member(*group_, [&] { prediction = predict::predict(*source, run.config, parameters, how); });
  return std::move(*prediction);
}

StageRecord Fold::predict_now(size_t i, size_t model, const StageStore& stages,
                              std::vector<std::string>& outputs) {
  const Target& target = targets_[i];
  const ModelRun& run = models_[model];
  const auto start = Clock::now();
  if (together_) leader_.tell_all(encode_prediction(i, model));
  others_are_in_it_ = together_;
  predict::Prediction prediction = compute(i, model);
  others_are_in_it_ = false;

  const output::Origin origin = origin_of(target, prediction.untrained);
  output::Prediction result;
  result.name = run.name;
  result.structure = std::move(prediction.structure);
  if (!is_multimer_) result.structure.chain_ids = {chain_id_of(target)};
  if (run.config.uses_templates) result.templates = templates_used(target, stages.target_dir());
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

void fold(const FoldOptions& options) {
  Fold fold(options);
  if (options.ranks == nullptr || options.ranks->rank() == 0) return fold.run();
  fold.help();
}

}  // namespace foldmesh::pipeline
