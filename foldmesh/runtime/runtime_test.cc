#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/arena.h"
#include "foldmesh/runtime/executor.h"

namespace foldmesh::runtime {
namespace {

using graph::OpKind;
using graph::Role;
using graph::ValueId;

TEST(Arena, RandomItemsNeverOverlapAndFillIsClose) {
  base::Rng rng(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<ArenaItem> items(1 + rng.below(60));
    for (ArenaItem& item : items) {
      item.bytes = rng.below(8) == 0 ? 0 : 1 + rng.below(5000);
      for (auto begin = static_cast<int32_t>(rng.below(40)) - 1; begin < 40;) {
        item.lifetime.push_back({begin, begin + static_cast<int32_t>(rng.below(12))});
        begin = item.lifetime.back().last + 2 + static_cast<int32_t>(rng.below(30));
      }
    }
    const ArenaPlan plan = plan_arena(items);
    size_t bound = 0;
    for (int32_t node = -1; node < 52; ++node) {
      size_t alive = 0;
      for (const ArenaItem& item : items) {
        if (graph::is_alive(item.lifetime, node)) alive += (item.bytes + 63) / 64 * 64;
      }
      bound = std::max(bound, alive);
    }
    EXPECT_EQ(plan.lower_bound, bound);
    EXPECT_LE(plan.bytes, bound + bound * 2 / 5);  // random items that come and go fit badly
    for (size_t a = 0; a < items.size(); ++a) {
      EXPECT_EQ(plan.offsets[a] % kArenaAlignment, 0);
      EXPECT_LE(plan.offsets[a] + items[a].bytes, plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        if (!graph::overlap(items[a].lifetime, items[b].lifetime) || items[a].bytes == 0 ||
            items[b].bytes == 0)
          continue;
        EXPECT_TRUE(plan.offsets[a] + items[a].bytes <= plan.offsets[b] ||
                    plan.offsets[b] + items[b].bytes <= plan.offsets[a]);
      }
    }
  }
}

TEST(Arena, ReachesTheBound) {
  const std::vector<ArenaItem> nested = {
      {1000, {{-1, 9}}}, {64, {{0, 8}}}, {4096, {{1, 1}}}, {128, {{2, 7}}}, {3000, {{5, 5}}}};
  // Needs something placed from above: in the order of size or lifetime alone, 64 and 128 get in each other's
  // way.
  const std::vector<ArenaItem> staggered = {
      {1000, {{-1, 9}}}, {64, {{0, 3}}}, {4096, {{1, 1}}}, {128, {{2, 8}}}, {4000, {{5, 5}}}};
  // Two that are never there together, though their first and last nodes lie crosswise.
  const std::vector<ArenaItem> alternating = {{1000, {{0, 1}, {4, 5}}}, {1000, {{2, 3}, {6, 7}}}};
  for (const auto& items : {nested, staggered, alternating}) {
    const ArenaPlan plan = plan_arena(items);
    EXPECT_EQ(plan.bytes, plan.lower_bound);
  }
  EXPECT_EQ(plan_arena({}).bytes, 0);
}

TEST(Arena, MemoryIsZeroAndImpossibleSizesAreRefused) {
  const ArenaMemory memory(100000);
  EXPECT_EQ(std::count(memory.data(), memory.data() + memory.size(), std::byte{0}), 100000);
  try {
    const ArenaMemory impossible(size_t{1} << 60);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kMachine);
  }
}

// A backend whose kernels mix all that they read into what they write, and leave garbage in their workspace:
// any buffer overwritten too early changes the result.
void mix(const KernelArgs& args) {
  std::memset(args.workspace.data(), 0xA5, args.workspace.size());
  double sum = 1 + static_cast<double>(args.node.index);
  for (const tensor::View& in : args.inputs) {
    const float* values = in.as<float>();
    for (int64_t i = 0; i < in.size(); ++i) sum += values[i] * static_cast<double>(i % 7 + 1);
  }
  for (const tensor::ConstView& param : args.params) sum += param.as<float>()[0];
  sum = sum - std::floor(sum / 1000) * 1000;
  for (const tensor::View& out : args.outputs) {
    float* values = out.as<float>();
    const bool in_place = !args.inputs.empty() && out.data == args.inputs[0].data;
    for (int64_t i = 0; i < out.size(); ++i) {
      values[i] = static_cast<float>(sum + static_cast<double>(i)) + (in_place ? values[i] * 0.5F : 0.0F);
    }
  }
}

class FakeBackend : public Backend {
 public:
  std::string_view name() const override { return "fake"; }
  tensor::DType activation() const override { return tensor::DType::kF32; }
  bool runs_parts() const override { return false; }
  Kernel kernel(OpKind kind) const override {
    if (kind == OpKind::kStructureModule) return {};
    return {mix, [](const KernelShapes& shapes) {
              return static_cast<size_t>(tensor::num_elements(shapes.inputs[0])) * 3 + 5;
            }};
  }
};

const float kParam[64] = {0.25F};
tensor::ConstView look_up(const graph::ParamRef& param) { return {kParam, tensor::DType::kF32, param.shape}; }

graph::Node node(OpKind kind, std::vector<ValueId> inputs, ValueId output, tensor::Shape weights) {
  graph::Node made{
      .kind = kind, .name = "node", .inputs = std::move(inputs), .outputs = {output}, .params = {}};
  for (size_t i = 0; i < graph::spec(kind).params.size(); ++i) made.params.push_back({"p", weights});
  return made;
}

graph::Graph random_graph(base::Rng& rng) {
  graph::Graph graph;
  const auto add = [&](Role role) {
    const std::string name = fmt::format("v{}", graph.values().size());
    return graph.add_value({name, {1 + static_cast<int64_t>(rng.below(9)), 4}, false, role});
  };
  std::vector<ValueId> ready;  // hold something
  for (uint64_t i = 0; i < 1 + rng.below(4); ++i) ready.push_back(add(Role::kInput));
  for (uint64_t i = 0; i < 1 + rng.below(3); ++i) ready.push_back(add(Role::kState));
  for (int i = 0; i < 40; ++i) {
    const ValueId from = ready[rng.below(ready.size())];
    if (rng.below(2) == 0) {
      graph.add_node(node(OpKind::kLayerNorm, {from}, from, {4}));
      continue;
    }
    const ValueId to = graph.add_value(
        {fmt::format("v{}", graph.values().size()),
         {1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(graph.value(from).shape[0]))), 4},
         false,
         rng.below(4) == 0 ? Role::kOutput : Role::kLocal});
    graph.add_node(node(OpKind::kLinear, {from}, to, {4, 4}));
    ready.push_back(to);
  }
  return graph;
}

