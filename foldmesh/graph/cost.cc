#include "foldmesh/graph/cost.h"

#include <algorithm>

#include "foldmesh/base/error.h"

namespace foldmesh::graph {
namespace {

double count(const tensor::Shape& shape) { return static_cast<double>(tensor::num_elements(shape)); }

// Shapes of one node by position.
class Shapes {
 public:
  Shapes(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}
  double in(size_t operand, size_t axis) const {
    return dim(graph_.value(node_.inputs.at(operand)).shape, axis);
  }
  double in(size_t operand) const { return count(graph_.value(node_.inputs.at(operand)).shape); }
  double out(size_t operand) const { return count(graph_.value(node_.outputs.at(operand)).shape); }
  // Of the parameter with this leaf name.
  const tensor::Shape& param(std::string_view leaf) const {
    const auto& leaves = spec(node_.kind).params;
    const auto found = std::find(leaves.begin(), leaves.end(), leaf);
    if (found == leaves.end()) base::throw_internal("{} has no parameter {}", node_.name, leaf);
    return node_.params[static_cast<size_t>(found - leaves.begin())].shape;
  }
  double param(std::string_view leaf, size_t axis) const { return dim(param(leaf), axis); }
  double weights(std::string_view leaf) const { return count(param(leaf)); }

 private:
  static double dim(const tensor::Shape& shape, size_t axis) { return static_cast<double>(shape.at(axis)); }
  const Graph& graph_;
  const Node& node_;
};

// Projections of `rows` vectors of width c to query, key, value and gate of all heads, and back to c.
double projection_flops(const Shapes& s, double rows) {
  return 5 * 2 * rows * s.weights("attention//query_w");
}

double all_heads_width(const Shapes& s) {
  return s.param("attention//query_w", 1) * s.param("attention//query_w", 2);
}

double structure_module_flops(const Node& node, double n_res) {
  constexpr double kIterations = 8, kHeads = 12, kScalars = 16, kQueryPoints = 4, kValuePoints = 8,
                   kPair = 128;
  double per_residue = 0;
  for (const ParamRef& param : node.params) {
    if (param.shape.size() < 2) continue;
    const bool repeated = param.name.find("/fold_iteration/") != std::string::npos;
    // The pair bias of invariant point attention acts on pairs, counted below.
    if (param.name.find("attention_2d") == std::string::npos) {
      per_residue += 2 * count(param.shape) * (repeated ? kIterations : 1);
    }
  }
  const double per_pair = kHeads * (4 * kScalars + 9 * kQueryPoints + 6 * kValuePoints + 4 * kPair);
  return n_res * per_residue + kIterations * n_res * n_res * per_pair;
}

double flops(const Graph& graph, const Node& node) {
  const Shapes s(graph, node);
  switch (node.kind) {
    case OpKind::kRecyclePair:
      return 2 * s.in(0) * s.param("prev_pos_linear//weights", 0);
    case OpKind::kPairEmbedding:
      return 4 * s.in(0, 0) * s.weights("left_single//weights") +
             2 * s.in(0) * s.param("pair_activiations//weights", 0);
    case OpKind::kMsaEmbedding:
      return 2 * s.in(0, 0) * s.weights("preprocess_1d//weights") +
             2 * s.in(1, 0) * s.in(1, 1) * s.weights("preprocess_msa//weights");
    case OpKind::kExtraMsaEmbedding:
      return 2 * s.in(0) * s.weights("extra_msa_activations//weights");
    case OpKind::kTemplatePairEmbedding:
      return 2 * s.out(0) * s.param("embedding2d//weights", 0);
    case OpKind::kTemplatePointwiseAttention: {
      const double pairs = s.in(0, 0) * s.in(0, 1), n_templates = s.in(1, 0);
      return pairs * (4 * s.weights("attention//query_w") +
                      n_templates * (4 * s.weights("attention//key_w") + 4 * all_heads_width(s)));
    }
    case OpKind::kTemplateAngleEmbedding:
      return 2 * s.in(1) *
             (s.weights("template_single_embedding//weights") + s.weights("template_projection//weights"));
    case OpKind::kRowAttention: {
      const double rows = s.in(0, 0), n = s.in(0, 1);
      return projection_flops(s, rows * n) + 4 * rows * n * n * all_heads_width(s) +
             2 * n * n * s.weights("//feat_2d_weights");
    }
    case OpKind::kColumnAttention: {
      const double rows = s.in(0, 0), n = s.in(0, 1);
      return projection_flops(s, rows * n) + 4 * n * rows * rows * all_heads_width(s);
    }
    case OpKind::kGlobalColumnAttention: {
      const double rows = s.in(0, 0), n = s.in(0, 1);
      return 2 * n * s.weights("attention//query_w") +
             4 * rows * n * (s.weights("attention//key_w") + s.weights("attention//gating_w")) +
             4 * rows * n * all_heads_width(s);
    }
    case OpKind::kTransition:
      return 4 * s.in(0) * s.param("transition1//weights", 1);
    case OpKind::kOuterProductMean: {
      const double n = s.in(0, 0), rows = s.in(1, 0), c = s.param("left_projection//weights", 1);
      return 4 * rows * n * s.weights("left_projection//weights") + 2 * n * n * rows * c * c +
             2 * n * n * s.weights("//output_w");
    }
    case OpKind::kTriangleMultiplication: {
      const double n = s.in(0, 0), hidden = s.param("left_projection//weights", 1);
      return 2 * n * n * (5 * s.weights("left_projection//weights") + s.weights("gating_linear//weights")) +
             2 * n * n * n * hidden;
    }
    case OpKind::kTriangleAttention: {
      const double n = s.in(0, 0);
      return projection_flops(s, n * n) + 4 * n * n * n * all_heads_width(s) +
             2 * n * n * s.weights("//feat_2d_weights");
    }
    case OpKind::kLayerNorm:
    case OpKind::kFirstRow:
      return 0;
    case OpKind::kLinear:
      return 2 * s.out(0) * s.param("//weights", 0);
    case OpKind::kStructureModule:
      return structure_module_flops(node, s.in(0, 0));
    case OpKind::kPlddtHead:
      return 2 * s.in(0, 0) *
             (s.weights("act_0//weights") + s.weights("act_1//weights") + s.weights("logits//weights"));
    case OpKind::kDistogramHead:
      return 2 * s.out(0) * s.param("half_logits//weights", 0);
    case OpKind::kChainPairEmbedding:
      return 4 * s.in(0, 0) * s.weights("left_single//weights") +
             2 * s.in(0) * s.param("~_relative_encoding/position_activations//weights", 0);
    case OpKind::kChainTemplateEmbedding: {
      constexpr double kFeatures = 39 + 2 * 22 + 5;  // beside z
      return 2 * s.out(0) * (kFeatures + s.param("template_pair_embedding_8//weights", 0));
    }
    case OpKind::kTemplateMean:
      return s.in(0, 0) * s.in(0, 1) *
             (2 * s.weights("output_linear//weights") +
              2 * s.in(1, 0) * s.param("output_linear//weights", 0));
    case OpKind::kTemplateChiEmbedding:
      return 2 * s.in(1) *
             (s.weights("template_single_embedding//weights") + s.weights("template_projection//weights"));
    case OpKind::kFusedTriangleMultiplication: {
      const double n = s.in(0, 0), hidden = s.param("projection//weights", 1) / 2;
      return 2 * n * n *
                 (s.weights("projection//weights") + s.weights("gate//weights") +
                  s.weights("output_projection//weights") + s.weights("gating_linear//weights")) +
             2 * n * n * n * hidden;
    }
    case OpKind::kChainStructureModule:
      return structure_module_flops(node, s.in(0, 0));
    default:
      break;  // parts have no cost of their own
  }
  base::throw_internal("{}: operator without a cost", node.name);
}

// Elements that go to memory and back beyond the operands themselves, in a fused implementation.
double intermediate_elements(const Graph& graph, const Node& node) {
  const Shapes s(graph, node);
  switch (node.kind) {
    case OpKind::kRowAttention:
      return 11 * s.in(0) + 2 * s.in(1, 0) * s.in(1, 1) * s.param("//feat_2d_weights", 1);
    case OpKind::kColumnAttention:
      return 11 * s.in(0);
    case OpKind::kGlobalColumnAttention:
      return 3 * s.in(0);
    case OpKind::kOuterProductMean:
      return 4 * s.in(1, 0) * s.in(1, 1) * s.param("left_projection//weights", 1);
    case OpKind::kTriangleMultiplication:
    case OpKind::kFusedTriangleMultiplication:
      return 7 * s.in(0);
    case OpKind::kTriangleAttention:
      return 11 * s.in(0) + 2 * s.in(0, 0) * s.in(0, 1) * s.param("//feat_2d_weights", 1);
    case OpKind::kStructureModule:
    case OpKind::kChainStructureModule:
      return 15 * s.in(1);
    default:
      return 0;
  }
}

}  // namespace

Cost node_cost(const Graph& graph, const Node& node, double element_bytes) {
  Cost cost{flops(graph, node), intermediate_elements(graph, node) * element_bytes};
  for (const auto* operands : {&node.inputs, &node.outputs}) {
    for (ValueId id : *operands) {
      const Value& value = graph.value(id);
      cost.bytes += count(value.shape) * (value.is_integer ? 4 : element_bytes);
    }
  }
  for (const ParamRef& param : node.params) cost.bytes += 4 * count(param.shape);
  return cost;
}

Cost graph_cost(const Graph& graph, double element_bytes) {
  Cost total;
  for (const Node& node : graph.nodes()) total += node_cost(graph, node, element_bytes);
  return total;
}

}  // namespace foldmesh::graph
