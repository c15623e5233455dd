// Runs a graph on a backend, pass after pass, in one arena. Nothing is allocated during a pass.
#ifndef FOLDMESH_RUNTIME_EXECUTOR_H_
#define FOLDMESH_RUNTIME_EXECUTOR_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/group.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/runtime/arena.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/runtime/packed_params.h"

namespace foldmesh::runtime {

// Memory of a pass, exact to the byte, known before any of it is taken.
struct MemoryPlan {
  std::vector<size_t> value_offsets;      // by ValueId
  std::vector<size_t> workspace_offsets;  // by node
  std::vector<size_t> workspace_bytes;    // by node
  size_t bytes = 0;                       // of the arena
  size_t lower_bound = 0;                 // what is alive at the worst node: the arena cannot be smaller
  std::string worst_node;                 // where that is
  PackedParamList packed;                 // parameters in the kernels' own form, beside the arena
};

// Throws kMachine when the backend lacks a kernel that the graph needs.
MemoryPlan plan_memory(const graph::Graph& graph, const Backend& backend, int n_threads);

// Gives the values of a parameter; they must stay valid while the executor lives.
using ParamLookup = std::function<tensor::ConstView(const graph::ParamRef&)>;

struct RunOptions {
  // Called before each node.
  std::function<void(size_t node_index, const graph::Node& node)> progress;
  // If given, receives the wall time of every node.
  std::vector<double>* node_seconds = nullptr;
};

// Graph, backend and group must outlive the executor. `group` carries the graph's exchanges; all its members
// run graphs lowered from the same plan, pass by pass. Not thread-safe; the pool's threads work inside run()
// only. The numbers do not depend on n_threads.
class Executor {
 public:
  Executor(const graph::Graph& graph, const Backend& backend, MemoryPlan plan, const ParamLookup& params,
           int n_threads, comm::Group* group = nullptr, std::shared_ptr<PackedParams> packed = nullptr);

  // Copies an input or a state into the arena, converting float and integer types. kInternal when the name or
  // the shape is not the graph's. Inputs share memory with later values, so all must be set again before
  // every run; states stay, and are zero at first.
  void set(std::string_view name, const tensor::ConstView& value);
  // One pass.
  void run(const RunOptions& options = {});
  // An output or a state after a run, in the backend's activation type; overwritten by the next run.
  tensor::ConstView read(std::string_view name) const;

  const MemoryPlan& memory() const { return plan_; }
  base::ThreadPool& pool() { return pool_; }

 private:
  struct Call {
    Kernel kernel;
    std::vector<tensor::View> inputs, outputs;
    std::vector<tensor::ConstView> params;
    std::span<std::byte> workspace;
    std::span<const std::byte> packed;
  };
  tensor::View view(graph::ValueId id) const;

  const graph::Graph& graph_;
  const Backend& backend_;
  comm::Group* group_;
  MemoryPlan plan_;
  base::ThreadPool pool_;
  ArenaMemory memory_;
  std::shared_ptr<PackedParams> packed_;
  std::vector<Call> calls_;
  std::vector<bool> is_set_;  // by ValueId; inputs only
};

}  // namespace foldmesh::runtime

#endif  // FOLDMESH_RUNTIME_EXECUTOR_H_
