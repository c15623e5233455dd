// `foldmesh fold` as its users meet it: from FASTA to ranked structures, interrupted, resumed, on any number
// of threads. Parameters are the formula's, of the full-size network; the target is short.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

constexpr const char* kQuery = "MKTAYIAKQRQISFVKSHFSRQLE";

// The parameter file takes seconds to make, so the cases share it.
class FoldCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = fs::temp_directory_path() / fmt::format("fold_test_{}", ::getpid());
    fs::create_directories(shared_ / "params");
    const RunResult made = run_program({"params", "generate", "--model", "model_3", "-o",
                                        (shared_ / "params/params_model_3.npz").string(), "--quiet"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    base::write_file_atomically(shared_ / "query.fasta",
                                fmt::format(">sp|Q1|QUERY_TEST a query\n{}\n", kQuery));
    std::string database;
    for (int i = 0; i < 6; ++i) {  // homologs with a few replacements, and something unrelated
      std::string homolog = kQuery;
      homolog[static_cast<size_t>(3 * i + 1)] = 'A';
      database +=
          fmt::format(">tr|H{0}|H{0}_TEST homolog\nGG{1}GG\n>u{0}\nPPPPGGGGSSSSNNNNDDDD\n", i, homolog);
    }
    base::write_file_atomically(shared_ / "db.fasta", database);
  }
  static void TearDownTestSuite() { fs::remove_all(shared_); }

  void SetUp() override { fs::remove_all(shared_ / "out"); }

  static std::vector<std::string> arguments(const std::string& out, int cpu = 2) {
    return {"fold",           (shared_ / "query.fasta").string(),
            "--output-dir",   (shared_ / out).string(),
            "--db",           "uniref90=" + (shared_ / "db.fasta").string(),
            "--params-dir",   (shared_ / "params").string(),
            "--model-preset", "monomer",
            "--models",       "3",
            "--num-recycles", kSanitized ? "0" : "1",
            "--cpu",          std::to_string(cpu)};
  }
  // Bytes of every result file; timings, and what shows them, differ from run to run.
  static std::map<std::string, std::string> results(const std::string& out) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(shared_ / out)) {
      const std::string name = fs::relative(entry.path(), shared_ / out).string();
      if (!entry.is_regular_file() || name.find(".foldmesh") != std::string::npos) continue;
      const std::string file = entry.path().filename();
      if (file == "timings.json" || file == "report.html" || file == "summary.csv" || file == "index.html")
        continue;
      files[name] = base::read_file(entry.path());
    }
    return files;
  }

  static fs::path shared_;
};
fs::path FoldCommand::shared_;

