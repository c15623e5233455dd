#include "foldmesh/plan/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace foldmesh::plan {
namespace {

using Json = nlohmann::ordered_json;

// A template's tensor is a pair tensor of its own: "T/i".
std::string layout_name(const PlannedStep& step, bool other, Layout layout) {
  if (!other) return std::string(pair_layout_name(layout));
  if (!step.step->is_other_template) return std::string(msa_layout_name(layout));
  return "T" + std::string(pair_layout_name(layout).substr(1));
}

std::string layout_text(const PlannedStep& step, bool other) {
  const auto& layout = other ? step.other : step.pair;
  if (!layout) return "-";
  const std::string name = layout_name(step, other, *layout);
  const auto& change = other ? step.other_change : step.pair_change;
  if (!change) return name;
  return layout_name(step, other, change->from) + ">" + name.substr(name.find('/') + 1);
}

std::string chunk_text(const Chunk& chunk) {
  return chunk.size == 0 ? "-" : fmt::format("{} {}", chunk.axis, chunk.size);
}

bool same_choice(const PlannedStep& a, const PlannedStep& b) {
  return a.step->node->kind == b.step->node->kind && layout_text(a, true) == layout_text(b, true) &&
         layout_text(a, false) == layout_text(b, false) && a.strategy.algorithm == b.strategy.algorithm &&
         a.strategy.chunk == b.strategy.chunk;
}

// "evoformer/3/msa_transition" -> "evoformer", 3, "msa_transition"; without a number all is the operator.
struct Name {
  std::string_view stack;
  int block = -1;
  std::string_view op;
};

Name split(std::string_view name) {
  const size_t first = name.find('/');
  if (first == std::string_view::npos) return {{}, -1, name};
  const size_t second = name.find('/', first + 1);
  if (second == std::string_view::npos) return {{}, -1, name};
  int block = 0;
  for (const char digit : name.substr(first + 1, second - first - 1)) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return {{}, -1, name};
    block = 10 * block + (digit - '0');
  }
  return {name.substr(0, first), block, name.substr(second + 1)};
}

// Equal blocks that follow each other: the steps of the first, and how many there are.
struct Group {
  std::vector<const PlannedStep*> steps;
  int repeats = 1;
  std::vector<double> seconds;  // by step, all repeats
  std::vector<int64_t> peaks, traffic;
};

std::vector<Group> blocks_of(const std::vector<PlannedStep>& pass) {
  std::vector<Group> blocks;
  Name last;
  for (const PlannedStep& step : pass) {
    const Name name = split(step.step->node->name);
    if (blocks.empty() || name.stack.empty() || name.stack != last.stack || name.block != last.block) {
      blocks.emplace_back();
    }
    last = name;
    blocks.back().steps.push_back(&step);
    blocks.back().seconds.push_back(step.seconds());
    blocks.back().peaks.push_back(step.peak_bytes);
    blocks.back().traffic.push_back(step.traffic);
  }
  return blocks;
}

bool joins(const Group& group, const Group& next) {
  const Name a = split(group.steps[0]->step->node->name), b = split(next.steps[0]->step->node->name);
  if (a.stack.empty() || a.stack != b.stack || group.steps.size() != next.steps.size()) return false;
  return std::equal(group.steps.begin(), group.steps.end(), next.steps.begin(),
                    [](const PlannedStep* x, const PlannedStep* y) { return same_choice(*x, *y); });
}

std::vector<Group> groups_of(const std::vector<PlannedStep>& pass) {
  std::vector<Group> groups;
  for (Group& block : blocks_of(pass)) {
    if (groups.empty() || !joins(groups.back(), block)) {
      groups.push_back(std::move(block));
      continue;
    }
    Group& group = groups.back();
    ++group.repeats;
    for (size_t i = 0; i < block.steps.size(); ++i) {
      group.seconds[i] += block.seconds[i];
      group.traffic[i] += block.traffic[i];
      group.peaks[i] = std::max(group.peaks[i], block.peaks[i]);
    }
  }
  return groups;
}

