// Options as other programs spell them, the doctor, completion and manual.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
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

// `colabfold_batch INPUT RESULTS` and its options: they work, change nothing and say so, or are refused in a
// line.
TEST_F(Options, ColabFoldsCommandLine) {
  const std::string fasta = file("q.fasta", ">q\nMKV\n"), out = (folder_ / "results").string();
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"fold", "--msa-only"});
    return run_program(words);
  };
  EXPECT_TRUE(understood(run({fasta, out})));
  EXPECT_TRUE(fs::is_directory(out));
  file("own/a.pdb", "");
  const RunResult usual = run({fasta,
                               out,
                               "--num-recycle=3",
                               "--num-models",
                               "2",
                               "--num-seeds",
                               "1",
                               "--model-type",
                               "auto",
                               "--amber",
                               "--num-relax",
                               "2",
                               "--use-gpu-relax",
                               "--rank",
                               "plddt",
                               "--pair-mode",
                               "unpaired_paired",
                               "--msa-mode",
                               "mmseqs2_uniref_env",
                               "--overwrite-existing-results",
                               "--recompile-padding",
                               "10",
                               "--model-order",
                               "2,1",
                               "--relax-max-iterations",
                               "2000",
                               "--relax-max-outer-iterations",
                               "3",
                               "--relax-tolerance",
                               "2.39",
                               "--relax-stiffness",
                               "10",
                               "--random-seed",
                               "1",
                               "--calc-extra-ptm",
                               "--sort-queries-by",
                               "length"});
  EXPECT_TRUE(understood(usual)) << usual.err;
  for (const char* remark :
       {"--msa-mode: no server is asked", "--rank: has no effect: models are ranked by pLDDT",
        "--calc-extra-ptm: has no effect", "--sort-queries-by: has no effect"}) {
    EXPECT_NE(usual.err.find(remark), std::string::npos) << remark << "\n" << usual.err;
  }
  const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
    std::vector<std::string> all = {fasta, out};
    all.insert(all.end(), words.begin(), words.end());
    const RunResult result = run(all);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  const std::vector<std::pair<std::vector<std::string>, std::string>> not_there = {
      {{"--host-url", "https://example.org"}, "--host-url: is not there (no server is asked"},
      {{"--zip"}, "--zip: is not there (results are a folder"},
      {{"--save-recycles"}, "--dump-heads"},
      {{"--save-all"}, "--dump-heads"},
      {{"--stop-at-score", "90"}, "see --num-models"},
      {{"--max-msa", "64:128"}, "numbers of rows"},
      {{"--use-dropout"}, "--num-seeds"},
      {{"--msa-mode", "single"}, "--msa-mode=single: is not there (expected single_sequence, or"},
      {{"--pair-mode", "unpaired"}, "without UniProt there are no pairs"},
      {{"--pair-mode", "unpaired_paired_too"}, "expected unpaired_paired;"},
      {{"--pair-strategy", "complete"}, "expected greedy;"},
      {{"--num-ensemble", "10"}, "expected 1;"},
      {{"--rank", "ptm"}, "--rank=ptm: is not there (expected auto or plddt"},
      {{"--rank", "multimer"}, "expected auto or plddt"},
      {{"--rank", "plddt", "--model-type", "alphafold2_multimer_v2"}, "expected auto or multimer"},
      {{"--model-type", "deepfold_v1"}, "--model-type"},
      {{"--num-relax", "-1"}, "--num-relax"},
      {{"--num-models", "6"}, "--num-models"}};
  for (const auto& [words, message] : not_there) refused(words, message);
  refused({"--templates"}, "--templates: there are none to search");
  refused({"--custom-template-path", (folder_ / "none").string()}, "is not a folder");
  refused({"--custom-template-path", (folder_ / "own").string()}, "a.pdb");
  // Two inputs are not an input and a folder.
  const std::string other = file("other.fasta", ">o\nMKV\n");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{fasta}, {fasta, other}, {fasta, other, out}}) {
    const RunResult result = run(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("no --output-dir"), std::string::npos) << result.err;
  }
}

