// Templates from search to prediction: structures written by our own writer, sequences as the PDB names them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "foldmesh/base/file.h"
#include "foldmesh/tensor/npz.h"
#include "tests/cli/made_structure.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

const std::string kQuery = "MKTAYIAKQRQISFVKSHFSRQLE";

class Templates : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = fs::temp_directory_path() / fmt::format("templates_test_{}", ::getpid());
    fs::create_directories(shared_ / "mmcif/cc");
    base::write_file_atomically(shared_ / "query.fasta", fmt::format(">query\n{}\n", kQuery));
    std::string homologs;
    for (size_t i = 0; i < 6; ++i) {
      std::string homolog = kQuery;
      homolog[3 * i + 1] = 'A';
      homologs += fmt::format(">H{0}\nGG{1}GG\n", i, homolog);
    }
    base::write_file_atomically(shared_ / "uniref90.fasta", homologs);

    // 1aaa fits; 2bbb's file is cut short; 3ccc's is compressed, in the folder of its middle letters; 4ddd
    // has no file; 5eee is too new; 6fff has become 1rep; 7ggg is another protein under this name; 8nuc is no
    // protein.
    std::string close = kQuery, other(24, 'W');
    close[5] = 'V';
    const std::string shorter = kQuery.substr(2, 18);
    base::write_file_atomically(shared_ / "pdb_seqres.txt",
                                fmt::format(">1aaa_A mol:protein length:28  FITS\nGG{0}GG\n"
                                            ">2bbb_A mol:protein length:24  DAMAGED\n{0}\n"
                                            ">3ccc_A mol:protein length:18  COMPRESSED\n{1}\n"
                                            ">4ddd_A mol:protein length:24  MISSING\n{0}\n"
                                            ">5eee_A mol:protein length:24  NEW\n{0}\n"
                                            ">6fff_A mol:protein length:19  OLD\nK{1}\n"
                                            ">7ggg_A mol:protein length:24  OTHER\n{0}\n"
                                            ">8nuc_A mol:na length:24  NUCLEIC\n{0}\n",
                                            close, shorter));
    const auto write = [](const char* name, const std::string& text) {
      base::write_file_atomically(shared_ / "mmcif" / name, text);
    };
    write("1aaa.cif", structure_text("GG" + close + "GG", "2001-01-01"));
    const std::string whole = structure_text(close, "2001-01-01");
    write("2bbb.cif", whole.substr(0, whole.find("_atom_site.") + 3000));
    write("5eee.cif", structure_text(close, "2022-01-01"));
    write("1rep.cif", structure_text("K" + shorter, "2002-02-02"));
    write("7ggg.cif", structure_text(other, "2001-01-01"));
    const std::string text = structure_text(shorter, "2003-01-01");
    gzFile file = gzopen((shared_ / "mmcif/cc/3ccc.cif.gz").c_str(), "wb");
    ASSERT_GT(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), 0);
    gzclose(file);
    base::write_file_atomically(shared_ / "obsolete.dat", "OBSLTE    31-JUL-94 6FFF     1REP\n");
  }
  static void TearDownTestSuite() { fs::remove_all(shared_); }

  static std::vector<std::string> search_arguments(const std::string& out) {
    return {"fold",
            (shared_ / "query.fasta").string(),
            "--output-dir",
            (shared_ / out).string(),
            "--db",
            "uniref90=" + (shared_ / "uniref90.fasta").string(),
            "--pdb_seqres_database_path",
            (shared_ / "pdb_seqres.txt").string(),
            "--template_mmcif_dir",
            (shared_ / "mmcif").string(),
            "--obsolete_pdbs_path",
            (shared_ / "obsolete.dat").string(),
            "--max_template_date",
            "2020-05-14"};
  }

  static fs::path shared_;
};
fs::path Templates::shared_;

