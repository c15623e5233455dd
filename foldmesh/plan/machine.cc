#include "foldmesh/plan/machine.h"

#include <charconv>
#include <optional>

#include "foldmesh/base/error.h"

namespace foldmesh::plan {
namespace {

constexpr double kTera = 1e12, kGiga = 1e9, kMicro = 1e-6;

// Data sheet peaks, and the share of them that we plan with.
struct Row {
  std::string_view name;
  double fp32_peak, bf16_peak, flops_share;
  double bytes_peak, bytes_share;
  int64_t memory;
  Link near;
};

// Links: NVLink of the two data-centre cards, PCIe of the general one, each at about 0.8 of its one-way peak.
constexpr Row kGpus[] = {
    {"h200", 67 * kTera, 989 * kTera, 0.45, 4800 * kGiga, 0.8, 141'000'000'000, {15 * kMicro, 350 * kGiga}},
    {"a100", 19.5 * kTera, 312 * kTera, 0.45, 2039 * kGiga, 0.8, 80'000'000'000, {15 * kMicro, 230 * kGiga}},
    {"gpu", 30 * kTera, 120 * kTera, 0.45, 800 * kGiga, 0.8, 24'000'000'000, {20 * kMicro, 20 * kGiga}},
};
constexpr double kGpuLaunch = 5 * kMicro;
constexpr int64_t kGpuFixed = 1'500'000'000;  // context, libraries, communication buffers
constexpr int kGpusPerNode = 8;
constexpr Link kGpuFar = {25 * kMicro, 40 * kGiga};

// One core of a server with AVX-512 and AMX: the rate of a large oneDNN product (170 GFLOP/s fp32, 1 TFLOP/s
// bf16) times what fused kernels can be expected to reach of it; memory bandwidth as measured per virtual
// core.
constexpr OpRate kCore = {0.65 * 170 * kGiga, 0.4 * 1000 * kGiga, 5 * kGiga};
constexpr double kCpuLaunch = 5 * kMicro;
constexpr Link kCpuLink = {20 * kMicro,
                           3 * kGiga};  // processes that exchange through memory or a fast network

std::optional<int> parse_count(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > kMaxDevices) return {};
  return value;
}

std::optional<Machine> parse_device(std::string_view text) {
  Machine machine;
  machine.name = text;
  constexpr std::string_view kCpu = "cpu:";
  if (text.starts_with(kCpu)) {
    const auto cores = parse_count(text.substr(kCpu.size()));
    if (!cores) return {};
    machine.set_rates({kCore.fp32_flops * *cores, kCore.bf16_flops * *cores, kCore.bytes * *cores});
    machine.workers = *cores;
    machine.launch = kCpuLaunch;
    machine.fixed_bytes = process_bytes(*cores);
    machine.stored_weight_bytes = sizeof(float);
    machine.is_host = true;
    machine.near = machine.far = kCpuLink;
    return machine;
  }
  for (const Row& row : kGpus) {
    if (text != row.name) continue;
    machine.set_rates(
        {row.fp32_peak * row.flops_share, row.bf16_peak * row.flops_share, row.bytes_peak * row.bytes_share});
    machine.launch = kGpuLaunch;
    machine.memory_bytes = row.memory;
    machine.fixed_bytes = kGpuFixed;
    machine.devices_per_node = kGpusPerNode;
    machine.near = row.near;
    machine.far = kGpuFar;
    if (machine.far.bandwidth > machine.near.bandwidth) machine.far.bandwidth = machine.near.bandwidth;
    return machine;
  }
  return {};
}

}  // namespace

void Machine::set_rates(const OpRate& rate) { rates.assign(graph::catalogue().size(), rate); }

Mesh parse_mesh(std::string_view text) {
  const size_t times = text.find('x');
  const std::optional<int> count = times == std::string_view::npos ? 1 : parse_count(text.substr(0, times));
  const std::optional<Machine> machine =
      parse_device(times == std::string_view::npos ? text : text.substr(times + 1));
  if (!count || !machine) {
    base::throw_input(
        "'{}' is no mesh (expected [COUNTx]DEVICE, where DEVICE is h200, a100, gpu or cpu:CORES and no "
        "number is above {}, for instance 8xh200 or cpu:16)",
        base::printable(text), kMaxDevices);
  }
  return {*machine, *count};
}

}  // namespace foldmesh::plan
