// `foldmesh params` and `foldmesh predict`: a full-size model on a golden input, and refusals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/tensor/npz.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class PredictCommand : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  RunResult run(const std::vector<std::string>& arguments, int exit_code = 0) const {
    RunResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result;
  }
  // The one-line message of a refusal.
  std::string refusal(const std::vector<std::string>& arguments) const { return run(arguments, 2).err; }

  fs::path folder_ = fs::temp_directory_path() / fmt::format("predict_command_{}", ::getpid());
  const std::string golden_ = FOLDMESH_TESTS_DIR "/golden/af2/whole/model_1_ptm_N16.npz";
};

TEST_F(PredictCommand, GeneratedParametersAndAllHeads) {
  const std::string params = path("params_model_1_ptm.npz");
  const json made =
      json::parse(run({"params", "generate", "--model", "model_1_ptm", "-o", params, "--json"}).out);
  EXPECT_EQ(made["tensors"], 338);
  EXPECT_EQ(made["elements"], 93237338);
  EXPECT_TRUE(json::parse(run({"params", "verify", params, "--json"}).out)["ok"].get<bool>());
  const json info = json::parse(run({"params", "info", params, "--json"}).out);
  EXPECT_EQ(info["models"], (json{"model_1_ptm", "model_2_ptm"}));
  EXPECT_TRUE(info["untrained"].get<bool>());

  const int n_passes = kSanitized ? 2 : 4;  // of four that the golden has
  const json facts =
      json::parse(run({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--output-dir",
                       path("out"), "--dump-heads", path("heads.npz"), "--contacts", "--json", "--cpu", "2",
                       "--num-recycles", std::to_string(n_passes - 1)})
                      .out);
  EXPECT_TRUE(facts["untrained"].get<bool>());
  EXPECT_EQ(facts["pass_seconds"].size(), n_passes);
  // The process stays within what was predicted: 3 % and a constant, here the libraries that are shared with
  // others.
  if (!kSanitized) {
    const json& memory = facts["memory"];
    const double predicted = memory["predicted"], measured = memory["measured_peak"];
    EXPECT_LE(measured, 1.03 * predicted) << memory;
    EXPECT_GE(measured, 0.97 * predicted - 0x1p26) << memory;
  }
  for (const json& file : facts["files"]) EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
  EXPECT_TRUE(fs::exists(folder_ / "out/timings.json"));
  EXPECT_NE(base::read_file(folder_ / "out/unrelaxed_model_1_ptm_pred_0.pdb").find("UNTRAINED"),
            std::string::npos);
  EXPECT_NE(base::read_file(folder_ / "out/unrelaxed_model_1_ptm_pred_0.cif").find("UNTRAINED"),
            std::string::npos);

  const tensor::NpzReader heads(path("heads.npz")), golden(golden_);
  int compared = 0;
  for (const std::string& name : golden.names()) {
    if (!name.starts_with("out") || name[3] - '0' >= n_passes) continue;
    ASSERT_TRUE(heads.contains(name)) << name;
    EXPECT_EQ(heads.view(name).shape, golden.view(name).shape) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 18 * n_passes);
  // Tensors without masked entries; tests/golden_whole compares the valid part of all.
  const auto last = [&](const char* name) { return fmt::format("out{}_{}", n_passes - 1, name); };
  EXPECT_NEAR(heads.view(last("ptm_score")).as<float>()[0], golden.view(last("ptm_score")).as<float>()[0],
              2e-6);
  for (int64_t i = 0; i < 13; ++i) {
    EXPECT_NEAR(heads.view(last("plddt")).as<float>()[i], golden.view(last("plddt")).as<float>()[i], 3e-4);
  }

  // On several devices: the same files.
  const std::vector<std::string> few_passes = {"predict",     golden_,          "--params",
                                               params,        "--model",        "model_1_ptm",
                                               "--contacts",  "--num-recycles", kSanitized ? "0" : "1",
                                               "--output-dir"};
  const auto same_files_from = [&](std::vector<std::string> before, const std::string& name,
                                   const std::vector<std::string>& options) {
    std::vector<std::string> command = few_passes;
    command.push_back(path(name));
    command.insert(command.end(), options.begin(), options.end());
    if (before.empty()) {
      run(command);
    } else {
      before.insert(before.end(), command.begin(), command.end());
      RunOptions env;
      env.program = "/usr/bin/env";
      const RunResult result = run_program(before, env);
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    for (const auto& entry : fs::directory_iterator(path("one"))) {
      const fs::path file = entry.path().filename();
      if (file == "timings.json") continue;
      EXPECT_EQ(base::read_file(entry.path()), base::read_file(folder_ / name / file)) << name << " " << file;
    }
  };
  same_files_from({}, "one", {});
  same_files_from({}, "three", {"--devices", "3", "--cpu", "2"});
  if (comm::built_with_mpi() && std::system("mpirun --version > /dev/null 2>&1") == 0) {
    same_files_from({"ASAN_OPTIONS=detect_leaks=0", "mpirun", "--allow-run-as-root", "--oversubscribe",
                     "--bind-to", "none", "-n", "2", FOLDMESH_PROGRAM},
                    "ranks", {"--cpu", "1"});
  }

  // Any two structures are closer than 100 A: the second pass is the last.
  const json early =
      json::parse(run({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--output-dir",
                       path("early"), "--recycle-early-stop-tolerance", "100", "--json"})
                      .out);
  EXPECT_EQ(early["num_recycles"], 1);
  EXPECT_EQ(early["pass_seconds"].size(), 2);
  EXPECT_GT(early["last_recycle_change"], 0);

  ::setenv("XDG_CACHE_HOME", folder_.c_str(), 1);  // nothing was measured there
  const std::string profile =
      run({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--num-recycles", "0",
           "--output-dir", path("early"), "--profile", "--cpu", "1"})
          .out;
  for (const char* text : {"triangle_multiplication", "extra_msa_embedding", "structure_module", "all  ",
                           "predicted for 1 x cpu:1 by the analytic model"}) {
    EXPECT_NE(profile.find(text), std::string::npos) << profile;
  }
  EXPECT_NE(refusal({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--precision",
                     "reference", "--output-dir", path("early"), "--profile"})
                .find("--profile: the planner knows no times"),
            std::string::npos);

  EXPECT_NE(refusal({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--num-recycles", "4",
                     "--output-dir", path("out")})
                .find("4 passes (expected 5"),
            std::string::npos);
  EXPECT_NE(refusal({"predict", golden_, "--params", params, "--model", "model_1_ptm", "--memory", "100M",
                     "--output-dir", path("out")})
                .find("more than the 100.0 MiB that it may take (--memory)"),
            std::string::npos);
  // A damaged byte in the middle of some tensor.
  const std::string bytes = base::read_file(params);
  std::string damaged = bytes;
  damaged[damaged.size() / 2] ^= 1;
  base::write_file_atomically(path("params_model_2_ptm.npz"), damaged);
  EXPECT_NE(refusal({"params", "verify", path("params_model_2_ptm.npz")}).find("checksum"),
            std::string::npos);
}

TEST_F(PredictCommand, Refusals) {
  EXPECT_NE(refusal({"params", "generate", "--model", "model_1_multimer_v9"}).find("there is no model"),
            std::string::npos);
  EXPECT_NE(refusal({"params", "verify", golden_, "--model", "model_3"}).find("265 tensors missing"),
            std::string::npos);
  EXPECT_NE(refusal({"params", "info", path("none.npz")}).find("none.npz: cannot be opened"),
            std::string::npos);
  base::write_file_atomically(path("text.npz"), "not an archive");
  EXPECT_NE(refusal({"predict", path("text.npz"), "--params", golden_, "--model", "model_3", "--output-dir",
                     path("out")})
                .find("text.npz: is not a zip archive"),
            std::string::npos);
  EXPECT_NE(
      refusal({"predict", golden_, "--params", golden_, "--model", "model_3", "--output-dir", path("out")})
          .find("not parameters of model_3: 265 tensors are missing"),
      std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace foldmesh::tests
