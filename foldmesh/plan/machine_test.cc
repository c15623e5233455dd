#include "foldmesh/plan/machine.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/plan/cost_model.h"

namespace foldmesh::plan {
namespace {

TEST(Mesh, Reads) {
  const Mesh eight = parse_mesh("8xh200");
  EXPECT_EQ(eight.n_devices, 8);
  EXPECT_EQ(eight.machine.memory_bytes, 141'000'000'000);
  const Mesh one = parse_mesh("cpu:16"), four = parse_mesh("4xcpu:4");
  EXPECT_EQ(one.n_devices, 1);
  EXPECT_EQ(four.n_devices, 4);
  EXPECT_EQ(one.machine.memory_bytes, 0);
  EXPECT_DOUBLE_EQ(one.machine.rate(graph::OpKind::kTransition).fp32_flops,
                   4 * four.machine.rate(graph::OpKind::kLinear).fp32_flops);
}

TEST(Mesh, RefusesNonsense) {
  for (const char* text :
       {"", "x", "8x", "xh200", "0xh200", "-1xh200", "8xh300", "cpu", "cpu:", "cpu:0", "cpu:-2", "2000xh200",
        "8 x h200", "1.5xa100", "99999999999999999999xa100", "cpu:4x2", "8xh200 "}) {
    EXPECT_THROW(parse_mesh(text), base::Error) << text;
  }
}

TEST(CostModel, IsARoofline) {
  const Machine machine = [] {
    Machine m;
    m.set_rates({100, 400, 10});
    m.launch = 0.5;
    m.devices_per_node = 4;
    m.near = {1, 20};
    m.far = {2, 5};
    return m;
  }();
  const auto seconds = [&](Precision precision, double flops, double bytes, int64_t launches) {
    return kernel_seconds(machine, graph::OpKind::kTransition, precision, {flops, bytes, launches});
  };
  EXPECT_DOUBLE_EQ(seconds(Precision::kFp32, 1000, 10, 2), 11);
  EXPECT_DOUBLE_EQ(seconds(Precision::kBf16, 1000, 10, 2), 3.5);
  EXPECT_DOUBLE_EQ(seconds(Precision::kBf16, 0, 10, 0), 1);
  const Collective gather = {CollectiveKind::kAllGather, 100, 3};
  EXPECT_DOUBLE_EQ(collective_seconds(machine, 1, gather), 0);
  EXPECT_DOUBLE_EQ(collective_seconds(machine, 4, gather), 3 + 5);
  // Of 7 neighbours 4 are in another node: 100 * 4/7 bytes at 5 a second.
  EXPECT_DOUBLE_EQ(collective_seconds(machine, 8, gather), 6 + 100 * 4.0 / 7 / 5);
  // The fifth device is alone in its node.
  EXPECT_DOUBLE_EQ(collective_seconds(machine, 5, gather), 6 + 100 / 5.0);
}

}  // namespace
}  // namespace foldmesh::plan