bool same_pass(const std::vector<PlannedStep>& a, const std::vector<PlannedStep>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_choice);
}

// "pass 1", "passes 2-4": numbers of the first pass of each kind, and one past the last.
std::vector<std::pair<size_t, size_t>> pass_ranges(const Plan& plan) {
  std::vector<std::pair<size_t, size_t>> ranges;
  for (size_t pass = 0; pass < plan.passes.size(); ++pass) {
    if (pass > 0 && same_pass(plan.passes[pass - 1], plan.passes[pass])) {
      ranges.back().second = pass + 1;
    } else {
      ranges.emplace_back(pass, pass + 1);
    }
  }
  return ranges;
}

std::string pass_title(const std::pair<size_t, size_t>& range) {
  if (range.second - range.first == 1) return fmt::format("pass {}", range.first + 1);
  return fmt::format("passes {}-{}, each", range.first + 1, range.second);
}

std::string group_title(const Group& group) {
  const Name name = split(group.steps[0]->step->node->name);
  if (group.repeats == 1) return fmt::format("{}/{}", name.stack, name.block);
  return fmt::format("{}/{}-{}, {} blocks together", name.stack, name.block, name.block + group.repeats - 1,
                     group.repeats);
}

void append_group(const Group& group, std::string* text) {
  const bool is_stack = !split(group.steps[0]->step->node->name).stack.empty();
  if (is_stack) *text += fmt::format("  {}\n", group_title(group));
  for (size_t i = 0; i < group.steps.size(); ++i) {
    const PlannedStep& step = *group.steps[i];
    const Name name = split(step.step->node->name);
    *text += fmt::format("{:<40} {:<7} {:<7} {:<20} {:<7} {:>10} {:>11} {:>11}\n",
                         fmt::format("{}{}", is_stack ? "    " : "  ", name.op), layout_text(step, true),
                         layout_text(step, false), name_of(step.strategy.algorithm),
                         chunk_text(step.strategy.chunk), seconds_text(group.seconds[i]),
                         bytes_text(group.peaks[i]), bytes_text(group.traffic[i]));
  }
}

// The line about the pipeline that comes closest.
std::string pipeline_text(const Batch& batch) {
  const auto best =
      std::min_element(batch.pipelines.begin(), batch.pipelines.end(),
                       [](const Pipeline& a, const Pipeline& b) { return a.makespan < b.makespan; });
  if (best == batch.pipelines.end()) return "";
  return fmt::format(
      "pipeline  not planned; of {} stages, the slowest {} a pass, it would take {} against {}\n",
      best->stages, seconds_text(best->bottleneck), seconds_text(best->makespan),
      seconds_text(batch.schedule->makespan));
}

std::string schedule_text(const Batch& batch, std::span<const std::string> names, const Mesh& mesh) {
  const Schedule& schedule = *batch.schedule;
  std::string text = fmt::format("schedule  {} items on {} x {}: {}, no schedule is shorter than {}\n",
                                 schedule.placements.size(), mesh.n_devices, mesh.machine.name,
                                 seconds_text(schedule.makespan), seconds_text(schedule.lower_bound));
  constexpr size_t kMostShown = 64;
  for (size_t i = 0; i < std::min(schedule.placements.size(), kMostShown); ++i) {
    const Placement& placement = schedule.placements[i];
    const std::string& name = names[i / static_cast<size_t>(batch.copies)];
    text += fmt::format("  {:<24} copy {:<5} devices {:>4}-{:<4} {:>10} to {:>10}\n",
                        name.substr(0, name.find(',')), i % static_cast<size_t>(batch.copies) + 1,
                        placement.first_device, placement.first_device + placement.n_devices - 1,
                        seconds_text(placement.start), seconds_text(placement.end));
  }
  if (schedule.placements.size() > kMostShown) text += "  and so on (--json lists all)\n";
  return text;
}

