#include "foldmesh/plan/batch.h"

#include <algorithm>
#include <utility>

#include "foldmesh/plan/chain_dp.h"

namespace foldmesh::plan {
namespace {

BatchEntry entry_of(const graph::Graph& graph, const Mesh& mesh, const PlanOptions& options) {
  BatchEntry entry;
  entry.planner = std::make_unique<Planner>(graph, mesh.machine, options);
  double best = kImpossible;
  for (int n = 1; n <= mesh.n_devices; ++n) {
    best = std::min(best, entry.planner->seconds_on(n).value_or(kImpossible));
    entry.times.push_back(best);
  }
  if (best == kImpossible) entry.misfit = entry.planner->explain_misfit(mesh.n_devices);
  return entry;
}

// Stages on equal groups of devices, whose plan is that of one item on such a group.
void add_pipelines(Batch* batch, const Mesh& mesh, const PlanOptions& options) {
  Planner& planner = *batch->entries.front().planner;
  for (int stages = 2; stages <= mesh.n_devices; stages *= 2) {
    const int group = mesh.n_devices / stages;
    const std::optional<Plan> plan = planner.plan_on(group);
    if (!plan) continue;
    std::vector<double> seconds;
    int64_t most_moved = 0;
    for (const PlannedStep& step : plan->passes.back()) {
      seconds.push_back(step.seconds());
      most_moved = std::max(most_moved, step.step->other.elements());
    }
    const int64_t bytes = (planner.network().pair.elements() + most_moved) * kResidualBytes / group;
    const double handover =
        collective_seconds(mesh.machine, mesh.n_devices, {CollectiveKind::kBroadcast, bytes, 1});
    batch->pipelines.push_back(make_pipeline(seconds, handover, stages, options.n_passes, batch->copies));
  }
}

}  // namespace

Batch plan_batch(std::span<const graph::Graph> graphs, int64_t copies, const Mesh& mesh,
                 const PlanOptions& options) {
  Batch batch;
  batch.copies = copies;
  std::vector<ItemTimes> items;
  bool all_fit = true;
  for (const graph::Graph& graph : graphs) {
    batch.entries.push_back(entry_of(graph, mesh, options));
    const BatchEntry& entry = batch.entries.back();
    all_fit = all_fit && !entry.misfit;
    items.insert(items.end(), static_cast<size_t>(copies), entry.times);
  }
  if (!all_fit) return batch;
  batch.schedule = make_schedule(items, mesh.n_devices);
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    BatchEntry& entry = batch.entries[i];
    const Placement& first = batch.schedule->placements[i * static_cast<size_t>(copies)];
    entry.plan = std::get<Plan>(entry.planner->plan(first.n_devices));
  }
  if (batch.entries.size() == 1) add_pipelines(&batch, mesh, options);
  return batch;
}

}  // namespace foldmesh::plan