// Every value in memory of its own, kept for ever.
class NaiveExecutor {
 public:
  explicit NaiveExecutor(const graph::Graph& graph) : graph_(graph) {
    for (const graph::Value& value : graph.values()) values_.emplace_back(tensor::DType::kF32, value.shape);
  }
  tensor::Tensor& value(size_t id) { return values_[id]; }
  void run(const Backend& backend, base::ThreadPool& pool) {
    for (const graph::Node& node : graph_.nodes()) {
      std::vector<tensor::View> inputs, outputs;
      std::vector<tensor::ConstView> params;
      for (ValueId id : node.inputs) inputs.push_back(values_[static_cast<size_t>(id)].view());
      for (ValueId id : node.outputs) outputs.push_back(values_[static_cast<size_t>(id)].view());
      for (const graph::ParamRef& param : node.params) params.push_back(look_up(param));
      std::vector<std::byte> workspace(1000);
      backend.kernel(node.kind).run({node, inputs, params, outputs, workspace, pool});
    }
  }

 private:
  const graph::Graph& graph_;
  std::vector<tensor::Tensor> values_;
};

TEST(Executor, RandomGraphsGiveWhatSeparateBuffersGive) {
  base::Rng rng(7);
  const FakeBackend backend;
  base::ThreadPool pool(1);
  for (int trial = 0; trial < 100; ++trial) {
    const graph::Graph graph = random_graph(rng);
    const MemoryPlan plan = plan_memory(graph, backend, 1);
    EXPECT_GE(plan.bytes, plan.lower_bound);
    Executor executor(graph, backend, plan, look_up, 1);
    NaiveExecutor naive(graph);
    for (int pass = 0; pass < 3; ++pass) {
      for (size_t id = 0; id < graph.values().size(); ++id) {
        if (graph.values()[id].role != Role::kInput) continue;
        tensor::Tensor& input = naive.value(id);
        for (int64_t i = 0; i < input.size(); ++i) input.as<float>()[i] = static_cast<float>(rng.uniform());
        executor.set(graph.values()[id].name, input.view());
      }
      executor.run();
      naive.run(backend, pool);
      for (size_t id = 0; id < graph.values().size(); ++id) {
        const graph::Value& value = graph.values()[id];
        if (value.role != Role::kOutput && value.role != Role::kState) continue;
        const auto got = executor.read(value.name).span<float>(), expected = naive.value(id).span<float>();
        ASSERT_TRUE(std::equal(got.begin(), got.end(), expected.begin()))
            << value.name << " in pass " << pass;
      }
    }
  }
}