TEST_F(Templates, FromSearchToPrediction) {
  const std::vector<std::string> params = {
      "params", "generate", "--model", "model_1", "-o", (shared_ / "params_model_1.npz").string(), "--quiet"};
  ASSERT_EQ(run_program(params).exit_code, 0);
  std::vector<std::string> fold = search_arguments("out");
  for (const std::string& word :
       {std::string("--params-dir"), shared_.string(), std::string("--model-preset"), std::string("monomer"),
        std::string("--models"), std::string("1"), std::string("--num-recycles"), std::string("0")}) {
    fold.push_back(word);
  }
  const RunResult run = run_program(fold);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* said : {"template 4ddd_A left out: there is no 4ddd.cif in",
                           "template 5eee_A left out: released 2022-01-01, after 2020-05-14",
                           "template 7ggg_A left out: its sequence is not that of chain A", "cut short?",
                           "3 templates of 7 hits"}) {
    EXPECT_NE(run.err.find(said), std::string::npos) << said << "\n" << run.err;
  }
  const fs::path target = shared_ / "out/query";
  EXPECT_TRUE(fs::exists(target / "msas/pdb_hits.sto"));
  const auto table = nlohmann::json::parse(base::read_file(target / "templates.json"));
  std::vector<std::string> names;
  for (const auto& row : table) names.push_back(row.at("template"));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"1aaa_A", "1rep_A", "3ccc_A"}));

  // The prediction has used them: without templates it is another one.
  const std::string with = base::read_file(target / "ranked_0.pdb");
  const tensor::NpzReader features(target / "features.npz");
  EXPECT_EQ(features.header("template_aatype").shape, (tensor::Shape{3, 24, 22}));
  if (kSanitized) return;  // more predictions add nothing that these could find
  std::vector<std::string> plain(fold.begin(), fold.begin() + 6);
  plain.insert(plain.end(), fold.end() - 8, fold.end());
  plain[3] = (shared_ / "plain").string();
  const RunResult without = run_program(plain);
  ASSERT_EQ(without.exit_code, 0) << without.err;
  EXPECT_NE(base::read_file(shared_ / "plain/query/ranked_0.pdb"), with);

  // On another machine, without databases: the folder and the structures give the same features.
  const RunResult elsewhere = run_program({"fold",
                                           target.string(),
                                           "-o",
                                           (shared_ / "elsewhere").string(),
                                           "--params-dir",
                                           shared_.string(),
                                           "--model-preset",
                                           "monomer",
                                           "--models",
                                           "1",
                                           "--num-recycles",
                                           "0",
                                           "--models-to-relax",
                                           "none",
                                           "--template-mmcif-dir",
                                           (shared_ / "mmcif").string(),
                                           "--obsolete-pdbs-path",
                                           (shared_ / "obsolete.dat").string(),
                                           "--max-template-date",
                                           "2020-05-14"});
  ASSERT_EQ(elsewhere.exit_code, 0) << elsewhere.err;
  EXPECT_TRUE(base::read_file(shared_ / "elsewhere/query/features.npz") ==
              base::read_file(target / "features.npz"));

  // The file that was damaged is there now: features are made again, the search is not.
  base::write_file_atomically(shared_ / "mmcif/2bbb.cif", structure_text(kQuery, "2001-01-01"));
  fold.push_back("--msa-only");
  const RunResult search_again = run_program(fold);
  EXPECT_NE(search_again.err.find("pdb_hits.sto is there already"), std::string::npos) << search_again.err;
  EXPECT_EQ(search_again.exit_code, 0);
}

// All five models of one target, which is its own alignment. Of the five, two take templates; the others'
// results are the same without.
TEST_F(Templates, FiveModelsOfWhichTwoTakeTemplates) {
  if (kSanitized) GTEST_SKIP() << "nothing but more of the same for these";
  fs::create_directories(shared_ / "five");
  const auto params = [](int model) { return shared_ / fmt::format("five/params_model_{}_ptm.npz", model); };
  for (const int model : {1, 3}) {
    ASSERT_EQ(run_program({"params", "generate", "--model", fmt::format("model_{}_ptm", model), "-o",
                           params(model).string(), "--quiet"})
                  .exit_code,
              0);
  }
  for (const auto& [model, like] : std::vector<std::pair<int, int>>{{2, 1}, {4, 3}, {5, 3}}) {
    fs::create_hard_link(params(like), params(model));
  }
  const auto fold = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"fold",
                                      (shared_ / "query.fasta").string(),
                                      "-o",
                                      (shared_ / out).string(),
                                      "--data",
                                      (shared_ / "five").string(),
                                      "--msa-mode",
                                      "single_sequence",
                                      "--num-relax",
                                      "0",
                                      "--num-recycle",
                                      "0"};
    words.insert(words.end(), more.begin(), more.end());
    const RunResult run = run_program(words);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.err;
  };
  const std::string own = (shared_ / "mmcif/1aaa.cif").string();
  fold("all", {"--models", "1,2,3,4,5", "--custom-template", own});
  const fs::path target = shared_ / "all/query";
  const auto text = [&](const std::string& name) { return base::read_file(target / name); };
  // Nothing was searched.
  EXPECT_EQ(text("msas/input_hits.a3m"), ">query\n" + kQuery + "\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(target / "msas"), {}), 1);

  const auto ranking = nlohmann::json::parse(text("ranking_debug.json"));
  const auto timings = nlohmann::json::parse(text("timings.json"));
  const std::vector<std::string> order = ranking.at("order");
  ASSERT_EQ(order.size(), 5u);
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()),
            (std::set<std::string>{"model_1_ptm_pred_0", "model_2_ptm_pred_0", "model_3_ptm_pred_0",
                                   "model_4_ptm_pred_0", "model_5_ptm_pred_0"}));
  std::set<std::string> structures;
  for (size_t k = 0; k < order.size(); ++k) {
    const std::string& name = order[k];
    const double plddt = ranking.at("plddts").at(name), ptm = ranking.at("ptm").at(name);
    EXPECT_GE(plddt, 0);
    EXPECT_LE(plddt, k == 0 ? 100 : ranking.at("plddts").at(order[k - 1]).get<double>());
    EXPECT_GT(ptm, 0);
    EXPECT_LE(ptm, 1);
    EXPECT_GT(timings.at("predict_and_compile_" + name).get<double>(), 0);
    EXPECT_EQ(text(fmt::format("ranked_{}.pdb", k)), text("unrelaxed_" + name + ".pdb"));
    const auto confidence = nlohmann::json::parse(text("confidence_" + name + ".json"));
    EXPECT_EQ(confidence.at("confidenceScore").size(), kQuery.size());
    const std::string cif = text("unrelaxed_" + name + ".cif");
    EXPECT_NE(cif.find("UNTRAINED"), std::string::npos);
    const bool takes_templates = name.starts_with("model_1") || name.starts_with("model_2");
    EXPECT_EQ(cif.find("_ma_template_details") != std::string::npos, takes_templates) << name;
    structures.insert(text("unrelaxed_" + name + ".pdb"));
  }
  EXPECT_EQ(structures.size(), 5u) << "each has its own seed";
  EXPECT_GT(timings.at("features").get<double>(), 0);
  EXPECT_TRUE(fs::exists(target / "ranked_4.cif"));
  EXPECT_FALSE(fs::exists(target / "ranked_5.cif"));

  // Given fewer models later, those are there already, and the ranking is theirs alone.
  const std::string said = fold("all", {"--model-order", "3,1", "--custom-template", own});
  EXPECT_NE(said.find("model_3_ptm_pred_0 is there already"), std::string::npos) << said;
  EXPECT_EQ(said.find("GFLOP"), std::string::npos) << said;
  EXPECT_EQ(nlohmann::json::parse(text("ranking_debug.json")).at("order").size(), 2u);

  fold("plain", {"--models", "3"});
  EXPECT_EQ(base::read_file(shared_ / "plain/query/unrelaxed_model_3_ptm_pred_0.pdb"),
            text("unrelaxed_model_3_ptm_pred_0.pdb"));
}

