#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/machines.h"
#include "apps/foldmesh/recycle_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/calibrate/profile.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/output/result_folder.h"
#include "foldmesh/predict/head_dump.h"
#include "foldmesh/predict/predict.h"

namespace foldmesh::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string features, params, model, output_dir, dump_heads, memory;
  std::string precision = "fp32", device = "auto";
  uint64_t seed = 0;
  int num_recycles = 3, cpu = 0, devices = 1;
  comm::UseMpi mpi = comm::UseMpi::kAuto;
  double recycle_tolerance = 0;
  std::string machine_file;
  bool contacts = false, profile = false, json = false, alphafold_chain_ids = false;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A file of features of either kind; sources made of it refer to it.
class Input {
 public:
  explicit Input(const std::string& path) : file_(path) {
    if (features::is_processed(file_)) {
      name_ = std::filesystem::path(path).stem().string();
      return;
    }
    if (features::is_complex(file_)) {
      complex_ = features::read_complex_features(file_);
      name_ = complex_->name;
      return;
    }
    raw_ = features::read_raw_features(file_);
    name_ = raw_->name;
  }
  const std::string& name() const { return name_; }  // of the query
  std::unique_ptr<predict::FeatureSource> source(const model::ModelConfig& config, uint64_t seed,
                                                 base::ThreadPool& pool) const {
    if (raw_) return predict::sampled_source(*raw_, config, seed, pool);
    if (complex_) return predict::sampled_source(*complex_, config, seed, pool);
    return predict::processed_source(features::read_processed_features(file_));
  }

 private:
  tensor::NpzReader file_;
  std::string name_;
  std::optional<features::RawFeatures> raw_;
  std::optional<features::ComplexFeatures> complex_;
};

Json memory_json(const predict::MemoryEstimate& memory) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {{"predicted", memory.total()},
          {"parameters", memory.parameters},
          {"arena", memory.arena},
          {"arena_lower_bound", memory.arena_lower_bound},
          {"worst_operator", memory.worst_node},
          {"features", memory.features},
          {"measured_peak", static_cast<size_t>(usage.ru_maxrss) * 1024}};
}

Json report(const Options& options, const predict::Prediction& prediction,
            const std::vector<std::string>& files) {
  Json operators = Json::array();
  for (const predict::OperatorTime& time : prediction.operator_times) {
    operators.push_back({{"operator", time.name}, {"seconds", time.seconds}, {"flops", time.flops}});
  }
  Json result = {{"model", prediction.model},
                 {"untrained", prediction.untrained},
                 {"n_res", prediction.dims.n_res},
                 {"n_seq", prediction.dims.n_seq},
                 {"n_extra", prediction.dims.n_extra},
                 {"n_templates", prediction.dims.n_templates},
                 {"precision", options.precision},
                 {"num_recycles", prediction.n_passes - 1},
                 {"pass_seconds", prediction.pass_seconds},
                 {"mean_plddt", confidence::mean(prediction.plddt)},
                 {"ranking_confidence", prediction.ranking_confidence}};
  if (options.recycle_tolerance > 0) result["last_recycle_change"] = prediction.last_change;
  if (prediction.aligned_error) result["ptm"] = prediction.aligned_error->ptm;
  if (prediction.aligned_error && prediction.aligned_error->iptm)
    result["iptm"] = *prediction.aligned_error->iptm;
  result["memory"] = memory_json(prediction.memory);
  result["operators"] = operators;
  result["output_dir"] = options.output_dir;
  result["files"] = files;
  return result;
}

void print(const predict::Prediction& prediction, const std::string& output_dir) {
  std::string scores;
  if (prediction.aligned_error) {
    scores = fmt::format(", pTM {:.3f}", prediction.aligned_error->ptm);
    if (const auto& iptm = prediction.aligned_error->iptm) scores += fmt::format(", ipTM {:.3f}", *iptm);
  }
  double seconds = 0;
  for (const double pass : prediction.pass_seconds) seconds += pass;
  fmt::print("{}{}: {} residues, {} passes in {:.1f} s, mean pLDDT {:.1f}{}, results in {}\n",
             prediction.model,
             prediction.untrained ? " (UNTRAINED parameters: the structure means nothing)" : "",
             prediction.structure.n_res(), prediction.n_passes, seconds, confidence::mean(prediction.plddt),
             scores, output_dir);
}

