#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/plan/batch.h"
#include "foldmesh/plan/explain.h"
#include "foldmesh/plan/operators.h"

namespace foldmesh::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string model = "model_1_ptm", mesh = "cpu:1", memory, precision = "fp32";
  std::vector<int64_t> n_res;
  int64_t n_seq = -1, n_extra = -1, templates = -1, items = 1;
  int recycles = 3;
  double device_flops = 0, device_bandwidth = 0, link_bandwidth = 0, link_latency = -1;
  bool operators = false, json = false;
};

constexpr int64_t kMostResidues = 100'000, kMostRows = 100'000, kMostTemplates = 4, kMostItems = 10'000;

model::Dims dims_of(const Options& options, const model::ModelConfig& config, int64_t n_res) {
  model::Dims dims;
  dims.n_res = n_res;
  dims.n_seq = options.n_seq > 0 ? options.n_seq : config.max_msa_clusters;
  dims.n_extra = options.n_extra > 0 ? options.n_extra : config.max_extra_msa;
  dims.n_templates =
      options.templates >= 0 ? options.templates : (config.uses_templates ? kMostTemplates : 0);
  if (dims.n_templates > 0 && !config.uses_templates) {
    base::throw_input("{} takes no templates (expected --templates 0)", config.name);
  }
  return dims;
}

plan::Mesh mesh_of(const Options& options) {
  plan::Mesh mesh = plan::parse_mesh(options.mesh);
  plan::OpRate rate = mesh.machine.rates.front();
  if (options.device_flops > 0) rate.fp32_flops = rate.bf16_flops = options.device_flops;
  if (options.device_bandwidth > 0) rate.bytes = options.device_bandwidth;
  mesh.machine.set_rates(rate);
  for (plan::Link* link : {&mesh.machine.near, &mesh.machine.far}) {
    if (options.link_bandwidth > 0) link->bandwidth = options.link_bandwidth;
    if (options.link_latency >= 0) link->latency = options.link_latency;
  }
  return mesh;
}

void run(const Options& options) {
  const model::ModelConfig config = model::model_by_name(options.model);
  const plan::Mesh mesh = mesh_of(options);
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
    graphs.push_back(model::build_monomer(config, dims));
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
    fmt::print("{}\n", plan::to_json(batch, names, mesh).dump(2));
  } else {
    fmt::print("{}", plan::to_text(batch, names, mesh));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& misfit = batch.entries[i].misfit;
    if (misfit) base::throw_input("{} on {}: {}", names[i], options.mesh, plan::to_text(*misfit));
  }
}

}  // namespace

void setup_plan(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("--model", options->model, "network: model_1 .. model_5, each also with _ptm")
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
          "2xcpu:8. No such device need be here")
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
  command.add_flag("--operators", options->operators,
                   "instead of a plan, list what the planner chooses from: each operator's strategies");
  command.add_flag("--json", options->json, "print the plan as JSON");
  command.footer("Times come from an analytic model of each device, not from measurements.");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
