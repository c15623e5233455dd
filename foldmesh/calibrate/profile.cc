#include "foldmesh/calibrate/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "foldmesh/plan/explain.h"

namespace foldmesh::calibrate {
namespace {

struct Row {
  std::string name;
  double left = 0, right = 0;
};

std::string line(const Row& row, double left_total) {
  const std::string ratio = row.left > 0 && row.right > 0 ? fmt::format("{:.2f}", row.right / row.left) : "-";
  const auto text = [](double seconds) { return seconds > 0 ? plan::seconds_text(seconds) : "-"; };
  return fmt::format("{:<28}{:>14}{:>8.1f} %{:>14}{:>8}\n", row.name, text(row.left),
                     left_total > 0 ? 100 * row.left / left_total : 0, text(row.right), ratio);
}

}  // namespace

SecondsByOperator predicted_seconds(const graph::Graph& network, const plan::Machine& machine,
                                    const plan::PlanOptions& options, int n_devices) {
  SecondsByOperator seconds;
  plan::Planner planner(network, machine, options);  // the plan's steps are its own
  const std::optional<plan::Plan> plan = planner.plan_on(n_devices);
  if (!plan) return seconds;
  for (const auto& pass : plan->passes) {
    for (const plan::PlannedStep& step : pass) {
      seconds[std::string(graph::spec(step.step->node->kind).name)] += step.seconds();
    }
  }
  return seconds;
}

std::string compare(const std::string& left_title, const SecondsByOperator& left,
                    const std::string& right_title, const SecondsByOperator& right) {
  std::map<std::string, Row> by_name;
  Row total{"all", 0, 0};
  for (const auto& [name, seconds] : left) {
    by_name[name].left = seconds;
    total.left += seconds;
  }
  for (const auto& [name, seconds] : right) {
    by_name[name].right = seconds;
    total.right += seconds;
  }
  std::vector<Row> rows;
  for (auto& [name, row] : by_name) rows.push_back({name, row.left, row.right});
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.left > b.left; });
  rows.push_back(total);
  std::string text =
      fmt::format("{:<28}{:>14}{:>10}{:>14}{:>8}\n", "operator", left_title, "share", right_title, "ratio");
  for (const Row& row : rows) text += line(row, total.left);
  return text;
}

}  // namespace foldmesh::calibrate
