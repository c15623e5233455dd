#include "foldmesh/plan/network.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/graph/cost.h"
#include "foldmesh/graph/liveness.h"

namespace foldmesh::plan {
namespace {

using graph::Graph;
using graph::Node;
using graph::OpKind;
using graph::ValueId;

bool makes_other(OpKind kind) {
  return kind == OpKind::kMsaEmbedding || kind == OpKind::kExtraMsaEmbedding ||
         graph::is_template_embedding(kind);
}

Extents extents_of(const tensor::Shape& shape) { return {shape.at(0), shape.at(1), shape.at(2)}; }

class Reader {
 public:
  explicit Reader(const Graph& graph)
      : graph_(graph), lifetimes_(graph::lifetimes(graph)), kinds_(graph.values().size(), Kind::kSmall) {}

  Network read() {
    classify_values();
    network_.graph = &graph_;
    for (size_t id = 0; id < graph_.values().size(); ++id) {
      if (graph_.values()[id].role == graph::Role::kInput)
        network_.input_bytes += bytes(static_cast<ValueId>(id));
    }
    std::set<std::pair<std::string_view, int32_t>> seen;
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      add_step(static_cast<int32_t>(i));
      for (const graph::ParamRef& param : graph_.nodes()[i].params) {
        if (seen.emplace(param.name, param.block).second) {
          network_.weight_elements += tensor::num_elements(param.shape);
        }
      }
    }
    network_.n_classes = static_cast<int>(classes_.size());
    return std::move(network_);
  }

 private:
  enum class Kind : uint8_t { kSmall, kPair, kOther, kRows };

  void classify_values() {
    for (const Node& node : graph_.nodes()) {
      if (node.kind == OpKind::kRecyclePair) kinds_.at(static_cast<size_t>(node.inputs[0])) = Kind::kPair;
      if (makes_other(node.kind)) kinds_.at(static_cast<size_t>(node.outputs[0])) = Kind::kOther;
    }
    for (size_t id = 0; id < kinds_.size(); ++id) {
      if (kinds_[id] != Kind::kPair) continue;
      if (network_.pair.rows != 0) base::throw_internal("a network with two pair tensors cannot be planned");
      network_.pair = extents_of(graph_.values()[id].shape);
    }
    if (network_.pair.rows == 0) base::throw_internal("a network without a pair tensor cannot be planned");
    for (const Node& node : graph_.nodes()) {
      const bool from_pair = !node.inputs.empty() && kind(node.inputs[0]) == Kind::kPair;
      const bool head = node.kind == OpKind::kLinear || node.kind == OpKind::kDistogramHead;
      if (from_pair && head) kinds_[static_cast<size_t>(node.outputs[0])] = Kind::kRows;
    }
  }

  Kind kind(ValueId id) const { return kinds_[static_cast<size_t>(id)]; }
  int64_t bytes(ValueId id) const { return tensor::num_elements(graph_.value(id).shape) * kResidualBytes; }

  int32_t first_node(ValueId id) const { return lifetimes_[static_cast<size_t>(id)].front().first; }

  // The last step of a value as the big tensor beside the pair. A template ends with its layer norm and lies
  // at rest from then on.
  int32_t last_as_other(ValueId id) const {
    int32_t last = lifetimes_[static_cast<size_t>(id)].back().last;
    for (int32_t i = first_node(id); i < last; ++i) {
      const Node& node = graph_.nodes()[static_cast<size_t>(i)];
      if (node.kind == OpKind::kLayerNorm && node.inputs[0] == id) last = i;
    }
    return last;
  }