std::string_view link_text(const Plan& plan, const Mesh& mesh) {
  if (plan.n_devices == 1) return "";
  return plan.n_devices > mesh.machine.devices_per_node ? ", over several nodes" : ", in one node";
}

}  // namespace

std::string bytes_text(int64_t bytes) {
  if (bytes == 0) return "0";
  const auto value = static_cast<double>(bytes);
  if (bytes >= int64_t{1} << 30) return fmt::format("{:.2f} GiB", value * 0x1p-30);
  if (bytes >= int64_t{1} << 20) return fmt::format("{:.2f} MiB", value * 0x1p-20);
  return fmt::format("{:.2f} KiB", value * 0x1p-10);
}

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.2f} ms", seconds * 1e3);
  if (seconds < 600) return fmt::format("{:.2f} s", seconds);
  if (seconds < 36000) return fmt::format("{:.1f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string to_text(const Plan& plan, const Planner& planner, const Mesh& mesh) {
  std::string text = fmt::format("{:<40} {:<7} {:<7} {:<20} {:<7} {:>10} {:>11} {:>11}\n", "operator",
                                 "other", "pair", "how", "chunk", "time", "peak", "received");
  for (const auto& range : pass_ranges(plan)) {
    text += pass_title(range) + "\n";
    for (const Group& group : groups_of(plan.passes[range.first])) append_group(group, &text);
  }
  const double flops_per_second = plan.flops / plan.seconds;
  text += fmt::format("\ndevices   {} of {} x {}{}\n", plan.n_devices, mesh.n_devices, mesh.machine.name,
                      link_text(plan, mesh));
  text += fmt::format("time      {}: {} in kernels, {} in messages, {} for changes of layout\n",
                      seconds_text(plan.seconds), seconds_text(plan.kernel_seconds),
                      seconds_text(plan.message_seconds), seconds_text(plan.reshard_seconds));
  text +=
      fmt::format("work      {:.2f} TFLOP, {:.2f} TFLOP/s\n", plan.flops * 1e-12, flops_per_second * 1e-12);
  text += fmt::format("received  {} by the busiest device\n", bytes_text(plan.traffic));
  text += fmt::format(
      "memory    {} on the busiest device, decided by {}; parameters {}, {}fixed {}; {}\n",
      bytes_text(plan.peak_bytes), plan.worst_step, bytes_text(plan.weight_bytes),
      plan.host_bytes > 0 ? fmt::format("features and results {}, ", bytes_text(plan.host_bytes)) : "",
      bytes_text(plan.fixed_bytes),
      planner.budget() > 0 ? "budget " + bytes_text(planner.budget()) : "no limit given");
  return text;
}

Json to_json(const Plan& plan, const Planner& planner, const Mesh& mesh) {
  Json passes = Json::array();
  for (const auto& range : pass_ranges(plan)) {
    Json groups = Json::array();
    for (const Group& group : groups_of(plan.passes[range.first])) {
      Json operators = Json::array();
      for (size_t i = 0; i < group.steps.size(); ++i) {
        const PlannedStep& step = *group.steps[i];
        Json messages = Json::array();
        for (int m = 0; m < step.strategy.n_messages; ++m) {
          const Collective& message = step.strategy.messages[static_cast<size_t>(m)];
          messages.push_back(
              {{"kind", name_of(message.kind)}, {"bytes", message.bytes}, {"rounds", message.rounds}});
        }
        operators.push_back({{"name", step.step->node->name},
                             {"operator", graph::spec(step.step->node->kind).name},
                             {"other_layout", layout_text(step, true)},
                             {"pair_layout", layout_text(step, false)},
                             {"how", name_of(step.strategy.algorithm)},
                             {"chunk_axis", std::string(1, step.strategy.chunk.axis)},
                             {"chunk_size", step.strategy.chunk.size},
                             {"flops", step.strategy.work.flops},
                             {"bytes", step.strategy.work.bytes},
                             {"workspace", step.strategy.workspace},
                             {"scratch_of_a_thread", step.strategy.scratch},
                             {"moving", step.strategy.moving},
                             {"messages", std::move(messages)},
                             {"seconds", group.seconds[i]},
                             {"peak_bytes", group.peaks[i]},
                             {"received_bytes", group.traffic[i]}});
      }
      groups.push_back({{"repeats", group.repeats}, {"operators", std::move(operators)}});
    }
    passes.push_back({{"first", range.first + 1}, {"last", range.second}, {"groups", std::move(groups)}});
  }
  return {{"fits", true},
          {"device", mesh.machine.name},
          {"devices", mesh.n_devices},
          {"devices_used", plan.n_devices},
          {"seconds", plan.seconds},
          {"kernel_seconds", plan.kernel_seconds},
          {"message_seconds", plan.message_seconds},
          {"reshard_seconds", plan.reshard_seconds},
          {"flops", plan.flops},
          {"received_bytes", plan.traffic},
          {"peak_bytes", plan.peak_bytes},
          {"worst_operator", plan.worst_step},
          {"budget_bytes", planner.budget()},
          {"parameter_bytes", plan.weight_bytes},
          {"feature_and_result_bytes", plan.host_bytes},
          {"fixed_bytes", plan.fixed_bytes},
          {"passes", std::move(passes)}};
}

