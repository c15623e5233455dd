#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/calibrate.h"
#include "foldmesh/calibrate/host.h"

namespace foldmesh::apps {
namespace {

struct Options {
  bool calibrate = false, json = false;
  std::string machine_file;
  std::vector<int> cores;
  calibrate::CalibrateOptions how;
};

void run(Options options) {
  const auto start = std::chrono::steady_clock::now();
  calibrate::CalibrateOptions& how = options.how;
  how.cores = options.cores;
  if (how.cores.empty()) {
    how.cores = {1};
    if (base::available_cores() > 1) how.cores.push_back(base::available_cores());
  }
  how.report = [](const std::string& line) { base::log::info("measuring {}", line); };
  const calibrate::Calibration calibration = calibrate::calibrate(how);
  const plan::MeasuredMachine& measured = calibration.machine;
  constexpr double kQuiet = 0.85;
  if (calibration.processor_share < kQuiet) {
    base::log::warn(
        "others were using the processors (a thread got one for {:.0f} % of the time): rates are too low",
        100 * calibration.processor_share);
  }
  const std::filesystem::path path = options.machine_file.empty()
                                         ? calibrate::default_machine_file()
                                         : std::filesystem::path(options.machine_file);
  plan::write_machine_file(measured, path);
  if (options.json) {
    fmt::print("{}", base::read_file(path));
    return;
  }

  fmt::print("{:<28}{:>6}{:>16}{:>16}{:>10}\n", "operator", "cores", "fp32 GFLOP/s", "bf16 GFLOP/s", "GB/s");
  for (const auto& [cores, device] : measured.devices) {
    for (const graph::OpSpec& op : graph::catalogue()) {
      if (graph::is_part(op.kind)) continue;
      const plan::OpRate& rate = device.rates.at(static_cast<size_t>(op.kind));
      fmt::print("{:<28}{:>6}{:>16.1f}{:>16.1f}{:>10.1f}\n", op.name, cores, rate.fp32_flops * 1e-9,
                 rate.bf16_flops * 1e-9, rate.bytes * 1e-9);
    }
  }
  fmt::print("exchange between two threads: {:.1f} us, {:.2f} GB/s\n", measured.link.latency * 1e6,
             measured.link.bandwidth * 1e-9);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("measured in {:.0f} s, written to {}\n", seconds.count(), path.string());
}

}  // namespace

void setup_bench_inference(CLI::App& bench) {
  CLI::App* command = bench.add_subcommand(
      "inference", "how fast this machine runs each operator of the network, for `foldmesh plan`");
  const auto options = std::make_shared<Options>();
  command
      ->add_flag("--calibrate", options->calibrate,
                 "measure and store; plans for meshes of this machine's CPUs use it from then on")
      ->required();
  command->add_option("--machine-file", options->machine_file,
                      "write here (default: a file for this machine and program in the cache folder, "
                      "$XDG_CACHE_HOME/foldmesh or ~/.cache/foldmesh)");
  command
      ->add_option("--cores", options->cores,
                   "measure devices with so many cores (default: 1 and all of them)")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  command->add_option("--n-res", options->how.dims.n_res, "residues of the network that is run")
      ->check(CLI::Range(16, 4096))
      ->capture_default_str();
  command->add_option("--n-seq", options->how.dims.n_seq, "rows of its MSA")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--n-extra", options->how.dims.n_extra, "rows of its extra MSA")
      ->check(CLI::Range(1, 8192))
      ->capture_default_str();
  command->add_option("--rounds", options->how.n_rounds, "passes, of which the shortest time counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print the file that is written");
  command->footer(
      "Example: foldmesh bench inference --calibrate && foldmesh plan --n-res 500 --mesh here --explain");
  command->callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
