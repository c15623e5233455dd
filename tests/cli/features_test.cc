// `foldmesh features` on alignments that HMMER wrote.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/features/feature_set.h"
#include "foldmesh/features/raw_features.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

class FeaturesCommand : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  RunResult run(std::vector<std::string> arguments, int exit_code = 0) const {
    arguments.insert(arguments.begin(), "features");
    RunResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result;
  }
  fs::path folder_ = fs::temp_directory_path() / fmt::format("features_command_{}", ::getpid());
  const std::string hits_ = FOLDMESH_TESTS_DIR "/golden/hmmer/cli/s05.jackhmmer.default.sto";
  const std::string again_ = FOLDMESH_TESTS_DIR "/golden/hmmer/cli/s05.sto";
};

TEST_F(FeaturesCommand, MergesAlignments) {
  const RunResult result = run({"mgnify=" + again_, "uniref90=" + hits_, "-o", path("f.npz"), "--json"});
  const auto facts = nlohmann::json::parse(result.out);
  EXPECT_EQ(facts["query"], "s05");
  EXPECT_EQ(facts["alignments"][0]["path"], hits_);
  const features::RawFeatures raw = features::read_raw_features(tensor::NpzReader(path("f.npz")));
  EXPECT_EQ(raw.n_res(), facts["n_res"]);
  EXPECT_EQ(raw.n_seq, facts["n_seq"]);
  EXPECT_EQ(raw.n_seq,
            1 + facts["alignments"][0]["new"].get<int64_t>() + facts["alignments"][1]["new"].get<int64_t>());
  EXPECT_GT(raw.n_seq, 10);
}

TEST_F(FeaturesCommand, SamplesTheSameWithAnyNumberOfThreads) {
  const auto sample = [&](const char* name, const char* cpu, const char* seed) {
    run({hits_, "-o", path(name), "--processed", "--model", "model_3", "--num-recycles", "1", "--cpu", cpu,
         "--random-seed", seed});
    EXPECT_TRUE(features::is_processed(tensor::NpzReader(path(name))));
    return base::read_file(path(name));
  };
  const std::string one = sample("1.npz", "1", "7");
  EXPECT_TRUE(one == sample("3.npz", "3", "7"));
  EXPECT_FALSE(one == sample("s.npz", "1", "8"));
  const features::FeatureSet set = features::read_processed_features(tensor::NpzReader(path("1.npz")));
  EXPECT_EQ(set.at("msa_feat").dim(0), 2);
}

TEST_F(FeaturesCommand, SaysWhatIsWrong) {
  EXPECT_NE(run({hits_, "-o", path("f.npz"), "--model", "model_3"}, 2).err.find("--processed"),
            std::string::npos);
  EXPECT_EQ(
      run({hits_, "-o", path("f.npz"), "--processed", "--model", "model_9"}, 2).err,
      "foldmesh: unknown model 'model_9' (expected model_1 .. model_5 or model_1_ptm .. model_5_ptm)\n");
  EXPECT_EQ(run({"-o", path("f.npz")}, 2).err,
            "foldmesh: features: no alignment and no --query (expected at least one)\n");
  base::write_file_atomically(path("bad.a3m"), ">q\nMKV\n>h 1\nM1V\n");
  EXPECT_NE(run({path("bad.a3m"), "-o", path("f.npz")}, 2).err.find("bad.a3m:4"), std::string::npos);
  EXPECT_FALSE(fs::exists(path("f.npz")));
}

}  // namespace
}  // namespace foldmesh::tests