  void add_step(int32_t index) {
    const Node& node = graph_.nodes()[static_cast<size_t>(index)];
    Step step;
    step.node = &node;
    step.main = main_slot(node);
    for (size_t v = 0; v < kinds_.size(); ++v) {
      const auto id = static_cast<ValueId>(v);
      if (!graph::is_alive(lifetimes_[v], index)) continue;
      switch (kinds_[v]) {
        case Kind::kSmall:
          step.small_bytes += bytes(id);
          break;
        case Kind::kRows:
          step.resting_bytes += bytes(id);
          break;
        case Kind::kPair:
          break;
        case Kind::kOther:
          add_other(index, id, &step);
      }
    }
    step.counts = counts(node);
    step.step_class = class_of(step);
    network_.steps.push_back(std::move(step));
  }

  void add_other(int32_t index, ValueId id, Step* step) {
    const int32_t last = last_as_other(id);
    if (index > last) {
      step->resting_bytes += bytes(id);
      return;
    }
    if (step->other.rows != 0) {
      base::throw_internal("{}: two big tensors beside the pair tensor cannot be planned", step->node->name);
    }
    step->other = extents_of(graph_.value(id).shape);
    step->is_other_born = first_node(id) == index;
    step->is_other_alive_after = index < last;
    const Node& maker = graph_.nodes()[static_cast<size_t>(first_node(id))];
    step->is_other_template = graph::is_template_embedding(maker.kind);
  }

  Slot main_slot(const Node& node) const {
    const Kind kind_of_main = kind(makes_other(node.kind) ? node.outputs[0] : node.inputs[0]);
    if (kind_of_main == Kind::kPair) return Slot::kPair;
    return kind_of_main == Kind::kOther ? Slot::kOther : Slot::kNone;
  }

  StepCounts counts(const Node& node) const {
    // Traffic is linear in the size of an activation, so two sizes tell activations from the rest.
    const graph::Cost without = graph::node_cost(graph_, node, 0), with = graph::node_cost(graph_, node, 1);
    StepCounts counts;
    counts.flops = with.flops;
    for (const auto* operands : {&node.inputs, &node.outputs}) {
      for (const ValueId id : *operands) {
        if (!graph_.value(id).is_integer) {
          counts.operand_elements += static_cast<double>(tensor::num_elements(graph_.value(id).shape));
        }
      }
    }
    for (const graph::ParamRef& param : node.params) {
      counts.weight_elements += static_cast<double>(tensor::num_elements(param.shape));
    }
    counts.intermediate_elements = with.bytes - without.bytes - counts.operand_elements;
    return counts;
  }

  int class_of(const Step& step) {
    std::vector<int64_t> key = {static_cast<int64_t>(step.node->kind),
                                static_cast<int64_t>(step.node->variant),
                                static_cast<int64_t>(step.main),
                                step.other.rows,
                                step.other.columns,
                                step.other.channels,
                                step.is_other_born,
                                step.is_other_template,
                                step.is_other_alive_after,
                                step.small_bytes,
                                step.resting_bytes};
    for (const auto* operands : {&step.node->inputs, &step.node->outputs}) {
      for (const ValueId id : *operands) {
        const tensor::Shape& shape = graph_.value(id).shape;
        key.insert(key.end(), shape.begin(), shape.end());
        key.push_back(-1);
      }
    }
    for (const graph::ParamRef& param : step.node->params) {
      key.insert(key.end(), param.shape.begin(), param.shape.end());
    }
    return classes_.emplace(std::move(key), static_cast<int>(classes_.size())).first->second;
  }

  const Graph& graph_;
  std::vector<graph::Lifetime> lifetimes_;
  std::vector<Kind> kinds_;
  std::map<std::vector<int64_t>, int> classes_;
  Network network_;
};

}  // namespace

std::vector<const Step*> Network::representatives() const {
  std::vector<const Step*> result(static_cast<size_t>(n_classes), nullptr);
  for (const Step& step : steps) {
    const Step*& first = result[static_cast<size_t>(step.step_class)];
    if (first == nullptr) first = &step;
  }
  return result;
}

Network read_network(const graph::Graph& graph) { return Reader(graph).read(); }

}  // namespace foldmesh::plan