TEST_F(FoldCommand, WritesAlphaFoldsFilesLabelledUntrained) {
  const RunResult run = run_program(arguments("out"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto files = results("out");
  for (const char* name :
       {"query/msas/uniref90_hits.sto", "query/features.npz", "query/ranked_0.pdb", "query/ranked_0.cif",
        "query/unrelaxed_model_3_pred_0.pdb", "query/unrelaxed_model_3_pred_0.cif",
        "query/confidence_model_3_pred_0.json", "query/ranking_debug.json"}) {
    EXPECT_TRUE(files.contains(name)) << name;
  }
  // The best model is relaxed, if this build can; it stays as it was if it cannot.
  const auto relaxation = nlohmann::json::parse(files.at("query/relax_metrics.json")).at("model_3_pred_0");
  if (relaxation.contains("failed")) {
    EXPECT_NE(relaxation.at("failed").get<std::string>().find("without OpenMM"), std::string::npos)
        << relaxation;
    EXPECT_EQ(files.at("query/ranked_0.pdb"), files.at("query/unrelaxed_model_3_pred_0.pdb"));
  } else {
    EXPECT_EQ(files.at("query/ranked_0.pdb"), files.at("query/relaxed_model_3_pred_0.pdb"));
    EXPECT_EQ(relaxation.at("remaining_violations").size(), std::string(kQuery).size());
    EXPECT_NE(files.at("query/ranked_0.pdb").find(" HB2 MET A   1 "), std::string::npos);
  }
  EXPECT_NE(base::read_file(shared_ / "out/query/report.html").find("model_3_pred_0"), std::string::npos);
  const std::string summary = base::read_file(shared_ / "out/summary.csv");
  EXPECT_NE(summary.find("query,24,1,model_3_pred_0,"), std::string::npos) << summary;
  EXPECT_NE(summary.find(",done (UNTRAINED)\n"), std::string::npos) << summary;
  EXPECT_TRUE(fs::exists(shared_ / "out/index.html"));
  for (const char* name : {"query/ranked_0.pdb", "query/ranked_0.cif"}) {
    EXPECT_NE(files.at(name).find("UNTRAINED"), std::string::npos) << name;
  }
  const auto ranking = nlohmann::json::parse(files.at("query/ranking_debug.json"));
  EXPECT_EQ(ranking.at("order").at(0), "model_3_pred_0");
  EXPECT_EQ(ranking.at("untrained_parameters"), true);
  const auto timings = nlohmann::json::parse(base::read_file(shared_ / "out/query/timings.json"));
  EXPECT_TRUE(timings.contains("features"));
  EXPECT_TRUE(timings.contains("predict_and_compile_model_3_pred_0"));
  // All six homologs were found.
  EXPECT_NE(files.at("query/msas/uniref90_hits.sto").find("tr|H5|H5_TEST"), std::string::npos);

  // Given again, nothing runs and nothing changes.
  const RunResult again = run_program(arguments("out"));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("model_3_pred_0 is there already"), std::string::npos) << again.err;
  EXPECT_EQ(again.err.find("GFLOP"), std::string::npos) << again.err;
  EXPECT_EQ(results("out"), files);

  // Another number of threads gives the same bytes.
  const RunResult one = run_program(arguments("out_1", 1));
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(results("out_1"), files);

  // A damaged output is made again.
  base::write_file_atomically(shared_ / "out/query/unrelaxed_model_3_pred_0.cif", "half a fi");
  const RunResult mended = run_program(arguments("out"));
  ASSERT_EQ(mended.exit_code, 0) << mended.err;
  EXPECT_EQ(results("out"), files);
}

// Killed again and again in the middle of things, the same command ends with the bytes of a run that was let
// alone.
TEST_F(FoldCommand, KilledAtRandomMoments) {
  const auto command = [&](const std::string& out) {
    std::vector<std::string> words = arguments(out);
    *(std::find(words.begin(), words.end(), "--num-recycles") + 1) = "0";
    words.insert(words.end(), {"--quiet", "--models-to-relax", "none"});
    return words;
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(run_program(command("whole")).exit_code, 0);
  // The latest moment of a kill. It follows what runs take now, so that the load of the machine does not
  // matter.
  double latest = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto files = results("whole");
  const auto is_named = [](const std::string& name) {
    return !name.starts_with('.') && name.find("/.") == std::string::npos;
  };
  // What killed processes leave is removed by those that come after them.
  const auto has_temporaries = [&](const std::string& out) {
    const fs::recursive_directory_iterator all(shared_ / out);
    return std::any_of(begin(all), end(all), [](const fs::directory_entry& entry) {
      return entry.path().filename().string().find(".tmp.") != std::string::npos;
    });
  };
  base::Rng random(20);
  const int n_kills = kSanitized ? 4 : 50;
  int n_killed = 0, n_complete = 0;
  for (int n_runs = 0; n_killed < n_kills && n_runs < 1000; ++n_runs) {
    RunOptions options;
    options.kill_after = (0.05 + 0.95 * random.uniform()) * latest;
    const RunResult run = run_program(command("killed"), options);
    if (run.exit_code == 0) {
      latest *= 0.8;
      EXPECT_TRUE(results("killed") == files) << "after " << n_killed << " kills";
      EXPECT_FALSE(has_temporaries("killed"));
      fs::remove_all(shared_ / "killed");
      ++n_complete;
      continue;
    }
    ASSERT_EQ(run.exit_code, 128 + SIGKILL) << run.err;
    ++n_killed;
    latest *= 1.1;
    if (!fs::exists(shared_ / "killed")) continue;
    // What has its name is whole.
    for (const auto& [name, bytes] : results("killed")) {
      if (!is_named(name)) continue;
      ASSERT_TRUE(files.contains(name)) << name;
      EXPECT_EQ(bytes, files.at(name)) << name;
    }
  }
  EXPECT_EQ(n_killed, n_kills);
  ASSERT_EQ(run_program(command("killed")).exit_code, 0);
  EXPECT_TRUE(results("killed") == files);
  EXPECT_FALSE(has_temporaries("killed"));
  EXPECT_TRUE(fs::exists(shared_ / "killed/query/report.html"));
  std::printf("%d kills, %d runs that ended in between\n", n_killed, n_complete);
}

// Alignments as input, so that nothing is searched; longest first, whatever the order of the files; a target
// that does not fit does not stop the others; several seeds; recycling that stops early.
TEST_F(FoldCommand, ManyTargetsOfWhichOneFails) {
  const auto input = [&](const std::string& name, size_t length) {
    std::string sequence;
    while (sequence.size() < length) sequence += kQuery;
    const fs::path path = shared_ / (name + ".a3m");
    base::write_file_atomically(path, fmt::format(">{}\n{}\n", name, sequence.substr(0, length)));
    return path.string();
  };
  const fs::path job = shared_ / "job.json";  // with its alignment
  base::write_file_atomically(
      job, fmt::format(R"({{"name":"small","sequences":[{{"protein":{{"id":"H","sequence":"{0}",
      "unpairedMsa":">q\n{0}\n>h\na{0}\n"}}}}]}})",
                       std::string(kQuery, 12)));
  const size_t per_model = kSanitized ? 1 : 2;
  const RunResult run = run_program({"fold",
                                     job.string(),
                                     input("huge", 1200),
                                     input("middle", 15),
                                     "--output-dir",
                                     (shared_ / "out").string(),
                                     "--params-dir",
                                     (shared_ / "params").string(),
                                     "--model-preset",
                                     "monomer",
                                     "--models",
                                     "3",
                                     "--num-recycles",
                                     "3",
                                     "--recycle-early-stop-tolerance",
                                     "100",
                                     "--num-predictions-per-model",
                                     std::to_string(per_model),
                                     "--memory",
                                     "1G"});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_NE(
      run.err.find("foldmesh: 1 of 3 targets failed: huge; the first one because: this prediction needs"),
      std::string::npos)
      << run.err;
  const auto at = [&](const std::string& text) { return run.err.find(text); };
  EXPECT_LT(at("huge: 1200 residues"), at("middle: 15 residues"));
  EXPECT_LT(at("middle: 15 residues"), at("small: 12 residues"));
  EXPECT_NE(at(fmt::format("{} predictions in 3 groups of equal size, longest first", 3 * per_model)),
            std::string::npos)
      << run.err;
  const auto files = results("out");
  EXPECT_FALSE(files.contains("huge/ranking_debug.json"));
  const std::string summary = base::read_file(shared_ / "out/summary.csv");
  EXPECT_NE(summary.find("huge,1200,1,,,,,,\"failed: this prediction needs"), std::string::npos) << summary;
  // Chains are called what the input calls them.
  EXPECT_NE(files.at("small/ranked_0.pdb").find(" CA  MET H   1 "), std::string::npos);
  EXPECT_NE(files.at("middle/ranked_0.pdb").find(" CA  MET A   1 "), std::string::npos);
  for (const std::string name : {"middle", "small"}) {
    const auto ranking = nlohmann::json::parse(files.at(name + "/ranking_debug.json"));
    ASSERT_EQ(ranking.at("order").size(), per_model);
    for (size_t k = 0; k < per_model; ++k) {
      EXPECT_EQ(ranking.at("num_recycles").at(fmt::format("model_3_pred_{}", k)), 1);
    }
    if (per_model == 1) continue;
    EXPECT_NE(files.at(name + "/unrelaxed_model_3_pred_0.cif"),
              files.at(name + "/unrelaxed_model_3_pred_1.cif"));
  }
}

