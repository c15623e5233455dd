#include "foldmesh/pipeline/forecast.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "foldmesh/model/network.h"
#include "foldmesh/plan/explain.h"

namespace foldmesh::pipeline {
namespace {

constexpr int64_t kTemplates = 4;
constexpr size_t kMostGroups = 50;  // planned within a second or so

// What decides a network's cost, beside the number of residues.
using Group = std::tuple<int64_t, bool, bool, int, int>;

Group group_of(int64_t length, const model::ModelConfig& config) {
  return {length, config.uses_templates, config.has_pae_head, config.max_msa_clusters, config.max_extra_msa};
}

std::optional<double> seconds_of(int64_t length, const model::ModelConfig& config, const plan::Mesh& mesh,
                                 const plan::PlanOptions& how) {
  const model::Dims dims{.n_res = length,
                         .n_seq = config.max_msa_clusters,
                         .n_extra = config.max_extra_msa,
                         .n_templates = config.uses_templates ? kTemplates : 0};
  const graph::Graph network = model::build_network(config, dims, {.distogram = true});
  return plan::Planner(network, mesh.machine, how).seconds_on(mesh.n_devices);
}

}  // namespace

std::string forecast(std::span<const int64_t> lengths, std::span<const model::ModelConfig> models,
                     const plan::Mesh& mesh, const plan::PlanOptions& how) {
  const size_t n_items = lengths.size() * models.size();
  if (n_items < 2) return "";
  std::map<Group, int64_t> groups;
  for (const int64_t length : lengths) {
    for (const model::ModelConfig& config : models) ++groups[group_of(length, config)];
  }
  const std::string counts = fmt::format("{} predictions in {} group{} of equal size, longest first", n_items,
                                         groups.size(), groups.size() == 1 ? "" : "s");
  if (groups.size() > kMostGroups) return counts;

  double total = 0;
  for (const auto& [group, count] : groups) {
    for (const model::ModelConfig& config : models) {
      if (group_of(std::get<0>(group), config) != group) continue;
      const auto seconds = seconds_of(std::get<0>(group), config, mesh, how);
      if (!seconds) return counts;
      total += *seconds * static_cast<double>(count);
      break;
    }
  }
  return fmt::format("{}; at most about {} by the planner on {}", counts, plan::seconds_text(total),
                     mesh.machine.name);
}

std::optional<double> seconds_of_all(int64_t length, std::span<const model::ModelConfig> models,
                                     const plan::Mesh& mesh, const plan::PlanOptions& how) {
  std::map<Group, double> planned;
  double total = 0;
  for (const model::ModelConfig& config : models) {
    const Group group = group_of(length, config);
    auto found = planned.find(group);
    if (found == planned.end()) {
      const std::optional<double> seconds = seconds_of(length, config, mesh, how);
      if (!seconds) return std::nullopt;
      found = planned.emplace(group, *seconds).first;
    }
    total += found->second;
  }
  return total;
}

}  // namespace foldmesh::pipeline
