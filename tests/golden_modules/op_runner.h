// Runs single operators of a backend on tensors, outside any executor.
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_OP_RUNNER_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_OP_RUNNER_H_

#include <string>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/graph/op.h"
#include "foldmesh/runtime/kernel.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::golden {

struct OpCall {
  graph::OpKind kind;
  std::string scope;                             // of the parameters, below "alphafold/alphafold_iteration/"
  int block = -1;                                // of stacked parameters
  std::vector<tensor::Tensor*> inputs, outputs;  // an in-place operator names the same tensor twice
  graph::Variant variant = graph::Variant::kDefault;
  int index = 0;
  std::vector<const tensor::Tensor*> params = {};  // in catalogue order; the formula's when empty
};

class OpRunner {
 public:
  OpRunner(const runtime::Backend& backend, int n_threads, std::string model = "model_1_ptm")
      : backend_(backend), pool_(n_threads), model_(std::move(model)) {}

  // A copy as the backend wants it: integers stay, numbers become the activation type.
  tensor::Tensor load(const tensor::ConstView& view) const;
  tensor::Tensor make(const tensor::Shape& shape) const { return {backend_.activation(), shape}; }

  // Runs it, in parts where the backend works so. Workspace and plain outputs are NaN before, so that
  // whatever a kernel fails to write shows; writing past the workspace fails the test.
  void run(const OpCall& call);

 private:
  void run_node(const OpCall& call, const graph::Node& node, const std::vector<tensor::View>& values);

  const runtime::Backend& backend_;
  base::ThreadPool pool_;
  std::string model_;  // whose parameters are used
};

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_OP_RUNNER_H_
