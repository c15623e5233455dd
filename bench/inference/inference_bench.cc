// The monomer network on the CPU backend: time and rate of every operator, the share of what the same cores
// reach in one large oneDNN product of the same number type in the same run, and memory. Time is processor
// time, so that other work on the machine disturbs little. Parameters and inputs are made up; the work
// does not depend on their values.
#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/peers/onednn.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/version.h"
#include "foldmesh/graph/cost.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/executor.h"
#include "foldmesh/runtime/made_up_input.h"

namespace foldmesh {
namespace {

using tensor::DType;
using tensor::Tensor;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Processor time of all threads, to see how much of the machine this process got.
double cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_resident_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

struct Options {
  std::string model = "model_1_ptm";
  tensor::Precision precision = tensor::Precision::kFp32;
  int n_blocks = 48, n_extra_blocks = 4;
  model::Dims dims = {128, 128, 128, 4};
  int n_passes = 4;
  int n_threads = base::available_cores();
  int64_t product_size = 2048;
  std::string json_path;
};

// Flop/s of oneDNN, one size^3 product on every thread at the same time. (One product on all threads would
// count the time that OpenMP's threads wait for each other.)
class Ceiling {
 public:
  Ceiling(int64_t size, tensor::Precision precision, base::ThreadPool& pool)
      : size_(size), pool_(pool), products_(static_cast<size_t>(pool.size())) {
    for (Product& product : products_) {
      if (precision == tensor::Precision::kBf16) {
        product.bf16 = std::make_unique<peers::OneDnnBf16Product>(size, size, size, 1);
      } else {
        for (Tensor& t : product.fp32) t = Tensor(DType::kF32, {size, size});
      }
    }
    multiply();  // first touch, and oneDNN's code generation
  }
  // Keeps the best of all measurements: the machine undisturbed.
  void measure() {
    constexpr int kRepeats = 3;
    for (int i = 0; i < kRepeats; ++i) {
      const double start = cpu_seconds(), n = static_cast<double>(size_), threads = pool_.size();
      multiply();
      best_ = std::max(best_, 2 * n * n * n * threads / ((cpu_seconds() - start) / threads));
    }
  }
  double best() const { return best_; }

 private:
  struct Product {
    std::array<Tensor, 3> fp32;
    std::unique_ptr<peers::OneDnnBf16Product> bf16;
  };
  void multiply() {
    pool_.parallel_for(pool_.size(), [&](int64_t i, int) {
      Product& product = products_[static_cast<size_t>(i)];
      if (product.bf16 != nullptr) return product.bf16->run();
      auto& [a, b, c] = product.fp32;
      peers::onednn_sgemm(size_, size_, size_, {a.as<float>(), size_}, {b.as<float>(), size_}, c.as<float>(),
                          size_, 1);
    });
  }
  int64_t size_;
  base::ThreadPool& pool_;
  std::vector<Product> products_;
  double best_ = 0;
};

// "evoformer/17/msa_transition" -> "evoformer/*/msa_transition"
std::string without_numbers(const std::string& name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool starts =
        std::isdigit(static_cast<unsigned char>(name[i])) != 0 && (i == 0 || name[i - 1] == '/');
    if (!starts) {
      out += name[i];
      continue;
    }
    out += '*';
    while (i + 1 < name.size() && name[i + 1] != '/') ++i;
  }
  return out;
}

struct Group {  // operators of one name
  int64_t calls = 0;
  double seconds = 0;  // of processor time, divided by threads
  double clock_seconds = 0, flops = 0;
};

struct Result {
  std::map<std::string, Group> groups;
  std::vector<double> pass_seconds;            // by the clock
  double flops = 0, seconds = 0, ceiling = 0;  // processor time divided by threads
  size_t arena_bytes = 0, parameter_bytes = 0, packed_bytes = 0;

