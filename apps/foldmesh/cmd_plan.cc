#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/calibrate/profile.h"
#include "foldmesh/model/network.h"
#include "foldmesh/plan/batch.h"
#include "foldmesh/plan/explain.h"
#include "foldmesh/plan/operators.h"

namespace foldmesh::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string model = "model_1_ptm", mesh = "cpu:1", memory, precision = "fp32", machine_file;
  std::vector<int64_t> n_res;
  int64_t n_seq = -1, n_extra = -1, templates = -1, items = 1;
  int recycles = 3;
  double device_flops = 0, device_bandwidth = 0, link_bandwidth = 0, link_latency = -1;
  bool operators = false, explain = false, json = false;
};

constexpr int64_t kMostResidues = 100'000, kMostRows = 100'000, kMostTemplates = 4, kMostItems = 10'000;

model::Dims dims_of(const Options& options, const model::ModelConfig& config, int64_t n_res) {
  model::Dims dims;
  dims.n_res = n_res;
  dims.n_seq = options.n_seq > 0 ? options.n_seq : config.max_msa_clusters;
  dims.n_extra = options.n_extra > 0 ? options.n_extra : config.max_extra_msa;
  dims.n_templates =
      options.templates >= 0 ? options.templates : (config.uses_templates ? kMostTemplates : 0);
  // Multimer models average over empty slots, too, which are all alike.
  if (config.is_multimer) dims.n_templates = std::max<int64_t>(dims.n_templates, 1);
  if (dims.n_templates > 0 && !config.uses_templates) {
    base::throw_input("{} takes no templates (expected --templates 0)", config.name);
  }
  return dims;
}

// What the machine's rates are, with those that were given in their place.
calibrate::ChosenMesh mesh_of(const Options& options) {
  calibrate::ChosenMesh chosen = calibrate::choose_mesh(options.mesh, options.machine_file);
  if (!chosen.refused.empty()) base::log::warn("{}; times are those of the analytic model", chosen.refused);
  plan::Machine& machine = chosen.mesh.machine;
  for (plan::OpRate& rate : machine.rates) {
    if (options.device_flops > 0) rate.fp32_flops = rate.bf16_flops = options.device_flops;
    if (options.device_bandwidth > 0) rate.bytes = options.device_bandwidth;
  }
  for (plan::Link* link : {&machine.near, &machine.far}) {
    if (options.link_bandwidth > 0) link->bandwidth = options.link_bandwidth;
    if (options.link_latency >= 0) link->latency = options.link_latency;
  }
  return chosen;
}

// The networks that were planned, on as many devices, by the analytic machine's rates and by measured ones.
std::string explanation(const std::vector<graph::Graph>& graphs, const plan::Batch& batch,
                        const calibrate::ChosenMesh& chosen, const plan::PlanOptions& how) {
  const auto seconds = [&](const plan::Machine& machine) {
    calibrate::SecondsByOperator all;
    for (size_t i = 0; i < graphs.size(); ++i) {
      const auto& plan = batch.entries[i].plan;
      if (!plan) continue;
      for (const auto& [name, time] :
           calibrate::predicted_seconds(graphs[i], machine, how, plan->n_devices)) {
        all[name] += time;
      }
    }
    return all;
  };
  const auto analytic = seconds(plan::parse_mesh(chosen.mesh.machine.name).machine);
  if (!chosen.is_measured) return calibrate::compare("analytic", analytic, "measured", {});
  return calibrate::compare("analytic", analytic, "measured", seconds(chosen.mesh.machine));
}