// By kind of operator, what the planner says for this machine and what was measured.
void print_profile(const Options& options, const model::ModelConfig& config,
                   const predict::Prediction& prediction, int n_devices, int n_threads) {
  const graph::Graph network = model::build_network(
      config, prediction.dims, {.distogram = options.contacts, .all_heads = !options.dump_heads.empty()});
  const calibrate::ChosenMesh here =
      calibrate::choose_mesh(fmt::format("{}xcpu:{}", n_devices, n_threads), options.machine_file);
  if (!here.refused.empty())
    base::log::warn("{}; predicted times are those of the analytic model", here.refused);
  plan::PlanOptions how;
  how.precision = options.precision == "bf16" ? plan::Precision::kBf16 : plan::Precision::kFp32;
  how.n_passes = prediction.n_passes;
  const calibrate::SecondsByOperator predicted =
      calibrate::predicted_seconds(network, here.mesh.machine, how, n_devices);
  calibrate::SecondsByOperator measured;
  for (const predict::OperatorTime& time : prediction.operator_times) measured[time.name] = time.seconds;
  fmt::print("{}predicted for {} x {} {}\n", calibrate::compare("predicted", predicted, "measured", measured),
             n_devices, here.mesh.machine.name,
             here.is_measured ? "from " + here.machine_file : std::string("by the analytic model"));
}

predict::PredictOptions predict_options(const Options& options, int n_threads) {
  predict::PredictOptions result;
  result.n_recycles = options.num_recycles;
  result.precision = predict::precision_by_name(options.precision);
  result.recycle_tolerance = options.recycle_tolerance;
  result.n_threads = n_threads;
  result.memory_limit = options.memory.empty() ? 0 : base::parse_bytes(options.memory);
  result.contacts = options.contacts;
  result.alphafold_chain_ids = options.alphafold_chain_ids;
  return result;
}

void run(const Options& options) {
  if (options.profile && options.precision == "reference") {
    base::throw_input(
        "--profile: the planner knows no times of the reference code (expected --precision fp32 or bf16)");
  }
  const model::ModelConfig config = model::model_by_name(options.model);
  const std::unique_ptr<comm::Communicator> ranks = comm::join(options.mpi);
  if (ranks && options.devices > 1) {
    base::throw_input("--devices is for one process (there are {} ranks, which are a device each)",
                      ranks->size());
  }
  const std::unique_ptr<comm::Group> group = ranks ? ranks->make_group({}) : nullptr;
  const bool is_first = !ranks || ranks->rank() == 0;
  const int n_threads = options.cpu > 0 ? options.cpu : base::available_cores();
  predict::PredictOptions how = predict_options(options, n_threads);
  std::vector<std::pair<std::string, double>> timings;
  auto start = std::chrono::steady_clock::now();
  const auto lap = [&](const std::string& stage) {
    timings.emplace_back(stage, seconds_since(start));
    start = std::chrono::steady_clock::now();
  };

  base::ThreadPool pool(n_threads);
  const Input input(options.features);
  lap("features");
  const model::ParamStore params = model::ParamStore::open(options.params, config, pool);
  if (params.untrained() && is_first) {
    base::log::warn("{}: UNTRAINED parameters, the structure will mean nothing", options.params);
  }
  lap("parameters");

  if (is_first) std::filesystem::create_directories(options.output_dir);
  std::optional<predict::HeadDump> dump;
  if (!options.dump_heads.empty()) {
    dump.emplace(options.dump_heads);
    how.all_heads = true;
    how.on_pass = [&](const predict::PassResult& result) { dump->add(result); };
  }
  std::optional<base::Progress> progress;
  int64_t shown = 0;
  how.group = group.get();
  how.progress = [&](double done, double total) {
    if (!is_first) return;
    if (!progress) progress.emplace("predict", "GFLOP", std::llround(total * 1e-9));
    const int64_t now = std::llround(done * 1e-9);
    progress->advance(now - std::exchange(shown, now));
  };
  const auto make_source = [&](base::ThreadPool& threads) {
    return input.source(config, options.seed, threads);
  };
  predict::Prediction prediction;
  if (group) {
    comm::run_as_member(*group,
                        [&] { prediction = predict::predict(*make_source(pool), config, params, how); });
  } else if (options.devices > 1) {
    prediction = predict::predict_on_devices(options.devices, make_source, config, params, how);
  } else {
    prediction = predict::predict(*make_source(pool), config, params, how);
  }
  if (progress) progress->finish();
  const int n_devices = ranks ? ranks->size() : options.devices;
  if (ranks) ranks->finish();
  if (!is_first) return;
  const std::string name = prediction.model + "_pred_0";
  lap("predict_" + name);

  if (dump) dump->commit();
  const std::vector<std::string> files = output::write_prediction(
      {name, prediction.structure, prediction.aligned_error, prediction.contact_probability},
      {input.name(), prediction.untrained}, options.output_dir);
  output::write_timings(timings, options.output_dir);
  if (options.json) {
    fmt::print("{}\n",
               report(options, prediction, files).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    print(prediction, options.output_dir);
    // Threads of one process are shared out; every rank has its own.
    const int n_each = ranks ? n_threads : std::max(1, n_threads / n_devices);
    if (options.profile) print_profile(options, config, prediction, n_devices, n_each);
  }
}

}  // namespace

