#include "foldmesh/calibrate/calibrate.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>
#include <cstdlib>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/calibrate/profile.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::calibrate {
namespace {

CalibrateOptions tiny() {
  CalibrateOptions options;
  options.dims = {.n_res = 16, .n_seq = 4, .n_extra = 8, .n_templates = 1};
  options.cores = {1, 2};
  options.n_rounds = 2;
  options.report = [](const std::string&) {};
  return options;
}

TEST(Calibrate, MeasuresEveryOperator) {
  int n_lines = 0;
  CalibrateOptions options = tiny();
  options.report = [&](const std::string&) { ++n_lines; };
  const auto [machine, processor_share] = calibrate(options);
  EXPECT_EQ(n_lines, 5);
  EXPECT_GT(processor_share, 0);
  EXPECT_LT(processor_share, 1.1);
  ASSERT_EQ(machine.devices.size(), 2u);
  for (const auto& [cores, device] : machine.devices) {
    EXPECT_GT(device.launch, 0);
    ASSERT_EQ(device.rates.size(), graph::catalogue().size());
    for (const plan::OpRate& rate : device.rates) {
      EXPECT_TRUE(std::isfinite(rate.fp32_flops) && rate.fp32_flops > 0);
      EXPECT_TRUE(std::isfinite(rate.bf16_flops) && rate.bf16_flops > 0);
      EXPECT_TRUE(std::isfinite(rate.bytes) && rate.bytes > 0);
    }
    // Transitions do nothing but arithmetic.
    EXPECT_GT(device.rates[static_cast<size_t>(graph::OpKind::kTransition)].fp32_flops, 1e8);
  }
  EXPECT_GT(machine.link.latency, 0);
  EXPECT_GT(machine.link.bandwidth, 1e6);
}

class ChooseMesh : public testing::Test {
 protected:
  ChooseMesh() : folder_("choose_mesh") { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~ChooseMesh() override { ::unsetenv("XDG_CACHE_HOME"); }

  static plan::MeasuredMachine machine() {
    plan::MeasuredMachine machine;
    machine.fingerprint = fingerprint();
    machine.devices[base::available_cores()] = {
        1e-6, std::vector<plan::OpRate>(graph::catalogue().size(), {1e9, 2e9, 3e9})};
    machine.link = {1e-5, 1e9};
    return machine;
  }
  base::TempFolder folder_;
};

// As MPI ranks are that Open MPI binds, or tasks of Slurm.
TEST_F(ChooseMesh, ABoundProcessFindsWhatTheWholeMachineMeasured) {
  if (base::available_cores() < 2) GTEST_SKIP() << "needs two cores";
  plan::MeasuredMachine measured = machine();
  measured.devices[1] = measured.devices.begin()->second;
  plan::write_machine_file(measured, default_machine_file());
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const ChosenMesh bound = choose_mesh("here", {});
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(bound.refused, "");
  EXPECT_TRUE(bound.is_measured);
  EXPECT_EQ(bound.mesh.machine.name, "cpu:1");
}

TEST_F(ChooseMesh, AnalyticUnlessMeasured) {
  const ChosenMesh before = choose_mesh("here", {});
  EXPECT_FALSE(before.is_measured);
  EXPECT_EQ(before.refused, "");
  plan::write_machine_file(machine(), default_machine_file());
  const ChosenMesh after = choose_mesh("here", {});
  EXPECT_TRUE(after.is_measured);
  EXPECT_EQ(after.machine_file, default_machine_file().string());
  EXPECT_EQ(after.mesh.machine.rates.front().fp32_flops, 1e9);
  EXPECT_EQ(after.mesh.machine.name, before.mesh.machine.name);
  EXPECT_TRUE(choose_mesh("3x" + before.mesh.machine.name, {}).is_measured);
  EXPECT_FALSE(choose_mesh("cpu:1000", {}).is_measured);
  EXPECT_FALSE(choose_mesh("8xh200", {}).is_measured);
}

TEST_F(ChooseMesh, FilesThatCannotBeUsedAreReported) {
  base::write_file_atomically(folder_.path() / "bad.json", "{}");
  for (const char* name : {"bad.json", "none.json"}) {
    const ChosenMesh chosen = choose_mesh("here", folder_.path() / name);
    EXPECT_FALSE(chosen.is_measured);
    EXPECT_NE(chosen.refused.find(name), std::string::npos) << chosen.refused;
  }
  plan::MeasuredMachine elsewhere = machine();
  elsewhere.fingerprint["cpu"] = "another";
  plan::write_machine_file(elsewhere, folder_.path() / "foreign.json");
  EXPECT_NE(choose_mesh("here", folder_.path() / "foreign.json").refused.find("measured elsewhere: cpu"),
            std::string::npos);
  plan::write_machine_file(machine(), folder_.path() / "other.json");
  EXPECT_NE(choose_mesh("cpu:1000", folder_.path() / "other.json").refused.find("cpu:1000 was not measured"),
            std::string::npos);
}

TEST(Profile, ComparesByOperator) {
  const std::string text = compare("predicted", {{"a", 1}, {"b", 3}}, "measured", {{"b", 6}, {"c", 2}});
  const size_t b = text.find("\nb "), a = text.find("\na "), c = text.find("\nc "), all = text.find("\nall ");
  EXPECT_TRUE(b < a && a < c && c < all) << text;
  const auto line = [&](size_t at) { return text.substr(at + 1, text.find('\n', at + 1) - at - 1); };
  EXPECT_NE(line(b).find("75.0 %"), std::string::npos) << text;
  EXPECT_TRUE(line(b).ends_with("2.00")) << text;
  EXPECT_TRUE(line(a).ends_with("-")) << text;
  EXPECT_TRUE(line(all).ends_with("2.00")) << text;
}

}  // namespace
}  // namespace foldmesh::calibrate
