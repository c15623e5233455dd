#include "foldmesh/pipeline/targets.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/output/summary.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

class TargetsTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& text) {
    base::write_file_atomically(dir_ / name, text);
    return dir_ / name;
  }
  // The message of the kInput error that read_targets throws.
  std::string refusal(const std::vector<fs::path>& inputs) {
    try {
      read_targets(inputs);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }
  const base::TempFolder temporary_{"targets_test"};
  const fs::path dir_ = temporary_.path();
};

TEST_F(TargetsTest, SingleRecordIsNamedAfterItsFileSeveralAfterThemselves) {
  const auto one = read_targets({file("query.fasta", ">sp|P1|A_B text\nacdUX\n")});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].name, "query");
  EXPECT_EQ(one[0].chains[0].sequence, "ACDUX");
  EXPECT_EQ(one.at(0).chains.at(0).header(), "sp|P1|A_B text");
  const auto two = read_targets({file("both.fa", ">sp|P1|A_B\nAC\n>b/c\nDE\n")});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].name, "sp_P1_A_B");
  EXPECT_EQ(two[1].name, "b_c");
}

TEST_F(TargetsTest, ChainLetters) {
  EXPECT_EQ(chain_letters(0), "A");
  EXPECT_EQ(chain_letters(25), "Z");
  EXPECT_EQ(chain_letters(26), "AA");
  EXPECT_EQ(chain_letters(26 + 26 * 26), "AAA");
}

TEST_F(TargetsTest, FolderGivesItsInputsInNameOrder) {
  file("b.fasta", ">x\nAC\n");
  file("a.a3m", ">y\nDE\n>hit\nD-\n");
  file("notes.txt", "not a sequence");
  const auto targets = read_targets({dir_});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "a");
  EXPECT_EQ(targets[0].chains[0].alignments.size(), 1u);
  EXPECT_EQ(targets[1].name, "b");
  EXPECT_TRUE(targets[1].chains[0].alignments.empty());
}

TEST_F(TargetsTest, SameTargetTwiceIsOneDifferentTargetsUnderOneNameAreRefused) {
  const fs::path a = file("a.fasta", ">x\nAC\n");
  EXPECT_EQ(read_targets({a, a}).size(), 1u);
  fs::create_directory(dir_ / "other");
  const fs::path b = file("other/a.fasta", ">x\nAD\n");
  EXPECT_NE(refusal({a, b}).find("two different sequences"), std::string::npos);
}

TEST_F(TargetsTest, BadInputsAreNamed) {
  EXPECT_NE(refusal({dir_ / "missing.fasta"}).find("missing.fasta"), std::string::npos);
  EXPECT_NE(refusal({file("stop.fasta", ">x\nAC*\n")}).find("not a residue"), std::string::npos);
  fs::create_directory(dir_ / "empty");
  EXPECT_NE(refusal({dir_ / "empty"}).find("no *.fasta"), std::string::npos);
}

TEST_F(TargetsTest, Tables) {
  const auto targets = read_targets(
      {file("t.csv", "\xef\xbb\xbfid,note,sequence\r\nx/1,\"a \"\"b\"\",\nc\",acd\r\n\r\n\"y\",,MK:MKV\n")});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "x_1");
  EXPECT_EQ(targets[0].chains[0].sequence, "ACD");
  ASSERT_EQ(targets[1].chains.size(), 2u);
  EXPECT_EQ(targets[1].chains[1].id, "B");
  EXPECT_EQ(targets[1].chains[1].sequence, "MKV");
  EXPECT_EQ(read_targets({file("t.tsv", "sequence\tid\nAC\tq\n")})[0].name, "q");
  EXPECT_NE(refusal({file("a.csv", "name,sequence\nx,AC\n")}).find("a.csv:1: no column 'id'"),
            std::string::npos);
  EXPECT_NE(refusal({file("b.csv", "id,sequence\nx\n")}).find("b.csv:2: 1 fields"), std::string::npos);
  EXPECT_NE(refusal({file("c.csv", "id,sequence\nx,A1\n")}).find("c.csv:2: record x: '1' is not a residue"),
            std::string::npos);
  EXPECT_NE(refusal({file("d.csv", "id,sequence\nx,\n")}).find("has no residue"), std::string::npos);
  EXPECT_NE(refusal({file("e.csv", "id,sequence\nx,\"AC\n")}).find("e.csv:2: a quoted field"),
            std::string::npos);
  EXPECT_NE(refusal({file("f.csv", "id,sequence\n")}).find("no record"), std::string::npos);
  EXPECT_NE(refusal({file("g.csv", "")}).find("no column"), std::string::npos);
}