void setup_predict(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command
      .add_option(
          "features", options->features,
          "Features of one chain (.npz): raw ones as `foldmesh features` writes them, which are sampled for "
          "every pass, or processed ones")
      ->required();
  command
      .add_option(
          "--params", options->params,
          "Parameters of the model, DeepMind's params_MODEL.npz or a file of `foldmesh params generate`")
      ->required();
  command
      .add_option("--model", options->model,
                  "Which model the parameters are: model_1 .. model_5; model_1_ptm .. model_5_ptm, which "
                  "also predict the aligned error and pTM; or for complexes model_1_multimer_v3 .. (also "
                  "_v2, and without a number)")
      ->required();
  command.add_option("--output-dir,-o", options->output_dir, "Folder for the results; made if need be")
      ->required();
  CLI::Option* recycles = command.add_option(
      "--num-recycles", options->num_recycles,
      "Passes through the network after the first; every pass starts from the result of the one before. "
      "0 is fastest, 3 is what AlphaFold does, 20 with multimer models");
  recycles->check(CLI::Range(0, 100))->capture_default_str();
  CLI::Option* tolerance = add_recycle_tolerance_option(command, options->recycle_tolerance);
  command
      .add_option("--random-seed", options->seed,
                  "Seed of the alignment samples, one per pass; of no effect on processed features")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--precision", options->precision,
                  "fp32: fast kernels. bf16: the trunk's matrix products round their operands to 8 bits of "
                  "mantissa and add up in fp32, up to twice as fast on machines with AVX512-BF16 or AMX. "
                  "reference: plain code in double precision, some 10 times slower, for checking")
      ->check(CLI::IsMember({"fp32", "bf16", "reference"}))
      ->capture_default_str();
  command
      .add_option("--devices", options->devices,
                  "Devices that share the prediction, here groups of threads of this process, as `foldmesh "
                  "plan` lays it out; each holds only its part of the big tensors. Under mpirun every rank "
                  "is a device. Results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_mpi_option(command, options->mpi);
  command.add_option("--device", options->device, "Where to compute; auto takes the best there is")
      ->check(CLI::IsMember({"auto", "cpu"}))
      ->capture_default_str();
  command
      .add_option("--cpu", options->cpu,
                  "Threads; 0 takes every core this process may use. Results do not depend on it")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command.add_option(
      "--memory", options->memory,
      "Most memory to take, such as 16G; a prediction that needs more is refused before it starts. "
      "Default: what the machine has free");
  command.add_flag("--contacts", options->contacts,
                   "Also write contacts_*.json, the probability of residue contacts");
  command.add_option(
      "--dump-heads", options->dump_heads,
      "Write everything the network puts out, for every pass, to this .npz: for comparison with other "
      "implementations");
  command.add_flag("--profile", options->profile,
                   "Also list each kind of operator's time, as the planner predicts it and as measured");
  command.add_option(
      "--machine-file", options->machine_file,
      "Rates for --profile from this file of `foldmesh bench inference --calibrate` (default: the "
      "one in the cache folder, if there is one)");
  command.add_flag("--json", options->json, "Print the facts of the run as JSON");
  command.add_flag(
      "--alphafold-chain-ids", options->alphafold_chain_ids,
      "Order the chains of a complex as AlphaFold does and call them B, C, ... (default: A, B, ... in "
      "the order of the input)");
  command.callback([options, recycles, tolerance] {
    const model::ModelConfig config = model::model_by_name(options->model);
    if (recycles->empty() && config.is_multimer) options->num_recycles = config.n_recycles;
    if (tolerance->empty() && config.is_multimer) options->recycle_tolerance = config.recycle_tolerance;
    run(*options);
  });
}

}  // namespace foldmesh::apps
