// The best plan for one item on a mesh, and what can be said when there is none.
//
// A plan fixes for every step of every pass the layouts, the algorithm and the chunks. It is found by exact
// dynamic programming over the chain; the memory budget is a filter on single steps and layout changes, since
// a peak is a maximum. Plans are numbers about a run: nothing here runs anything.
#ifndef FOLDMESH_PLAN_PLAN_H_
#define FOLDMESH_PLAN_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foldmesh/plan/machine.h"
#include "foldmesh/plan/network.h"
#include "foldmesh/plan/strategy.h"

namespace foldmesh::plan {

struct PlanOptions {
  Precision precision = Precision::kFp32;
  int64_t memory_bytes = 0;  // of one device; 0: what the machine has, without limit if that is not known
  int n_passes = 4;
};

struct Reshard {
  Layout from = Layout::kWhole, to = Layout::kWhole;
  Collective message;  // of no bytes where devices only drop what they hold
};

struct PlannedStep {
  const Step* step = nullptr;
  std::optional<Layout> other, pair;  // while it runs; no `other` when there is none
  Strategy strategy;
  std::optional<Reshard> other_change, pair_change;  // before it runs
  double kernel_seconds = 0, message_seconds = 0, reshard_seconds = 0;
  int64_t traffic = 0;     // bytes that the busiest device receives, layout changes included
  int64_t peak_bytes = 0;  // of the busiest device: weights, tensors, workspace; layout changes included
  double seconds() const { return kernel_seconds + message_seconds + reshard_seconds; }
};

struct Plan {
  int n_devices = 1;  // that take part; the others idle
  std::vector<std::vector<PlannedStep>> passes;
  double seconds = 0, kernel_seconds = 0, message_seconds = 0, reshard_seconds = 0;
  double flops = 0;  // of the whole item, counted once however many devices compute the same
  int64_t traffic = 0;
  int64_t peak_bytes = 0;
  std::string worst_step;  // that decides the peak
  int64_t weight_bytes = 0, fixed_bytes = 0;
  int64_t host_bytes = 0;  // features and results, where they lie in the devices' memory
};

struct DoesNotFit {
  int64_t budget = 0;
  int64_t smallest_budget = 0;    // that would do on this mesh
  std::string worst_step;         // that asks for it
  int devices_that_would_do = 0;  // with this budget; 0 when kMaxDevices would not do either
};

// Plans one item on meshes of one kind of device. Not thread-safe. The graph must outlive it.
class Planner {
 public:
  Planner(const graph::Graph& graph, const Machine& machine, const PlanOptions& options);
  ~Planner();

  // Predicted seconds with exactly n devices; nothing when it does not fit.
  std::optional<double> seconds_on(int n_devices);
  // The smallest budget of a device with which exactly n of them can run it, and the step that asks for it.
  struct Floor {
    int64_t bytes = 0;
    std::string worst_step;
  };
  Floor smallest_budget(int n_devices);

  // The best plan on at most n devices; devices may idle. The fewest devices win among equals.
  // The steps of a plan are the planner's, which therefore must be kept: a temporary one cannot be asked.
  std::variant<Plan, DoesNotFit> plan(int n_devices) &;
  // Why no number of devices up to n_devices will do, and how many would.
  DoesNotFit explain_misfit(int n_devices);
  // With exactly n devices.
  std::optional<Plan> plan_on(int n_devices) &;

  const Network& network() const { return network_; }
  int64_t budget() const { return budget_; }  // 0: no limit

 private:
  class Problem;

  Network network_;
  std::vector<const Step*> representatives_;
  Machine machine_;
  PlanOptions options_;
  int64_t budget_ = 0;
  std::vector<int> classes_;                    // by step
  std::vector<std::optional<double>> seconds_;  // by n_devices - 1, once asked for
};

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_PLAN_H_