// The sequence alone serves as profile for a search in the PDB.
TEST_F(Templates, SingleSequencesFindTemplates) {
  std::vector<std::string> words = search_arguments("single");
  words.insert(words.end(), {"--msa-only", "--msa-mode", "single_sequence"});
  const RunResult run = run_program(words);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_FALSE(fs::exists(shared_ / "single/query/msas/uniref90_hits.sto"));
  EXPECT_NE(base::read_file(shared_ / "single/query/msas/pdb_hits.sto").find("1aaa_A"), std::string::npos);
}

TEST_F(Templates, SameHitsAsTheDropIns) {
  std::vector<std::string> fold = search_arguments("search");
  fold.push_back("--msa-only");
  const RunResult run = run_program(fold);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string hits = base::read_file(shared_ / "search/query/msas/pdb_hits.sto");
  const std::string hmm = (shared_ / "x.hmm").string(), sto = (shared_ / "x.sto").string();
  // No row of this alignment is a duplicate and no column empty, so it can be given as it is.
  ASSERT_EQ(run_program({"hmmbuild", "--hand", "--amino", "-n", "query", "-o", "/dev/null", hmm,
                         (shared_ / "search/query/msas/uniref90_hits.sto").string()})
                .exit_code,
            0);
  ASSERT_EQ(run_program({"hmmsearch", "--noali",
                         "-o",        "/dev/null",
                         "--F1",      "0.1",
                         "--F2",      "0.1",
                         "--F3",      "0.1",
                         "--incE",    "100",
                         "-E",        "100",
                         "--domE",    "100",
                         "--incdomE", "100",
                         "-A",        sto,
                         hmm,         (shared_ / "pdb_seqres.txt").string()})
                .exit_code,
            0);
  const auto rows = [](const std::string& text) { return text.substr(text.find("#=GS")); };
  EXPECT_EQ(rows(hits), rows(base::read_file(sto)));
}

TEST_F(Templates, FeaturesOfOnesOwnStructures) {
  const std::string file = (shared_ / "mmcif/1aaa.cif").string(), out = (shared_ / "own.npz").string();
  const RunResult run =
      run_program({"features", "--query", (shared_ / "query.fasta").string(), "-o", out, "--custom-template",
                   file + ":A", "--custom-template", (shared_ / "mmcif/cc/3ccc.cif.gz").string(), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(nlohmann::json::parse(run.out).at("n_templates"), 2);
  const tensor::NpzReader features(out);
  EXPECT_EQ(features.read_strings("template_domain_names"), (std::vector<std::string>{"1aaa_A", "3ccc_A"}));
  EXPECT_EQ(features.read_strings("template_sequence").at(1), "--" + kQuery.substr(2, 18) + "----");

  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {file + ":Q", "has no protein chain Q (it has: A)"},
           {"/nowhere.pdb", "/nowhere.pdb: there is no such file"}}) {
    const RunResult refused = run_program(
        {"features", "--query", (shared_ / "query.fasta").string(), "-o", out, "--custom-template", text});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find(message), std::string::npos) << refused.err;
  }
}

}  // namespace
}  // namespace foldmesh::tests