TEST_F(Options, DoctorLooksAtTemplateData) {
  const auto findings = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"doctor", "--json", "--data-dir", (folder_ / "data").string()};
    words.insert(words.end(), more.begin(), more.end());
    std::map<std::string, std::string> health;
    for (const auto& finding : nlohmann::json::parse(run_program(words).out)) {
      if (finding.at("area") != "templates") continue;
      health[finding.at("what").get<std::string>()] =
          finding.at("health").get<std::string>() + ": " + finding.at("text").get<std::string>();
    }
    return health;
  };
  const auto starts = [](const std::string& text, const std::string& start) {
    return text.starts_with(start);
  };
  fs::create_directories(folder_ / "data");
  auto health = findings({"--models=1"});
  EXPECT_TRUE(starts(health["templates"], "note: none are searched")) << health["templates"];
  EXPECT_TRUE(starts(findings({"--models=3,4"})["templates"], "ok: not needed"));
  // Multimer models all take templates.
  EXPECT_TRUE(starts(findings({"--models=3", "--model-preset=multimer"})["templates"], "note: none"));

  file("data/pdb_seqres/pdb_seqres.txt", ">1abc_A mol:protein length:3\nMKV\n");
  health = findings({});
  EXPECT_TRUE(starts(health["pdb_seqres"], "ok")) << health["pdb_seqres"];
  EXPECT_TRUE(starts(health["structures"], "MISSING: no folder of mmCIF files")) << health["structures"];
  EXPECT_TRUE(starts(health["obsolete"], "note")) << health["obsolete"];
  fs::create_directories(folder_ / "data/pdb_mmcif/mmcif_files");
  EXPECT_NE(findings({})["structures"].find("holds no .cif"), std::string::npos);
  file("data/pdb_mmcif/mmcif_files/1abc.cif", "data_1ABC\nloop_\n_atom_site.id\n");
  file("data/pdb_mmcif/obsolete.dat", "OBSLTE    31-JUL-94 6FFF     1REP\n");
  health = findings({});
  EXPECT_TRUE(starts(health["structures"], "note")) << health["structures"];
  EXPECT_NE(health["structures"].find("1 files, 1 of them read; "), std::string::npos)
      << health["structures"];
  EXPECT_NE(health["structures"].find("1abc.cif"), std::string::npos) << health["structures"];
  EXPECT_NE(health["obsolete"].find("1 entries"), std::string::npos);
  file("data/pdb_mmcif/obsolete.dat", "OBSLTE nonsense\n");
  EXPECT_TRUE(starts(findings({})["obsolete"], "MISSING"));
  EXPECT_TRUE(starts(findings({"--custom-template", "/none.pdb"})["own"], "MISSING: /none.pdb"));
  // PDB70 in pieces.
  fs::remove_all(folder_ / "data/pdb_seqres");
  file("data/pdb70/pdb70_hhm.ffdata", "x");
  EXPECT_TRUE(starts(findings({})["pdb70"], "MISSING"));
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
  EXPECT_EQ(run_program({"completion", "tcsh"}).exit_code, 2);
}

// zsh completes only within its line editor, so it gets a terminal of its own (zpty) to type into.
TEST_F(Options, ZshCompletion) {
  if (std::system("zsh -c 'zmodload zsh/zpty' > /dev/null 2>&1") != 0) GTEST_SKIP() << "no zsh here";
  const RunResult script = run_program({"completion", "zsh"});
  ASSERT_EQ(script.exit_code, 0) << script.err;
  file("functions/_foldmesh", script.out);
  const auto completed = [&](const std::string& line) {
    const std::string program = file("ask.zsh", R"zsh(
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "stty -echo 2>/dev/null; PS1= ; fpath=()zsh" +
                                                    (folder_ / "functions").string() + R"zsh( \$fpath)"
zpty -w shell 'autoload -Uz compinit; compinit -u -D; compdef _foldmesh foldmesh; setopt no_beep no_list_ambiguous'
zpty -w shell 'zstyle ":completion:*" menu no; bindkey "^I" complete-word'
zpty -w shell 'ready() { print -r -- "BUFFER<$BUFFER>"; zle kill-buffer; }; zle -N ready; bindkey "^X" ready; print READY""NOW'
zpty -r -m shell seen '*READYNOW*'
zpty -w -n shell ")zsh" + line + R"zsh("$'\t'
sleep 0.3
zpty -w -n shell $'\x18'
zpty -r -m shell seen '*BUFFER<*>*'
print -r -- "${${seen##*BUFFER<}%%>*}"
)zsh");
    const std::string out = (folder_ / "said").string();
    EXPECT_EQ(std::system(("timeout 20 zsh -f " + program + " > " + out + " 2>&1").c_str()), 0);
    return base::read_file(out);
  };
  EXPECT_EQ(completed("foldmesh repo"), "foldmesh report \n");
  EXPECT_EQ(completed("foldmesh fold --num-recy"), "foldmesh fold --num-recycle\n");
  EXPECT_EQ(completed("foldmesh db ver"), "foldmesh db verify \n");
}

TEST_F(Options, FishCompletion) {
  if (std::system("fish --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no fish here";
  const RunResult script = run_program({"completion", "fish"});
  ASSERT_EQ(script.exit_code, 0) << script.err;
  const std::string path = file("foldmesh.fish", script.out);
  const auto completed = [&](const std::string& line) {
    const std::string out = (folder_ / "said").string();
    EXPECT_EQ(std::system(("HOME=" + folder_.string() + " fish --no-config -c 'source " + path +
                           "; complete -C \"" + line + "\" | string split -f1 \\t' > " + out + " 2>&1")
                              .c_str()),
              0)
        << base::read_file(out);
    return base::read_file(out);
  };
  EXPECT_EQ(completed("foldmesh repo"), "report\n");
  EXPECT_EQ(completed("foldmesh fold --num-recyc"), "--num-recycle\n--num-recycles\n");
  EXPECT_EQ(completed("foldmesh db ver"), "verify\n");
  EXPECT_EQ(completed("foldmesh fold --precision b"), "bf16\n");
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