std::string to_text(const DoesNotFit& misfit) {
  std::string text = fmt::format("does not fit into {} per device: {} needs {}", bytes_text(misfit.budget),
                                 misfit.worst_step, bytes_text(misfit.smallest_budget));
  if (misfit.devices_that_would_do > 0) {
    text += fmt::format("; {} such devices would do", misfit.devices_that_would_do);
  } else {
    text += fmt::format("; {} such devices would not do either", kMaxDevices);
  }
  return text;
}

Json to_json(const DoesNotFit& misfit) {
  return {{"fits", false},
          {"budget_bytes", misfit.budget},
          {"smallest_budget_bytes", misfit.smallest_budget},
          {"worst_operator", misfit.worst_step},
          {"devices_that_would_do", misfit.devices_that_would_do}};
}

std::string to_text(const Batch& batch, std::span<const std::string> names, const Mesh& mesh) {
  std::string text;
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    const BatchEntry& entry = batch.entries[i];
    text += (i > 0 ? "\n" : "") + names[i] + "\n";
    if (entry.plan) text += to_text(*entry.plan, *entry.planner, mesh);
    if (entry.misfit) text += to_text(*entry.misfit) + "\n";
  }
  if (!batch.schedule) return text;
  if (mesh.n_devices > 1) text += pipeline_text(batch);
  if (batch.schedule->placements.size() > 1) text += schedule_text(batch, names, mesh);
  return text;
}

Json to_json(const Batch& batch, std::span<const std::string> names, const Mesh& mesh) {
  Json networks = Json::array();
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    const BatchEntry& entry = batch.entries[i];
    Json network = {{"name", names[i]}};
    if (entry.plan) network.update(to_json(*entry.plan, *entry.planner, mesh));
    if (entry.misfit) network.update(to_json(*entry.misfit));
    networks.push_back(std::move(network));
  }
  Json result = {{"copies", batch.copies}, {"networks", std::move(networks)}};
  if (!batch.schedule) return result;
  Json placements = Json::array();
  for (const Placement& placement : batch.schedule->placements) {
    placements.push_back({{"network", placement.item / static_cast<size_t>(batch.copies)},
                          {"first_device", placement.first_device},
                          {"devices", placement.n_devices},
                          {"start", placement.start},
                          {"end", placement.end}});
  }
  result["schedule"] = {{"makespan", batch.schedule->makespan},
                        {"lower_bound", batch.schedule->lower_bound},
                        {"placements", std::move(placements)}};
  Json pipelines = Json::array();
  for (const Pipeline& pipeline : batch.pipelines) {
    pipelines.push_back(
        {{"stages", pipeline.stages}, {"bottleneck", pipeline.bottleneck}, {"makespan", pipeline.makespan}});
  }
  result["pipelines"] = std::move(pipelines);
  return result;
}

}  // namespace foldmesh::plan