// Each prediction has a seed of its own; the best comes first, and its number does not depend on the others.
TEST_F(FoldCommand, SeveralSeedsAreRanked) {
  if (kSanitized) GTEST_SKIP() << "nothing but more of the same for these";
  std::vector<std::string> words = arguments("seeds");
  *(std::find(words.begin(), words.end(), "--num-recycles") + 1) = "0";
  words.insert(words.end(), {"--models-to-relax", "none", "--num-predictions-per-model", "2"});
  const RunResult run = run_program(words);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto files = results("seeds");
  const auto ranking = nlohmann::json::parse(files.at("query/ranking_debug.json"));
  ASSERT_EQ(ranking.at("order").size(), 2u);
  const std::string best = ranking.at("order")[0], other = ranking.at("order")[1];
  EXPECT_NE(best, other);
  EXPECT_GE(ranking.at("plddts").at(best).get<double>(), ranking.at("plddts").at(other).get<double>());
  EXPECT_EQ(files.at("query/ranked_0.pdb"), files.at("query/unrelaxed_" + best + ".pdb"));
  EXPECT_EQ(files.at("query/ranked_1.pdb"), files.at("query/unrelaxed_" + other + ".pdb"));
  EXPECT_NE(files.at("query/ranked_0.pdb"), files.at("query/ranked_1.pdb"));
}

TEST_F(FoldCommand, RefusesBeforeAnyWorkWhatCannotSucceed) {
  const auto refusal = [&](std::vector<std::string> extra, int replace_from) {
    std::vector<std::string> words = arguments("out");
    words.resize(static_cast<size_t>(replace_from));
    words.insert(words.end(), extra.begin(), extra.end());
    const RunResult run = run_program(words);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_FALSE(fs::exists(shared_ / "out/query")) << run.err;
    return run.err;
  };
  const std::string params = (shared_ / "params").string();
  // Arguments 0..3 are: fold QUERY --output-dir OUT; 4 and 5 the database.
  EXPECT_NE(refusal({"--params-dir", params, "--models", "3", "--model-preset", "monomer"}, 4)
                .find("nothing to search"),
            std::string::npos);
  EXPECT_NE(refusal({"--params-dir", params, "--models", "4", "--model-preset", "monomer"}, 6)
                .find("params_model_4.npz: there is no such file"),
            std::string::npos);
  EXPECT_NE(refusal({"--db", "uniref90=missing.fmdb", "--params-dir", params, "--models", "3",
                     "--model-preset", "monomer"},
                    4)
                .find("missing.fmdb"),
            std::string::npos);
  EXPECT_NE(refusal({"--models", "3"}, 6).find("--params-dir"), std::string::npos);
  EXPECT_NE(refusal({"--models", "6"}, 6).find("--models"), std::string::npos);
  EXPECT_NE(refusal({"--random-seed", "-1"}, 6).find("--random-seed"), std::string::npos);
}

}  // namespace
}  // namespace foldmesh::tests
