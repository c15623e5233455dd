// Plans for a whole order: some networks (one for each length of chain), so many copies of each (models,
// seeds), on one mesh.
#ifndef FOLDMESH_PLAN_BATCH_H_
#define FOLDMESH_PLAN_BATCH_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "foldmesh/plan/groups.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::plan {

struct BatchEntry {
  std::unique_ptr<Planner> planner;
  ItemTimes times;                   // on at most 1, 2, .. devices
  std::optional<Plan> plan;          // on as many devices as the schedule gives the first copy
  std::optional<DoesNotFit> misfit;  // instead of a plan
};

struct Batch {
  std::vector<BatchEntry> entries;  // by network
  int64_t copies = 1;
  std::optional<Schedule>
      schedule;                     // of copies 0, 1, .. of the first network, then of the second; if all fit
  std::vector<Pipeline> pipelines;  // what 2, 4, .. stages would take, where all items are equal and fit
};

// The graphs must outlive the result.
Batch plan_batch(std::span<const graph::Graph> graphs, int64_t copies, const Mesh& mesh,
                 const PlanOptions& options);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_BATCH_H_
