// `foldmesh plan` as its users meet it: golden plans, JSON, refusals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

const std::string kFolder = FOLDMESH_TESTS_DIR "/golden/plan/";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Without what may have been measured on this machine.
RunResult plan(const std::string& options) {
  ::setenv("XDG_CACHE_HOME", "/nonexistent", 1);
  std::istringstream words("plan " + options);
  return run_program({std::istream_iterator<std::string>(words), {}});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(PlanCommand, GoldenPlans) {
  std::ifstream cases(kFolder + "cases.txt");
  int n_cases = 0;
  for (std::string name, options; cases >> name && std::getline(cases, options); ++n_cases) {
    const RunResult result = plan(options);
    EXPECT_EQ(lines_of(result.out), lines_of(contents(kFolder + name + ".txt"))) << name;
    const bool fits = result.out.find("does not fit") == std::string::npos;
    EXPECT_EQ(result.exit_code, fits ? 0 : 2) << name;
    EXPECT_EQ(result.err.empty(), fits) << result.err;
  }
  EXPECT_GE(n_cases, 10);
}

// Calibrated on a network so small that its times mean little; what counts is which rates are used, and that
// it is said.
TEST(PlanCommand, MeasuredMachine) {
  const base::TempFolder folder("plan_machine");
  const std::string file = (folder.path() / "machine.json").string();
  const std::string common = "--n-res 100 --mesh here --machine-file " + file;
  const RunResult none = plan(common);
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_NE(none.err.find("machine.json"), std::string::npos) << none.err;
  EXPECT_NE(none.out.find("analytic model"), std::string::npos) << none.out;

  const RunResult measured =
      run_program({"bench", "inference", "--calibrate", "--machine-file", file, "--n-res", "16", "--n-seq",
                   "4", "--n-extra", "8", "--rounds", "1", "--json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(measured.out, contents(file));
  const RunResult used = plan(common + " --explain");
  EXPECT_EQ(used.exit_code, 0) << used.err;
  EXPECT_EQ(used.err, "");
  EXPECT_NE(used.out.find("Times were measured on this machine: " + file), std::string::npos) << used.out;
  for (const char* text : {"analytic     share      measured   ratio", "\ntriangle_multiplication  ",
                           "\nstructure_module  ", "\nall  "}) {
    EXPECT_NE(used.out.find(text), std::string::npos) << text << " in " << used.out;
  }
  EXPECT_EQ(nlohmann::json::parse(plan(common + " --json").out)["rates"], "measured");

  std::string damaged = contents(file);
  damaged[damaged.size() / 2] ^= 1;
  base::write_file_atomically(file, damaged);
  const RunResult refused = plan(common);
  EXPECT_EQ(refused.exit_code, 0) << refused.err;
  EXPECT_NE(refused.err.find("machine.json: "), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("times are those of the analytic model"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.out, none.out);
}

TEST(PlanCommand, OperatorTableInTheDocumentationIsCurrent) {
  const RunResult table = plan("--n-res 512 --mesh 8xh200 --dtype bf16 --operators");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_NE(contents(FOLDMESH_TESTS_DIR "/../docs/design/operators.md").find(table.out), std::string::npos)
      << "docs/design/operators.md says by which command its table is made";
}

TEST(PlanCommand, JsonSaysTheSame) {
  const auto fits =
      nlohmann::json::parse(plan("--n-res 300 --mesh 4xh200 --dtype bf16 --items 3 --json").out);
  const auto& network = fits.at("networks").at(0);
  EXPECT_TRUE(network.at("fits").get<bool>());
  double seconds = 0;
  for (const auto& pass : network.at("passes")) {
    for (const auto& group : pass.at("groups")) {
      for (const auto& op : group.at("operators")) {
        seconds += op.at("seconds").get<double>() *
                   (pass.at("last").get<double>() - pass.at("first").get<double>() + 1);
      }
    }
  }
  EXPECT_NEAR(seconds, network.at("seconds").get<double>(), 1e-6 * seconds);
  EXPECT_EQ(fits.at("schedule").at("placements").size(), 3U);

  const RunResult refused = plan("--n-res 4000 --mesh cpu:2 --memory 2GiB --json");
  EXPECT_EQ(refused.exit_code, 2);
  const auto misfit = nlohmann::json::parse(refused.out).at("networks").at(0);
  EXPECT_FALSE(misfit.at("fits").get<bool>());
  const auto smallest = misfit.at("smallest_budget_bytes").get<int64_t>();
  EXPECT_EQ(plan("--n-res 4000 --mesh cpu:2 --memory " + std::to_string(smallest)).exit_code, 0);
  EXPECT_EQ(plan("--n-res 4000 --mesh cpu:2 --memory " + std::to_string(smallest - 1)).exit_code, 2);
}

TEST(PlanCommand, RefusesNonsenseInOneLine) {
  for (const char* options : {"",
                              "--n-res 0",
                              "--n-res -5",
                              "--n-res 1e9",
                              "--n-res 99999999999999999999",
                              "--n-res 64 --mesh 8xh300",
                              "--n-res 64 --mesh 0xh200",
                              "--n-res 64 --mesh cpu:0",
                              "--n-res 64 --memory 3potatoes",
                              "--n-res 64 --memory -1G",
                              "--n-res 64 --model model_9",
                              "--n-res 64 --model model_3 --templates 2",
                              "--n-res 64 --templates 5",
                              "--n-res 64 --dtype fp8",
                              "--n-res 64 --items 0",
                              "--n-res 64 --recycles -1",
                              "--n-res 64 --link-latency -1",
                              "--n-res 64 --device-flops 0",
                              "--n-res 64,1x",
                              "--n-res 64,128 --items 9000"}) {
    const RunResult result = plan(options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << options << ": " << result.err;
    EXPECT_TRUE(result.out.empty()) << options;
  }
}

}  // namespace
}  // namespace foldmesh::tests
