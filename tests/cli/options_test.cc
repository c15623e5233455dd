// Options as other programs spell them, the doctor, completion and manual.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

class Options : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
    return (folder_ / name).string();
  }
  // What the program says of a target that it cannot search for, if it understood the options.
  static bool understood(const RunResult& run) {
    return run.exit_code == 2 && run.err.find("nothing to search and no alignment") != std::string::npos;
  }
  const base::TempFolder temporary_{"options_test"};
  const fs::path folder_ = temporary_.path();
};

TEST_F(Options, AbslSpellings) {
  const std::string fasta = file("q.fasta", ">q\nMKV\n"), out = (folder_ / "out").string();
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"fold", "--msa-only"});
    return run_program(words);
  };
  EXPECT_TRUE(understood(run({"--fasta_paths=" + fasta, "--output_dir=" + out, "--model_preset=monomer",
                              "--num_recycles=1", "-random_seed=3", "--use_precomputed_msas=true", "--noa3m",
                              "--jackhmmer_n_cpu=8", "--nobenchmark", "--logtostderr"})));
  EXPECT_TRUE(understood(run({fasta, "--output_dir", out, "--use_precomputed_msas=false", "--no-a3m",
                              "--num-recycle", "1", "--num-models", "2", "--model-type", "alphafold2_ptm"})));
  const std::string inner = file("inner", "--num_recycles=2\n"),
                    flags = file("flags", "# a remark\n// another\n\n--output_dir=" + out +
                                              "\r\n--flagfile=" + inner + "\n");
  EXPECT_TRUE(understood(run({"--flagfile=" + flags, fasta})));
  EXPECT_TRUE(understood(run({"--flagfile", flags, fasta})));
  const RunResult unknown = run({fasta, "--output_dir", out, "--nobogus"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("--nobogus"), std::string::npos) << unknown.err;
  EXPECT_NE(run({fasta, "--output_dir", out, "--num_recycles=many"}).err.find("--num-recycles"),
            std::string::npos);
  const std::string endless = file("endless", "--flagfile=" + (folder_ / "endless").string() + "\n");
  EXPECT_NE(run({"--flagfile=" + endless}).err.find("too deep"), std::string::npos);
  EXPECT_NE(run({"--output_dir", out}).err.find("no input"), std::string::npos);
  // HMMER's commands keep HMMER's rules.
  EXPECT_EQ(run_program({"phmmer", "--no_ali", fasta, fasta}).exit_code, 2);
}

TEST_F(Options, DoctorNamesWhatIsMissing) {
  file("data/uniref90/uniref90.fasta", ">a\nMKV\n");
  file("data/small_bfd/bfd-first_non_consensus_sequences.fasta", ">a\nMKV\n");
  fs::create_directories(folder_ / "data/params");
  file("data/params/params_model_2_ptm.npz", "not an archive");
  const auto findings = [](const std::vector<std::string>& words, int code) {
    const RunResult run = run_program(words);
    EXPECT_EQ(run.exit_code, code) << run.err;
    std::map<std::string, std::string> health;
    for (const auto& finding : nlohmann::json::parse(run.out)) {
      health[finding.at("what").get<std::string>()] = finding.at("health").get<std::string>();
    }
    return health;
  };
  ::setenv("ALPHAFOLD_DATA_DIR", (folder_ / "data").c_str(), 1);
  auto health = findings({"doctor", "--json", "--models=1,2", "-o", (folder_ / "new/out").string()}, 2);
  ::unsetenv("ALPHAFOLD_DATA_DIR");
  EXPECT_EQ(health["uniref90"], "note");  // not packed
  EXPECT_EQ(health["small_bfd"], "note");
  EXPECT_EQ(health["mgnify"], "MISSING");
  EXPECT_EQ(health["model_1_ptm"], "MISSING");
  EXPECT_EQ(health["model_2_ptm"], "MISSING");
  EXPECT_NE(health["folder"], "MISSING");
  EXPECT_EQ(health["foldmesh"], "ok");
  EXPECT_EQ(health["bf16"], "ok");
  ::setenv("FOLDMESH_BF16", "more", 1);
  health = findings({"doctor", "--json"}, 2);
  EXPECT_EQ(health["bf16"], "MISSING");
  ::unsetenv("FOLDMESH_BF16");
  health = findings({"doctor", "--json"}, 2);
  EXPECT_EQ(health["databases"], "MISSING");
  EXPECT_EQ(health["parameters"], "MISSING");

  // Nothing missing: exit code 0.
  file("q.fasta", ">q\nMKVACDEFGH\n");
  ASSERT_EQ(run_program({"db", "build", (folder_ / "data/uniref90/uniref90.fasta").string(), "-o",
                         (folder_ / "u.fmdb").string(), "--quiet"})
                .exit_code,
            0);
  ASSERT_EQ(run_program({"params", "generate", "--model", "model_3", "-o",
                         (folder_ / "data/params/params_model_3.npz").string(), "--quiet"})
                .exit_code,
            0);
  health = findings({"doctor", "--json", "--db", "uniref90=" + (folder_ / "u.fmdb").string(), "--params-dir",
                     (folder_ / "data/params").string(), "--model_preset=monomer", "--models=3"},
                    0);
  EXPECT_EQ(health["uniref90"], "ok");
  EXPECT_EQ(health["model_3"], "note");  // UNTRAINED
}

