// AlphaFold's MSA stage: a folder of databases in, a folder of alignments per query out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/search/output_lines.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class MsaStage : public testing::Test {
 protected:
  void SetUp() override {
    std::string targets;
    for (int i = 1; i <= 13; ++i)
      targets += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
    file("data/uniref90/uniref90.fasta", targets);
    file("data/mgnify/mgy_clusters_2022_05.fa", base::read_file(kGolden + "targets/s04.fasta"));
    file("data/small_bfd/bfd-first_non_consensus_sequences.fasta",
         base::read_file(kGolden + "targets/s05.fasta"));
    file("data/uniprot/uniprot.fasta", base::read_file(kGolden + "targets/s05.fasta"));
    file("queries.fasta",
         base::read_file(kGolden + "qf/s04.fasta") + base::read_file(kGolden + "qf/s05.fasta"));
  }
  void file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::set<std::string> files_in(const std::string& name) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / name)) names.insert(entry.path().filename());
    return names;
  }
  // hhblits' stand-in: the query twice.
  void install_hhblits(const std::string& last_line) {
    file("bin/hhblits",
         "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -i) i=$2;; -oa3m) o=$2;; esac; shift; done\n"
         "(cat $i; sed 's/^>.*/>hit/' $i) > $o\n" +
             last_line + "\n");
    fs::permissions(folder_ / "bin/hhblits", fs::perms::owner_all);
    ::setenv("PATH", (path("bin") + ":/usr/bin:/bin").c_str(), 1);
    for (const char* database : {"bfd/bfd_metaclust", "uniref30/UniRef30_2021_03"}) {
      for (const char* kind : {"a3m", "hhm", "cs219"}) {
        for (const char* part : {"data", "index"})
          file(fmt::format("data/{}_{}.ff{}", database, kind, part), "");
      }
    }
  }
  void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }

  base::TempFolder temp_{"msa_stage_test"};
  const fs::path folder_ = temp_.path();
  const std::string old_path_ = std::getenv("PATH");
};

