#include "foldmesh/plan/cost_model.h"

#include <algorithm>
#include <array>

namespace foldmesh::plan {

std::string_view name_of(CollectiveKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"all-gather", "all-to-all", "reduce-scatter",
                                                      "all-reduce", "broadcast"};
  return kNames.at(static_cast<size_t>(kind));
}

double kernel_seconds(const Machine& machine, graph::OpKind kind, Precision precision, const Work& work) {
  const OpRate& rate = machine.rate(kind);
  const double flops = precision == Precision::kBf16 ? rate.bf16_flops : rate.fp32_flops;
  return static_cast<double>(work.launches) * machine.launch +
         std::max(work.flops / flops, work.bytes / rate.bytes);
}

double collective_seconds(const Machine& machine, int n_devices, const Collective& collective) {
  if (n_devices == 1 || collective.bytes == 0) return 0;
  const auto rounds = static_cast<double>(collective.rounds), bytes = static_cast<double>(collective.bytes);
  const int in_node = std::min(n_devices, machine.devices_per_node);
  if (n_devices == in_node) return rounds * machine.near.latency + bytes / machine.near.bandwidth;
  // Nodes are filled one after the other; a device of the last, perhaps only partly used one has most far
  // peers.
  const int left_over = n_devices % in_node, last_node = left_over == 0 ? in_node : left_over;
  const double far_share = static_cast<double>(n_devices - last_node) / (n_devices - 1);
  return rounds * machine.far.latency + std::max(bytes * far_share / machine.far.bandwidth,
                                                 bytes * (1 - far_share) / machine.near.bandwidth);
}

}  // namespace foldmesh::plan