  double rate() const { return flops / seconds; }
};

Result run(const Options& options) {
  model::ModelConfig config = model::model_by_name(options.model);
  config.n_evoformer_blocks = options.n_blocks;
  config.n_extra_msa_blocks = options.n_extra_blocks;
  const graph::Graph graph = model::build_monomer(config, options.dims);
  base::ThreadPool pool(options.n_threads);
  const model::ParamStore params = model::ParamStore::from_formula(config, "", pool);
  const runtime::CpuBackend backend(options.precision);
  const lower::Program program = lower::lower(graph, lower::whole_strategies(graph), 1, 0);
  runtime::Executor executor(
      program.graph, backend, runtime::plan_memory(program.graph, backend, options.n_threads),
      [&](const graph::ParamRef& param) { return params.view(param); }, options.n_threads);

  Result result;
  result.arena_bytes = executor.memory().bytes;
  result.packed_bytes = executor.memory().packed.bytes;
  result.parameter_bytes = params.bytes();
  Ceiling ceiling(options.product_size, options.precision, pool);
  base::Rng rng(1);
  for (int pass = 0; pass < options.n_passes; ++pass) {
    ceiling.measure();
    for (const graph::Value& value : graph.values()) {
      if (value.role == graph::Role::kInput)
        executor.set(value.name, runtime::made_up_input(value, rng).view());
    }
    std::vector<double> node_seconds, starts;  // by the clock; starts of nodes in processor time
    const double start = wall_seconds();
    executor.run({.progress = [&](size_t, const graph::Node&) { starts.push_back(cpu_seconds()); },
                  .node_seconds = &node_seconds});
    starts.push_back(cpu_seconds());
    result.pass_seconds.push_back(wall_seconds() - start);
    result.seconds += (starts.back() - starts.front()) / options.n_threads;
    for (size_t i = 0; i + 1 < starts.size(); ++i) {
      const graph::Node& node = graph.nodes()[static_cast<size_t>(program.step[i])];
      Group& group = result.groups[without_numbers(node.name)];
      group.seconds += (starts[i + 1] - starts[i]) / options.n_threads;
      group.clock_seconds += node_seconds[i];
    }
    for (const graph::Node& node : graph.nodes()) {
      Group& group = result.groups[without_numbers(node.name)];
      const double flops = graph::node_cost(graph, node, sizeof(float)).flops;
      ++group.calls;
      group.flops += flops;
      result.flops += flops;
    }
  }
  ceiling.measure();
  result.ceiling = ceiling.best();
  return result;
}

const char* name_of(tensor::Precision precision) {
  return precision == tensor::Precision::kBf16 ? "bf16" : "fp32";
}

void print(const Options& options, const Result& result) {
  fmt::print("{} {}: {}, {} residues, {} MSA rows, {} extra rows, {} templates, {} passes, {} threads\n",
             options.model, base::version_string(), name_of(options.precision), options.dims.n_res,
             options.dims.n_seq, options.dims.n_extra, options.dims.n_templates, options.n_passes,
             options.n_threads);
  fmt::print("{} ({})\n\n", cpu_model(), base::instruction_set());
  fmt::print("{:<52} {:>6} {:>10} {:>7} {:>9} {:>9}\n", "operator", "calls", "ms / call", "share", "GFLOP/s",
             "of ceiling");
  std::vector<std::pair<std::string, Group>> groups(result.groups.begin(), result.groups.end());
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, group] : groups) {
    const double rate = group.flops / group.seconds;
    fmt::print("{:<52} {:>6} {:>10.2f} {:>6.1f}% {:>9.1f} {:>8.1f}%\n", name, group.calls,
               1e3 * group.seconds / static_cast<double>(group.calls), 100 * group.seconds / result.seconds,
               rate / 1e9, 100 * rate / result.ceiling);
  }
  Group block;
  for (const auto& [name, group] : groups) {
    if (!name.starts_with("evoformer/")) continue;
    block.seconds += group.seconds;
    block.flops += group.flops;
    block.calls = group.calls;
  }
  fmt::print("\none Evoformer block: {:.1f} GFLOP in {:.1f} ms: {:.1f} GFLOP/s, {:.1f} % of the ceiling\n",
             block.flops / static_cast<double>(block.calls) / 1e9,
             1e3 * block.seconds / static_cast<double>(block.calls), block.flops / block.seconds / 1e9,
             100 * block.flops / block.seconds / result.ceiling);
  fmt::print("passes");
  for (const double seconds : result.pass_seconds) fmt::print(" {:.2f} s", seconds);
  fmt::print(" by the clock; {:.2f} TFLOP in {:.2f} s of processor time on each thread: {:.1f} GFLOP/s\n",
             result.flops / 1e12, result.seconds, result.rate() / 1e9);
  fmt::print("one {}^3 oneDNN product of {} on each thread: {:.1f} GFLOP/s\n", options.product_size,
             name_of(options.precision), result.ceiling / 1e9);
  fmt::print("share of that ceiling: {:.1f} %\n", 100 * result.rate() / result.ceiling);
  fmt::print("memory: arena {:.1f} MiB, parameters {:.1f} MiB, packed {:.1f} MiB, peak resident {:.1f} MiB\n",
             static_cast<double>(result.arena_bytes) / 0x1p20,
             static_cast<double>(result.parameter_bytes) / 0x1p20,
             static_cast<double>(result.packed_bytes) / 0x1p20, peak_resident_bytes() / 0x1p20);
}

