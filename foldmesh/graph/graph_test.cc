#include "foldmesh/graph/graph.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/graph/cost.h"
#include "foldmesh/graph/liveness.h"
#include "foldmesh/graph/signature.h"

namespace foldmesh::graph {
namespace {

Node layer_norm(ValueId x, const std::string& name = "norm") {
  return {.kind = OpKind::kLayerNorm,
          .name = name,
          .inputs = {x},
          .outputs = {x},
          .params = {{.name = "a//scale", .shape = {8}}, {.name = "a//offset", .shape = {8}}}};
}

Node linear(ValueId x, ValueId y) {
  return {.kind = OpKind::kLinear,
          .name = "linear",
          .inputs = {x},
          .outputs = {y},
          .params = {{.name = "b//weights", .shape = {8, 3}}, {.name = "b//bias", .shape = {3}}}};
}

TEST(Catalogue, EveryEntryHasAReadableSignature) {
  for (const OpSpec& op : catalogue()) {
    EXPECT_EQ(&spec(op.kind), &op);
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      EXPECT_TRUE(parse_signature(op.inputs[i]).has_shape) << op.name << ": " << op.inputs[i];
    }
    for (size_t i = op.in_place ? 1 : 0; i < op.outputs.size(); ++i) {
      EXPECT_TRUE(parse_signature(op.outputs[i]).has_shape) << op.name << ": " << op.outputs[i];
    }
  }
}

TEST(Signature, Parses) {
  const OperandSignature extra = parse_signature("extra_msa [E,N] int");
  EXPECT_EQ(extra.name, "extra_msa");
  EXPECT_EQ(extra.axes, (std::vector<std::string>{"E", "N"}));
  EXPECT_TRUE(extra.is_integer);
  EXPECT_TRUE(parse_signature("t_0 .. t_{T-1} [N,N,64] (one operand each)").repeated);
  EXPECT_FALSE(parse_signature("m, rows R-T.. written").has_shape);
  EXPECT_FALSE(parse_signature("prev_positions [N,37,3] A").is_integer);
}

TEST(Signature, Fits) {
  AxisExtents extents;
  EXPECT_TRUE(fits(parse_signature("z [N,N,128]"), {5, 5, 128}, extents));
  EXPECT_FALSE(fits(parse_signature("z [N,N,128]"), {6, 6, 128}, extents));
  EXPECT_FALSE(fits(parse_signature("z [N,N,64]"), {5, 5, 128}, extents));
  EXPECT_FALSE(fits(parse_signature("z [N,N]"), {5, 5, 128}, extents));
  EXPECT_TRUE(fits(parse_signature("x [A,...,c]"), {9, 2, 2, 4}, extents));
  EXPECT_TRUE(fits(parse_signature("y [A' <= A,...,d]"), {7, 2, 2, 1}, extents));
  EXPECT_FALSE(fits(parse_signature("y [A' <= A,...,d]"), {10, 2, 2, 1}, extents));
  EXPECT_FALSE(fits(parse_signature("x [A,...,c]"), {9}, extents));
}

TEST(Graph, ChecksOperands) {
  Graph graph;
  const ValueId x = graph.add_value({.name = "x", .shape = {4, 8}});
  const ValueId y = graph.add_value({.name = "y", .shape = {5, 3}});
  const ValueId ok = graph.add_value({.name = "ok", .shape = {2, 3}});
  EXPECT_NO_THROW(graph.add_node(linear(x, ok)));
  EXPECT_THROW(graph.add_node(linear(x, y)), base::Error);
  Node not_in_place = layer_norm(x);
  not_in_place.outputs = {ok};
  EXPECT_THROW(graph.add_node(not_in_place), base::Error);
  Node too_few = layer_norm(x);
  too_few.params.pop_back();
  EXPECT_THROW(graph.add_node(too_few), base::Error);
  Node no_operands = layer_norm(x);
  no_operands.inputs.clear();
  EXPECT_THROW(graph.add_node(no_operands), base::Error);
  EXPECT_EQ(graph.find("y"), y);
  EXPECT_THROW(graph.find("z"), base::Error);
}

TEST(Liveness, ByRole) {
  Graph graph;
  const ValueId in = graph.add_value({.name = "in", .shape = {4, 8}, .role = Role::kInput});
  const ValueId mid = graph.add_value({.name = "mid", .shape = {4, 8}});
  const ValueId state = graph.add_value({.name = "state", .shape = {4, 8}, .role = Role::kState});
  const ValueId out = graph.add_value({.name = "out", .shape = {4, 3}, .role = Role::kOutput});
  const ValueId unused = graph.add_value({.name = "unused", .shape = {4, 3}});
  const auto eight = [](ValueId from, ValueId to) {
    Node node = linear(from, to);
    node.params[0].shape = {8, 8};
    return node;
  };
  graph.add_node(layer_norm(in));     // 0
  graph.add_node(eight(in, mid));     // 1
  graph.add_node(layer_norm(mid));    // 2
  graph.add_node(linear(mid, out));   // 3
  graph.add_node(layer_norm(state));  // 4
  const auto found = lifetimes(graph);
  EXPECT_EQ(found[static_cast<size_t>(in)], (Lifetime{{-1, 1}}));
  EXPECT_EQ(found[static_cast<size_t>(mid)], (Lifetime{{1, 3}}));
  EXPECT_EQ(found[static_cast<size_t>(state)], (Lifetime{{-1, 5}}));
  EXPECT_EQ(found[static_cast<size_t>(out)], (Lifetime{{3, 5}}));
  EXPECT_TRUE(found[static_cast<size_t>(unused)].empty());
}

// What is written without being read before is new: in between, the memory is free. Slices keep their base
// alive, and writing a slice does not make the rest new.
TEST(Liveness, HolesAndSlices) {
  Graph graph = Graph::of_parts();
  const ValueId state = graph.add_value({.name = "state", .shape = {4, 8}, .role = Role::kState});
  const ValueId whole = graph.add_value({.name = "whole", .shape = {4, 8}});
  const ValueId slice =
      graph.add_value({.name = "slice", .shape = {2, 8}, .slice_of = whole, .slice_begin = 2});
  EXPECT_THROW(graph.add_value({.name = "beyond", .shape = {2, 8}, .slice_of = whole, .slice_begin = 3}),
               base::Error);
  const auto eight = [](ValueId from, ValueId to) {
    Node node = linear(from, to);
    node.params[0].shape = {8, 8};
    return node;
  };
  graph.add_node(eight(state, whole));  // 0
  graph.add_node(layer_norm(whole));    // 1
  graph.add_node(eight(whole, slice));  // 2
  graph.add_node(layer_norm(slice));    // 3
  graph.add_node(eight(whole, state));  // 4
  const auto found = lifetimes(graph);
  EXPECT_EQ(found[static_cast<size_t>(state)], (Lifetime{{-1, 0}, {4, 5}}));
  EXPECT_EQ(found[static_cast<size_t>(whole)], (Lifetime{{0, 4}}));
  EXPECT_TRUE(found[static_cast<size_t>(slice)].empty());
}

TEST(Cost, LinearByHand) {
  Graph graph;
  const ValueId x = graph.add_value({.name = "x", .shape = {4, 8}});
  const ValueId y = graph.add_value({.name = "y", .shape = {4, 3}});
  graph.add_node(linear(x, y));
  const Cost cost = graph_cost(graph, 4);
  EXPECT_EQ(cost.flops, 2 * 4 * 8 * 3);
  EXPECT_EQ(cost.bytes, 4 * (4 * 8 + 4 * 3 + 8 * 3 + 3));
}

}  // namespace
}  // namespace foldmesh::graph