TEST(Executor, ConvertsInputsAndReportsMisuse) {
  graph::Graph graph;
  const ValueId in = graph.add_value({"in", {2, 4}, false, Role::kInput});
  const ValueId out = graph.add_value({"out", {2, 4}, false, Role::kOutput});
  graph.add_node(node(OpKind::kLinear, {in}, out, {4, 4}));
  const FakeBackend backend;
  Executor executor(graph, backend, plan_memory(graph, backend, 2), look_up, 2);
  EXPECT_THROW(executor.run(), base::Error);  // input not set
  EXPECT_THROW(executor.set("in", tensor::Tensor(tensor::DType::kF32, {4, 2}).view()), base::Error);
  EXPECT_THROW(executor.set("out", tensor::Tensor(tensor::DType::kF32, {2, 4}).view()), base::Error);
  EXPECT_THROW(executor.read("in"), base::Error);
  tensor::Tensor integers(tensor::DType::kI64, {2, 4});
  integers.as<int64_t>()[0] = 3;
  executor.set("in", integers.view());
  std::vector<double> seconds;
  std::vector<std::string> seen;
  executor.run({[&](size_t, const graph::Node& n) { seen.push_back(n.name); }, &seconds});
  EXPECT_EQ(seconds.size(), 1);
  EXPECT_EQ(seen, std::vector<std::string>{"node"});
  EXPECT_EQ(executor.read("out").as<float>()[0], 1 + 3 + 0.25F + 0.25F);
  EXPECT_EQ(executor.memory().worst_node, "node");
}

TEST(Executor, MissingKernelIsNamed) {
  graph::Graph graph;
  const auto add = [&](tensor::Shape shape, bool is_integer = false) {
    return graph.add_value({"v", std::move(shape), is_integer, Role::kState});
  };
  graph::Node structure{
      .kind = OpKind::kStructureModule, .name = "sm", .inputs = {}, .outputs = {}, .params = {}};
  structure.inputs = {add({3, 384}), add({3, 3, 128}), add({3}, true), add({3})};
  structure.outputs = {add({3, 384}),     add({8, 3, 7}),  add({8, 3, 7, 2}),
                       add({8, 3, 7, 2}), add({3, 14, 3}), add({3, 37, 3})};
  structure.params.resize(graph::spec(OpKind::kStructureModule).params.size());
  graph.add_node(structure);
  try {
    plan_memory(graph, FakeBackend(), 1);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(std::string(error.what()), "backend fake has no kernel for structure_module (sm)");
  }
}

}  // namespace
}  // namespace foldmesh::runtime