TEST_F(MsaStage, PresetWritesAlphaFoldsFolders) {
  const RunResult result =
      run_program({"search", path("queries.fasta"), "--preset", "alphafold2", "--data-dir", path("data"),
                   "--output-dir", path("out"), "--multimer", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::set<std::string> expected = {"uniref90_hits.sto", "mgnify_hits.sto", "small_bfd_hits.sto",
                                          "uniprot_hits.sto"};
  for (const char* id : {"s04", "s05"}) {
    EXPECT_EQ(files_in(fmt::format("out/{}/msas", id)), expected);
    EXPECT_TRUE(search::same_lines(path(fmt::format("out/{}/msas/uniref90_hits.sto", id)),
                                   kGolden + fmt::format("cli/{}.sto", id)));
  }
}

TEST_F(MsaStage, PathsHaveTheNamesOfRunAlphafold) {
  const RunResult result = run_program(
      {"search", path("queries.fasta"), "--preset", "alphafold2",
       "--uniref90_database_path=" + path("data/uniref90/uniref90.fasta"), "--mgnify_database_path",
       path("data/mgnify/mgy_clusters_2022_05.fa"), "--small_bfd_database_path",
       path("data/small_bfd/bfd-first_non_consensus_sequences.fasta"), "--db_preset=reduced_dbs",
       "--output_dir", path("out"), "--a3m", "--no-sto", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files_in("out/s04/msas"),
            (std::set<std::string>{"uniref90_hits.a3m", "mgnify_hits.a3m", "small_bfd_hits.a3m"}));
}

TEST_F(MsaStage, FullDatabasesAreSearchedByHhblits) {
  install_hhblits("");
  const RunResult result =
      run_program({"search", path("queries.fasta"), "--preset", "alphafold2", "--data-dir", path("data"),
                   "--db-preset", "full_dbs", "--output-dir", path("out"), "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files_in("out/s05/msas"),
            (std::set<std::string>{"uniref90_hits.sto", "mgnify_hits.sto", "bfd_uniref_hits.a3m"}));
  const auto facts = nlohmann::json::parse(result.out);
  ASSERT_EQ(facts.size(), 6u);
  EXPECT_EQ(facts[5]["query"], "s05");
  EXPECT_EQ(facts[5]["database"], "bfd_uniref");
  EXPECT_EQ(facts[5]["n_rows"], 2);
  EXPECT_TRUE(facts[5]["n_targets"].is_null());
  EXPECT_TRUE(base::read_file(path("out/s05/msas/bfd_uniref_hits.a3m")).starts_with(">s05"));
}

TEST_F(MsaStage, EqualSequencesAreSearchedOnce) {
  install_hhblits("echo run >> " + path("runs"));
  std::string text = base::read_file(path("queries.fasta"));
  const std::string first = base::read_file(kGolden + "qf/s04.fasta");
  text += ">copy of the first\n" + first.substr(first.find('\n') + 1);
  file("three.fasta", text);
  const auto search = [&](const std::string& queries) {
    return run_program({"search", path(queries), "--data-dir", path("data"), "--db-preset", "full_dbs",
                        "--output-dir", path("out"), "--tblout"});
  };
  const RunResult result = search("three.fasta");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(base::read_file(path("runs")), "run\nrun\n");
  std::map<std::string, std::string> copies;
  for (const std::string& name : files_in("out/copy"))
    copies[name] = base::read_file(path("out/copy/" + name));
  EXPECT_TRUE(copies.at("bfd_uniref_hits.a3m").starts_with(">copy of the first\n"));
  EXPECT_NE(copies.at("uniref90_hits.sto").find("#=GF ID copy-i1"), std::string::npos);
  // Searched alone it gives the same.
  fs::remove_all(folder_ / "out");
  file("one.fasta", text.substr(text.find(">copy")));
  ASSERT_EQ(search("one.fasta").exit_code, 0);
  EXPECT_EQ(copies.size(), files_in("out/copy").size());
  for (const auto& [name, bytes] : copies) {
    if (name.ends_with("blout")) continue;  // names the query file
    EXPECT_EQ(base::read_file(path("out/copy/" + name)), bytes) << name;
  }
}

TEST_F(MsaStage, HhblitsFailuresEndTheRun) {
  const std::vector<std::string> arguments = {
      "search",       path("queries.fasta"), "--db",   "bfd_uniref=hhsuite:" + path("data/bfd/bfd_metaclust"),
      "--output-dir", path("out"),           "--quiet"};
  ::setenv("PATH", path("nowhere").c_str(), 1);
  RunResult result = run_program(arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("apt install hhsuite"), std::string::npos) << result.err;

  install_hhblits("echo no memory >&2; exit 7");
  result = run_program(arguments);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("(exit code 7): no memory"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(path("out/s04/bfd_uniref_hits.a3m")));

  fs::remove(path("data/bfd/bfd_metaclust_a3m.ffindex"));
  result = run_program(arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("bfd_metaclust_a3m.ffindex: there is no such file"), std::string::npos)
      << result.err;
}

// `fold` remembers what it searched; another database, format or query is searched again.
TEST_F(MsaStage, FoldSearchesAgainWhatHasChanged) {
  const auto fold = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"fold",       path("queries.fasta"), "--msa-only", "--data-dir",
                                          path("data"), "--output-dir",        path("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const RunResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    size_t n_reused = 0;
    for (size_t at = 0; (at = result.err.find("is there already", at)) != std::string::npos; ++at) ++n_reused;
    return n_reused;
  };
  EXPECT_EQ(fold({}), 0u);
  EXPECT_TRUE(search::same_lines(path("out/s05/msas/uniref90_hits.sto"), kGolden + "cli/s05.sto"));
  EXPECT_EQ(fold({}), 6u);
  EXPECT_EQ(fold({"--multimer"}), 6u);
  EXPECT_TRUE(fs::exists(path("out/s05/msas/uniprot_hits.sto")));
  EXPECT_EQ(fold({"--a3m"}), 0u);
  EXPECT_TRUE(fs::exists(path("out/s05/msas/mgnify_hits.a3m")));
  const std::string before = base::read_file(path("out/s05/msas/small_bfd_hits.sto"));
  EXPECT_EQ(fold({}), 0u);  // the records are of A3M now
  EXPECT_EQ(base::read_file(path("out/s05/msas/small_bfd_hits.sto")), before);
  file("data/small_bfd/bfd-first_non_consensus_sequences.fasta",
       base::read_file(kGolden + "targets/s04.fasta"));
  EXPECT_EQ(fold({}), 4u);
  EXPECT_NE(base::read_file(path("out/s05/msas/small_bfd_hits.sto")), before);
}

// Alignments that lie in a result folder, of single chains and of complexes, whoever made them.
TEST_F(MsaStage, FoldTakesPrecomputedAlignments) {
  const std::string queries = base::read_file(path("queries.fasta"));
  const std::string first = queries.substr(0, queries.find("\n>") + 1);
  file("one.fasta", first);
  file("pair.fasta", queries);
  const auto fold = [&](const std::string& input, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"fold", path(input), "--msa-only", "--output-dir", path("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  };
  const RunResult nothing = fold("one.fasta", {"--use-precomputed-msas"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_NE(nothing.err.find("nothing to search and no alignment"), std::string::npos) << nothing.err;
  file("out/one/msas/uniref90_hits.sto", "# STOCKHOLM 1.0\n\nq MK\n//\n");
  EXPECT_EQ(fold("one.fasta", {"--use-precomputed-msas"}).exit_code, 0);
  // With databases, what is not there is searched.
  const RunResult rest = fold("one.fasta", {"--use-precomputed-msas", "--data-dir", path("data")});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_NE(rest.err.find("uniref90_hits.sto taken as it is"), std::string::npos) << rest.err;
  EXPECT_TRUE(fs::exists(path("out/one/msas/mgnify_hits.sto")));
  EXPECT_LT(fs::file_size(path("out/one/msas/uniref90_hits.sto")), 100u);
  // Without the word for it, a file without a record is made again.
  EXPECT_EQ(fold("one.fasta", {"--data-dir", path("data")}).exit_code, 0);
  EXPECT_GT(fs::file_size(path("out/one/msas/uniref90_hits.sto")), 1000u);

  for (const char* chain : {"A", "B"})
    file(fmt::format("out/pair/msas/{}/uniref90_hits.sto", chain), "# STOCKHOLM 1.0\n\nq MK\n//\n");
  const RunResult pair = fold(
      "pair.fasta", {"--use-precomputed-msas", "--model-preset", "multimer", "--data-dir", path("data")});
  EXPECT_EQ(pair.exit_code, 0) << pair.err;
  EXPECT_NE(pair.err.find("pair/msas/B/uniref90_hits.sto taken as it is"), std::string::npos) << pair.err;
  EXPECT_LT(fs::file_size(path("out/pair/msas/B/uniref90_hits.sto")), 100u);
  EXPECT_TRUE(fs::exists(path("out/pair/msas/B/uniprot_hits.sto")));
}

}  // namespace
}  // namespace foldmesh::tests