TEST_F(Options, BashCompletion) {
  const RunResult script = run_program({"completion", "bash"});
  ASSERT_EQ(script.exit_code, 0) << script.err;
  const std::string path = file("completion.bash", script.out);
  const auto completed = [&](const std::string& words) {
    const std::string out = (folder_ / "said").string();
    const std::string command =
        "bash -c 'source " + path + "; COMP_WORDS=(" + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _foldmesh; echo \"${COMPREPLY[*]}\"' > " + out;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return base::read_file(out);
  };
  EXPECT_EQ(completed("foldmesh fold --num-recycles"), "--num-recycles\n");
  EXPECT_EQ(completed("foldmesh fold --precision b"), "bf16\n");
  EXPECT_EQ(completed("foldmesh db v"), "verify\n");
  EXPECT_EQ(completed("foldmesh --quiet rep"), "report\n");
  EXPECT_EQ(completed("foldmesh db build \"\""), "\n");  // files, by bash itself
  for (const char* shell : {"zsh", "fish"}) {
    const RunResult other = run_program({"completion", shell});
    EXPECT_EQ(other.exit_code, 0);
    EXPECT_NE(other.out.find("num-recycles"), std::string::npos) << shell;
  }
  EXPECT_EQ(run_program({"completion", "tcsh"}).exit_code, 2);
}

TEST_F(Options, ManPages) {
  ASSERT_EQ(run_program({"man", "--output-dir", (folder_ / "man").string()}).exit_code, 0);
  const std::string page = base::read_file(folder_ / "man/foldmesh-fold.1");
  EXPECT_EQ(page, run_program({"man", "fold"}).out);
  EXPECT_EQ(base::read_file(folder_ / "man/foldmesh.1"), run_program({"man"}).out);
  EXPECT_TRUE(page.starts_with(".TH FOLDMESH\\-FOLD 1 "));
  // The same words as --help.
  EXPECT_NE(page.find("\\-\\-num\\-recycles"), std::string::npos);
  EXPECT_NE(page.find("passes after the first one"), std::string::npos);
  EXPECT_EQ(page.find("taken without effect"), std::string::npos);
  EXPECT_NE(base::read_file(folder_ / "man/foldmesh-db.1").find("foldmesh db verify"), std::string::npos);
  EXPECT_EQ(run_program({"man", "bogus"}).exit_code, 2);
  if (std::system("man --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no man here";
  for (const auto& entry : fs::directory_iterator(folder_ / "man")) {
    const std::string log = (folder_ / "log").string();
    ASSERT_EQ(std::system(("LC_ALL=C.UTF-8 man --warnings -l " + entry.path().string() + " 2> " + log +
                           " > /dev/null")
                              .c_str()),
              0);
    EXPECT_EQ(base::read_file(log), "") << entry.path();
  }
}

}  // namespace
}  // namespace foldmesh::tests