TEST_F(TargetsTest, AlphaFold3Jobs) {
  const auto one =
      read_targets({file("job.json", R"({"name":"My job","modelSeeds":[1],"dialect":"alphafold3","version":2,
    "sequences":[{"protein":{"id":["A","Z"],"sequence":"MK","unpairedMsa":">query\nMK\n>hit\nM-\n"}},
                 {"protein":{"id":"C","sequence":"ACD","unpairedMsaPath":"c.a3m","modifications":[]}}]})")});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].name, "My_job");
  ASSERT_EQ(one[0].chains.size(), 3u);
  EXPECT_EQ(one[0].chains[1].id, "Z");
  EXPECT_EQ(one[0].chains[1].alignment_text, ">query\nMK\n>hit\nM-\n");
  EXPECT_EQ(one[0].chains[2].alignments, std::vector<fs::path>{dir_ / "c.a3m"});
  const auto server = read_targets(
      {file("server.json", R"([{"name":"a","sequences":[{"proteinChain":{"sequence":"MK","count":2}}]},
    {"name":"b","sequences":[{"proteinChain":{"sequence":"MKV","count":1}}]}])")});
  ASSERT_EQ(server.size(), 2u);
  EXPECT_EQ(server[0].chains[1].id, "B");
  EXPECT_NE(refusal({file("rna.json", R"({"name":"a","sequences":[{"rna":{"id":"A","sequence":"AC"}}]})")})
                .find("kind 'rna'"),
            std::string::npos);
  EXPECT_NE(refusal({file("twice.json",
                          R"({"name":"a","sequences":[{"protein":{"id":["A","A"],"sequence":"AC"}}]})")})
                .find("two chains with id 'A'"),
            std::string::npos);
  EXPECT_NE(refusal({file("cut.json", R"({"name":"a","sequ)")}).find("no job of AlphaFold 3"),
            std::string::npos);
  EXPECT_NE(refusal({file("type.json", R"({"name":1,"sequences":[]})")}).find("no job of AlphaFold 3"),
            std::string::npos);
  EXPECT_NE(
      refusal({file("many.json",
                    R"({"name":"a","sequences":[{"proteinChain":{"sequence":"AC","count":100000000}}]})")})
          .find("copies of a chain"),
      std::string::npos);
}

TEST_F(TargetsTest, FoldersOfAlignments) {
  fs::create_directories(dir_ / "runs/T1/msas");
  file("runs/T1/msas/uniref90_hits.sto", "# STOCKHOLM 1.0\nq/1-3 MK-V\nh/1-4 MKLV\n//\n");
  file("runs/T1/msas/bfd_uniref_hits.a3m", ">q\nMKV\n>h\nM-V\n");
  file("runs/T1/msas/pdb_hits.hhr", "");
  for (const fs::path& input : {dir_ / "runs", dir_ / "runs/T1", dir_ / "runs/T1/"}) {
    const auto targets = read_targets({input});
    ASSERT_EQ(targets.size(), 1u);
    EXPECT_EQ(targets[0].name, "T1");
    EXPECT_EQ(targets[0].chains[0].sequence, "MKV");
    EXPECT_EQ(targets[0].chains[0].alignments.size(), 2u);
    EXPECT_TRUE(fs::equivalent(targets[0].chains[0].msa_folder, dir_ / "runs/T1/msas"));
  }
}

// What a finished run leaves in its output folder is no input, but for the alignments.
TEST_F(TargetsTest, FoldersOfFinishedRuns) {
  const std::string heads = output::summary_csv({});
  fs::create_directories(dir_ / "out/T1/msas");
  fs::create_directories(dir_ / "out/T2");
  file("out/summary.csv", heads);
  file("out/index.html", "<html>");
  file("out/T1/msas/uniref90_hits.sto", "# STOCKHOLM 1.0\nq/1-3 MKV\nh/1-3 MKL\n//\n");
  const std::vector<std::string> of_target = {"ranking_debug.json",
                                              "timings.json",
                                              "run.json",
                                              "relax_metrics.json",
                                              "templates.json",
                                              "confidence_model_1_pred_0.json",
                                              "pae_model_1_pred_0.json",
                                              "contacts_model_1_pred_0.json",
                                              "chain_pairs_model_1_multimer_v3_pred_0.json"};
  for (const std::string& name : of_target) {
    file("out/T1/" + name, "{}");
    file("out/T2/" + name, "{}");
  }
  const auto found = read_targets({dir_ / "out"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "T1");
  // The second target was made from an A3M, which is elsewhere.
  const std::string what =
      "holds results without alignments in msas/ (give the files that they were made from";
  EXPECT_NE(refusal({dir_ / "out/T2"}).find("T2: " + what), std::string::npos) << refusal({dir_ / "out/T2"});
  fs::remove_all(dir_ / "out/T1");
  EXPECT_NE(refusal({dir_ / "out"}).find("out: " + what), std::string::npos) << refusal({dir_ / "out"});
  // Inputs next to the results, where the results went into their folder; once each.
  fs::create_directories(dir_ / "out/T3/msas");
  file("out/T3/msas/uniref90_hits.sto", "# STOCKHOLM 1.0\nq/1-3 MKV\n//\n");
  file("out/T3/ranking_debug.json", "{}");
  file("out/T3.fasta", ">q\nMKV\n");
  file("out/T2.fasta", ">q\nMKL\n");
  const auto both = read_targets({dir_ / "out"});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].name, "T3");
  EXPECT_EQ(both[1].chains[0].alignments.size(), 1u) << "the search that is done counts";
  // A table of that name is a table.
  file("out/summary.csv", "id,sequence\nT4,MKV\n");
  EXPECT_EQ(read_targets({dir_ / "out"}).size(), 3u);
}

// The search files its alignments under a name of its own making: both must be the same folder.
TEST_F(TargetsTest, NamesStayInTheOutputFolderAndAreTheSearchs) {
  const auto targets = read_targets({file("hidden.fasta", ">.hidden\nAC\n>../x\nDE\n")});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "_hidden");
  EXPECT_EQ(targets[1].name, "_._x");
  for (const Target& target : targets) EXPECT_EQ(search::folder_name(target.name), target.name);
}

TEST_F(TargetsTest, FoldersOfComplexes) {
  const auto chain = [](const char* id, const char* sequence) {
    return std::string("\"") + id + R"(": {"description": "d )" + id + R"(", "sequence": ")" + sequence +
           "\"}";
  };
  fs::create_directories(dir_ / "pair/msas/A");
  fs::create_directories(dir_ / "pair/msas/AA");
  file("pair/msas/chain_id_map.json",
       "{" + chain("A", "MKT") + ", " + chain("Z", "MKT") + ", " + chain("AA", "GSW") + "}");
  file("pair/msas/A/mgnify_hits.sto", "");
  file("pair/msas/A/uniprot_hits.sto", "");
  file("pair/msas/A/pdb_hits.sto", "");
  file("pair/msas/AA/input_hits.a3m", ">q\nGSW\n");
  file("pair/msas/AA/paired_hits.a3m", ">q\nGSW\n");
  file("pair/ranking_debug.json", "{}");
  const std::vector<Target> targets = read_targets({dir_ / "pair"});
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].name, "pair");
  ASSERT_EQ(targets[0].chains.size(), 3u);
  EXPECT_EQ(targets[0].chains[2].id, "AA") << "the order of the file";
  EXPECT_EQ(targets[0].chains[1].description, "d Z");
  EXPECT_EQ(targets[0].chains[0].alignments, std::vector{dir_ / "pair/msas/A/mgnify_hits.sto"});
  EXPECT_EQ(targets[0].chains[0].uniprot, dir_ / "pair/msas/A/uniprot_hits.sto");
  EXPECT_TRUE(targets[0].chains[1].alignments.empty()) << "the first chain's serve";
  EXPECT_EQ(targets[0].chains[2].paired_text, ">q\nGSW\n");

  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"{", "does not name the chains"},
           {"[]", "names no chain"},
           {R"(["A"])", "does not name the chains"},
           {R"({"A": {}})", "does not name the chains"},
           {"{" + chain("../A", "MKT") + "}", "chain id '../A' (expected letters and digits)"},
           {"{" + chain("A", "MK1") + "}", "'1' is not a residue"},
           {"{" + chain("B", "MKT") + "}", "msas/B: has no alignment"}}) {
    file("pair/msas/chain_id_map.json", text);
    EXPECT_NE(refusal({dir_ / "pair"}).find(message), std::string::npos) << refusal({dir_ / "pair"});
  }
}

}  // namespace
}  // namespace foldmesh::pipeline