nlohmann::json to_json(const Options& options, const Result& result, const std::string& command) {
  nlohmann::json operators = nlohmann::json::array();
  for (const auto& [name, group] : result.groups) {
    operators.push_back({{"name", name},
                         {"calls", group.calls},
                         {"seconds", group.clock_seconds},
                         {"processor_seconds", group.seconds},
                         {"flops", group.flops}});
  }
  return {{"benchmark", "inference"},
          {"machine",
           {{"cpu", cpu_model()},
            {"instruction_set", base::instruction_set()},
            {"cores", base::available_cores()}}},
          {"version", base::version()},
          {"commit", base::commit()},
          {"command", command},
          {"model", options.model},
          {"precision", name_of(options.precision)},
          {"n_evoformer_blocks", options.n_blocks},
          {"n_extra_msa_blocks", options.n_extra_blocks},
          {"n_res", options.dims.n_res},
          {"n_seq", options.dims.n_seq},
          {"n_extra", options.dims.n_extra},
          {"n_templates", options.dims.n_templates},
          {"n_threads", options.n_threads},
          {"pass_seconds", result.pass_seconds},
          {"flops", result.flops},
          {"flops_per_second", result.rate()},
          {"ceiling_product_size", options.product_size},
          {"ceiling_flops_per_second", result.ceiling},
          {"share_of_ceiling", result.rate() / result.ceiling},
          {"arena_bytes", result.arena_bytes},
          {"parameter_bytes", result.parameter_bytes},
          {"packed_bytes", result.packed_bytes},
          {"peak_resident_bytes", peak_resident_bytes()},
          {"operators", operators}};
}

int bench(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Measures the monomer network on the CPU backend, operator by operator, and holds its rate against one "
      "large oneDNN product on the same cores.");
  app.add_option("--model", options.model, "Model, as for foldmesh predict; models 3 to 5 take no templates");
  app.add_option("--precision", options.precision, "Number type of matrix products: fp32 or bf16")
      ->transform(CLI::CheckedTransformer(std::map<std::string, tensor::Precision>{
          {"fp32", tensor::Precision::kFp32}, {"bf16", tensor::Precision::kBf16}}));
  app.add_option("--blocks", options.n_blocks, "Evoformer blocks")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--extra-blocks", options.n_extra_blocks, "Blocks of the extra MSA")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--n-res", options.dims.n_res, "Residues")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--n-seq", options.dims.n_seq, "Clustered MSA rows")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--n-extra", options.dims.n_extra, "Extra MSA rows")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--n-templates", options.dims.n_templates, "Templates")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--passes", options.n_passes, "Passes; a prediction with 3 recycles makes 4")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--cpu", options.n_threads, "Threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--product-size", options.product_size, "Extent of the oneDNN product that sets the ceiling")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", options.json_path, "Also write the result to this file");
  CLI11_PARSE(app, argc, argv);

  const Result result = run(options);
  print(options, result);
  if (!options.json_path.empty()) {
    std::string command = argv[0];
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    base::AtomicFile file(options.json_path);
    file.write(to_json(options, result, command).dump(2) + "\n");
    file.commit();
  }
  return 0;
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  try {
    return foldmesh::bench(argc, argv);
  } catch (const foldmesh::base::Error& error) {
    fmt::print(stderr, "foldmesh_inference_bench: {}\n", error.what());
    return error.exit_code();
  }
}