void run(const Options& options) {
  const model::ModelConfig config = model::model_by_name(options.model);
  const calibrate::ChosenMesh chosen = mesh_of(options);
  const plan::Mesh& mesh = chosen.mesh;
  if (options.items * static_cast<int64_t>(options.n_res.size()) > kMostItems) {
    base::throw_input("{} lengths times {} items are too many to plan together (expected at most {} in all)",
                      options.n_res.size(), options.items, kMostItems);
  }
  plan::PlanOptions how;
  how.precision = options.precision == "bf16" ? plan::Precision::kBf16 : plan::Precision::kFp32;
  how.memory_bytes = options.memory.empty() ? 0 : static_cast<int64_t>(base::parse_bytes(options.memory));
  how.n_passes = options.recycles + 1;

  std::vector<graph::Graph> graphs;
  std::vector<std::string> names;
  for (const int64_t n_res : options.n_res) {
    const model::Dims dims = dims_of(options, config, n_res);
    graphs.push_back(model::build_network(config, dims));
    names.push_back(fmt::format("{}: {} residues, MSA rows {}, extra rows {}, templates {}, passes {}, {}",
                                config.name, dims.n_res, dims.n_seq, dims.n_extra, dims.n_templates,
                                how.n_passes, options.precision));
  }
  if (options.operators) {
    fmt::print("{}", plan::operator_table(plan::read_network(graphs.front()), mesh.n_devices, how.precision));
    return;
  }
  const plan::Batch batch = plan::plan_batch(graphs, options.items, mesh, how);
  if (options.json) {
    Json json = plan::to_json(batch, names, mesh);
    json["rates"] = chosen.is_measured ? "measured" : "analytic";
    if (chosen.is_measured) json["machine_file"] = chosen.machine_file;
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}", plan::to_text(batch, names, mesh));
    if (options.explain) fmt::print("\n{}", explanation(graphs, batch, chosen, how));
    if (chosen.is_measured) {
      fmt::print("\nTimes were measured on this machine: {}\n", chosen.machine_file);
    } else if (options.explain || options.mesh == "here") {
      fmt::print(
          "\nTimes are those of the analytic model (foldmesh bench inference --calibrate measures this "
          "machine)\n");
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& misfit = batch.entries[i].misfit;
    if (misfit) base::throw_input("{} on {}: {}", names[i], options.mesh, plan::to_text(*misfit));
  }
}

}  // namespace

void setup_plan(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command
      .add_option("--model", options->model,
                  "network: model_1 .. model_5, each also with _ptm or _multimer_v3")
      ->capture_default_str();
  command
      .add_option(
          "--n-res", options->n_res,
          "length of the chain, in residues; several lengths, separated by commas, are planned together")
      ->delimiter(',')
      ->required()
      ->check(CLI::Range(int64_t{1}, kMostResidues));
  command
      .add_option("--n-seq", options->n_seq,
                  "rows of the clustered MSA, templates not counted (the model's most)")
      ->check(CLI::Range(int64_t{1}, kMostRows));
  command.add_option("--n-extra", options->n_extra, "rows of the extra MSA (the model's most)")
      ->check(CLI::Range(int64_t{1}, kMostRows));
  command.add_option("--templates", options->templates, "templates (4 for the models that take them)")
      ->check(CLI::Range(int64_t{0}, kMostTemplates));
  command.add_option("--recycles", options->recycles, "further passes after the first")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  command
      .add_option(
          "--mesh", options->mesh,
          "[COUNTx]DEVICE: h200, a100, gpu, or cpu:CORES for one process on so many cores; 8xh200, cpu:16, "
          "2xcpu:8. No such device need be here. here: one process on all cores of this machine")
      ->capture_default_str();
  command.add_option("--memory", options->memory,
                     "most memory on one device, such as 16GiB (what the device has; for cpu no limit)");
  command.add_option("--dtype", options->precision, "number type of matrix products; the rest is fp32")
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command
      .add_option("--items", options->items,
                  "independent predictions of each length (models, seeds), to spread over the devices")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, kMostItems));
  command
      .add_option("--device-flops", options->device_flops,
                  "FLOP/s that one device sustains, instead of the table's")
      ->check(CLI::PositiveNumber);
  command.add_option("--device-bandwidth", options->device_bandwidth, "bytes/s of one device's memory")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--link-bandwidth", options->link_bandwidth, "bytes/s that one device receives from others")
      ->check(CLI::PositiveNumber);
  command.add_option("--link-latency", options->link_latency, "seconds to start one collective")
      ->check(CLI::NonNegativeNumber);
  command.add_option(
      "--machine-file", options->machine_file,
      "rates of this machine's CPUs as `foldmesh bench inference --calibrate` has measured them "
      "(default: its file in the cache folder, if there is one)");
  command.add_flag(
      "--explain", options->explain,
      "also list the time of each kind of operator, by the analytic model and by what was measured");
  command.add_flag("--operators", options->operators,
                   "instead of a plan, list what the planner chooses from: each operator's strategies");
  command.add_flag("--json", options->json, "print the plan as JSON");
  command.footer(
      "Times come from an analytic model of each device, unless a last line says that they were measured.");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
