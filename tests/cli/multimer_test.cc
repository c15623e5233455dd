// `foldmesh fold --model-preset multimer` and what belongs to it, as users meet them. Parameters are the
// formula's, of the full-size network; chains are short.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/tensor/npz.h"
#include "tests/cli/made_structure.h"
#include "tests/cli/mpirun.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Time under a sanitizer grows with their lengths.
const std::string kFirst = kSanitized ? "GSWLQERLAEID" : "GSWLQERLAEIDKRVNTA",
                  kSecond = kSanitized ? "MKTAYIAKQRQ" : "MKTAYIAKQRQISF";

class Multimer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / fmt::format("multimer_test_{}", ::getpid());
    fs::create_directories(folder_ / "params");
    const RunResult made =
        run_program({"params", "generate", "--model", "model_1_multimer_v3", "-o",
                     (folder_ / "params/params_model_1_multimer_v3.npz").string(), "--quiet"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::string uniref, uniprot;
    int number = 0;
    for (const std::string& sequence : {kFirst, kSecond}) {
      for (size_t i = 0; i < 4; ++i) {
        std::string homolog = sequence, other = sequence;
        homolog[3 * i + 1] = 'A';
        other[2 * i + 2] = 'L';
        uniref += fmt::format(">U{}\nGG{}GG\n", number, homolog);
        uniprot += fmt::format(">tr|Q{0:05}|Q{0:05}_SPEC{1}\nPP{2}PP\n", number++, i, other);
      }
    }
    base::write_file_atomically(folder_ / "uniref90.fasta", uniref);
    base::write_file_atomically(folder_ / "uniprot.fasta", uniprot);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  // One prediction by one model.
  static void add_prediction(std::vector<std::string>& words, const std::string& preset = "multimer") {
    words.insert(words.end(), {"--params-dir", (folder_ / "params").string(), "--model-preset", preset,
                               "--models", "1", "--num-multimer-predictions-per-model", "1", "--num-recycles",
                               "0", "--models-to-relax", "none"});
  }
  static RunResult fold(const std::string& input, const std::string& out,
                        const std::vector<std::string>& more = {}, bool search = true) {
    std::vector<std::string> words = {"fold", (folder_ / input).string(), "-o", (folder_ / out).string(),
                                      "--quiet"};
    add_prediction(words);
    if (search) {
      words.insert(words.end(), {"--db", "uniref90=" + (folder_ / "uniref90.fasta").string(), "--db",
                                 "uniprot=" + (folder_ / "uniprot.fasta").string()});
    }
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
  static std::string read(const std::string& name) { return base::read_file(folder_ / name); }
  // Chain letters of a PDB file's residues, each with the number of its residues: "A18 B14".
  static std::string chains_in(const std::string& name) {
    std::vector<std::pair<char, int>> chains;
    const std::string text = read(name);
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      if (text.compare(at, 4, "ATOM") != 0 || text.compare(at + 12, 4, " CA ") != 0) continue;
      if (chains.empty() || chains.back().first != text[at + 21]) chains.emplace_back(text[at + 21], 0);
      ++chains.back().second;
    }
    std::string result;
    for (const auto& [letter, n] : chains)
      result += fmt::format("{}{}{}", result.empty() ? "" : " ", letter, n);
    return result;
  }

  static fs::path folder_;
};
fs::path Multimer::folder_;

TEST_F(Multimer, FoldsAComplexInTheUsersOrder) {
  base::write_file_atomically(folder_ / "trimer.fasta",
                              fmt::format(">one\n{0}\n>two\n{1}\n>three\n{0}\n", kFirst, kSecond));
  const RunResult run = fold("trimer.fasta", "out");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  // Two sequences, so UniProt is searched; the third chain is the first one again.
  for (const char* chain : {"A", "B"}) {
    for (const char* database : {"uniref90", "uniprot"}) {
      EXPECT_TRUE(
          fs::is_regular_file(folder_ / fmt::format("out/trimer/msas/{}/{}_hits.sto", chain, database)));
    }
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/trimer/msas/C"));
  const Json map = Json::parse(read("out/trimer/msas/chain_id_map.json"));
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.at("C").at("sequence"), kFirst);

  EXPECT_EQ(chains_in("out/trimer/ranked_0.pdb"),
            fmt::format("A{0} B{1} C{0}", kFirst.size(), kSecond.size()));
  EXPECT_NE(read("out/trimer/ranked_0.cif").find("UNTRAINED"), std::string::npos);
  const Json ranking = Json::parse(read("out/trimer/ranking_debug.json"));
  const std::string name = "model_1_multimer_v3_pred_0";
  EXPECT_EQ(ranking.at("order").at(0), name);
  const double confidence = ranking.at("iptm+ptm").at(name);
  EXPECT_NEAR(
      confidence,
      0.8 * ranking.at("iptm").at(name).get<double>() + 0.2 * ranking.at("ptm").at(name).get<double>(),
      1e-12);
  const Json pairs = Json::parse(read("out/trimer/chain_pairs_" + name + ".json"));
  EXPECT_EQ(pairs.at("chain_ids"), (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(pairs.at("chain_pair_iptm").size(), 3u);
  EXPECT_EQ(pairs.at("chain_pair_iptm")[0][1], pairs.at("chain_pair_iptm")[1][0]);
  const Json pae = Json::parse(read("out/trimer/pae_" + name + ".json"));
  EXPECT_EQ(pae[0].at("predicted_aligned_error").size(), 2 * kFirst.size() + kSecond.size());

  // The same features from the alignments alone.
  const RunResult features = run_program({"features", "--complex", (folder_ / "out/trimer").string(), "-o",
                                          (folder_ / "trimer.npz").string(), "--json"});
  ASSERT_EQ(features.exit_code, 0) << features.err;
  EXPECT_TRUE(read("trimer.npz") == read("out/trimer/features.npz"));
  EXPECT_EQ(Json::parse(features.out).at("n_chains"), 3);

  // The same prediction from the features file alone, and on several devices.
  for (const char* devices : {"1", "3"}) {
    const RunResult again = run_program(
        {"predict", (folder_ / "out/trimer/features.npz").string(), "--params",
         (folder_ / "params/params_model_1_multimer_v3.npz").string(), "--model", "model_1_multimer_v3", "-o",
         (folder_ / "again").string(), "--num-recycles", "0", "--devices", devices, "--quiet"});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    for (const std::string& file : {"unrelaxed_" + name + ".pdb", "pae_" + name + ".json"}) {
      EXPECT_EQ(read("again/" + file), read("out/trimer/" + file)) << file << " on " << devices << " devices";
    }
    if (kSanitized) return;  // the rest would take too long
  }

  // AlphaFold's order and letters: both copies first, from B on.
  const RunResult alphafold = fold("trimer.fasta", "out", {"--alphafold-chain-ids"});
  ASSERT_EQ(alphafold.exit_code, 0) << alphafold.err;
  EXPECT_EQ(chains_in("out/trimer/ranked_0.pdb"), "B18 C18 D14");
}

// Three targets of three sequences between them: each database is gone through once, and every target gets
// what it gets alone.
TEST_F(Multimer, OneSearchForAllTargets) {
  const std::string third = std::string(kSecond) + kFirst;
  fs::create_directories(folder_ / "batch");
  const std::vector<std::pair<std::string, std::string>> targets = {
      {"p", fmt::format(">one described\n{0}\n>two\n{1}\n>again\n{0}\n", kFirst, kSecond)},
      {"q", fmt::format(">b\n{}\n>c\n{}\n", kSecond, third)},
      {"r", fmt::format(">alone\n{}\n", kFirst)}};
  for (const auto& [name, text] : targets)
    base::write_file_atomically(folder_ / "batch" / (name + ".fasta"), text);
  const RunResult all =
      run_program({"fold", (folder_ / "batch").string(), "-o", (folder_ / "all").string(), "--model-preset",
                   "multimer", "--msa-only", "--db", "uniref90=" + (folder_ / "uniref90.fasta").string(),
                   "--db", "uniprot=" + (folder_ / "uniprot.fasta").string()});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  // Three sequences and eight records, in each database.
  const size_t once = all.err.find("search  24 comparisons"), twice = all.err.rfind("search  24 comparisons");
  EXPECT_LT(once, twice) << all.err;
  EXPECT_EQ(all.err.find("search  ", once + 1), twice) << all.err;
  size_t n_files = 0;
  for (const auto& [name, text] : targets) {
    ASSERT_EQ(fold("batch/" + name + ".fasta", "each", {"--msa-only"}).exit_code, 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "each" / name)) {
      const std::string file = fs::relative(entry.path(), folder_ / "each").string();
      if (!entry.is_regular_file() || file.find(".foldmesh") != std::string::npos) continue;
      EXPECT_EQ(read("all/" + file), read("each/" + file)) << file;
      ++n_files;
    }
  }
  EXPECT_EQ(n_files, 3u + 4 + 4 + 1);
}

TEST_F(Multimer, HomomersAreNotPaired) {
  base::write_file_atomically(folder_ / "dimer.fasta", fmt::format(">one\n{0}:{0}\n", kSecond));
  const RunResult run = fold("dimer.fasta", "homomer", {"--msa-only"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(fs::exists(folder_ / "homomer/dimer/msas/A/uniref90_hits.sto"));
  EXPECT_FALSE(fs::exists(folder_ / "homomer/dimer/msas/A/uniprot_hits.sto"));
  EXPECT_FALSE(fs::exists(folder_ / "homomer/dimer/msas/B"));
}

// From sequences to a prediction with templates of both chains, by one process and by two ranks, which search
// for templates together and predict together.
TEST_F(Multimer, TemplatesOfChainsOnOneAndTwoRanks) {
  const std::string first = "MKTAYIAKQRQISFVKSHFSRQLE", second = "GSWLQERLAEIDKRVNTAMH";
  const fs::path data = folder_ / "templates";
  fs::create_directories(data / "mmcif");
  std::string uniref, seqres;
  const auto add = [&](const char* entry, const std::string& sequence) {
    for (size_t i = 0; i < 6; ++i) {
      std::string homolog = sequence;
      homolog[3 * i + 1] = 'A';
      uniref += fmt::format(">{}{}\nGG{}GG\n", entry, i, homolog);
    }
    std::string close = sequence;
    close[5] = 'V';
    seqres += fmt::format(">{}_A mol:protein length:{}  X\n{}\n", entry, close.size(), close);
    base::write_file_atomically(data / "mmcif" / fmt::format("{}.cif", entry),
                                structure_text(close, "2001-01-01"));
  };
  add("1aaa", first);
  add("2bbb", second);
  base::write_file_atomically(data / "uniref90.fasta", uniref);
  base::write_file_atomically(data / "pdb_seqres.txt", seqres);
  base::write_file_atomically(data / "pair.fasta", fmt::format(">a\n{}\n>b\n{}\n", first, second));
  const auto fold = [&](int n_ranks) {
    std::vector<std::string> words = {"fold",
                                      (data / "pair.fasta").string(),
                                      "-o",
                                      (data / fmt::format("out{}", n_ranks)).string(),
                                      "--cpu",
                                      n_ranks == 1 ? "2" : "1",
                                      "--db",
                                      "uniref90=" + (data / "uniref90.fasta").string(),
                                      "--pdb_seqres_database_path",
                                      (data / "pdb_seqres.txt").string(),
                                      "--template_mmcif_dir",
                                      (data / "mmcif").string()};
    add_prediction(words);
    return run_ranks(n_ranks, words);
  };
  const RunResult alone = fold(1);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const Json table = Json::parse(read("templates/out1/pair/templates.json"));
  ASSERT_EQ(table.size(), 2u) << table;
  EXPECT_EQ(table[0].at("chain"), "A");
  EXPECT_EQ(table[0].at("template"), "1aaa_A");
  EXPECT_EQ(table[1].at("chain"), "B");
  EXPECT_EQ(table[1].at("template"), "2bbb_A");
  // In the network's features each template is at its own chain's residues, at others none.
  const tensor::NpzReader features(data / "out1/pair/features.npz");
  const tensor::Tensor mask = features.read("template_all_atom_mask");
  const auto n_atoms = [&](size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from * 37; i < to * 37; ++i) sum += static_cast<double>(mask.as<float>()[i]);
    return sum;
  };
  EXPECT_GT(n_atoms(0, first.size()), 0);
  EXPECT_GT(n_atoms(first.size(), first.size() + second.size()), 0);
  // A search there, the prediction elsewhere: the folder of alignments and hits is enough.
  const RunResult made =
      run_program({"features", "--complex", (data / "out1/pair").string(), "-o", (data / "pair.npz").string(),
                   "--template-mmcif-dir", (data / "mmcif").string()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("2 templates"), std::string::npos) << made.out;
  EXPECT_TRUE(read("templates/pair.npz") == read("templates/out1/pair/features.npz"));

  const std::string name = "model_1_multimer_v3_pred_0";
  const std::string structure = read("templates/out1/pair/unrelaxed_" + name + ".pdb");
  if (kSanitized) return;  // the rest would take too long

  if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
  const RunResult together = fold(2);
  ASSERT_EQ(together.exit_code, 0) << together.err;
  for (const std::string& file :
       {std::string("msas/A/pdb_hits.sto"), std::string("msas/B/pdb_hits.sto"), std::string("features.npz"),
        "unrelaxed_" + name + ".pdb", "chain_pairs_" + name + ".json"}) {
    EXPECT_TRUE(read("templates/out2/pair/" + file) == read("templates/out1/pair/" + file)) << file;
  }
  // Without templates it is another prediction.
  for (const char* key : {"A", "B"}) fs::remove(data / "out1/pair/msas" / key / "pdb_hits.sto");
  fs::remove_all(data / "mmcif");
  fs::create_directories(data / "mmcif");
  ASSERT_EQ(fold(1).exit_code, 0);
  EXPECT_NE(read("templates/out1/pair/unrelaxed_" + name + ".pdb"), structure);
}

TEST_F(Multimer, TakesColabFoldsAlignments) {
  if (kSanitized) GTEST_SKIP() << "takes too long under a sanitizer";
  base::write_file_atomically(folder_ / "job.a3m",
                              fmt::format("#14,18\t1,1\n>101\t102\n{1}{0}\n>pair\n{1}{0}\n>own\n{2}{0}\n",
                                          kFirst, kSecond, std::string(14, '-')));
  const RunResult run = fold("job.a3m", "colabfold", {}, false);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(chains_in("colabfold/job/ranked_0.pdb"), "A14 B18");
  // From the file, and from the folder of alignments that fold has made of it.
  for (const char* input : {"job.a3m", "colabfold/job"}) {
    const RunResult features = run_program(
        {"features", "--complex", (folder_ / input).string(), "-o", (folder_ / "job.npz").string()});
    ASSERT_EQ(features.exit_code, 0) << features.err;
    EXPECT_TRUE(read("job.npz") == read("colabfold/job/features.npz")) << input;
  }
}

// However a complex is written down, its features are the same.
TEST_F(Multimer, AllSpellingsOfAComplex) {
  const auto features_of = [](const std::string& name, const std::string& text,
                              const std::vector<std::string>& more, bool search) {
    const fs::path folder = fs::path("spelled") / name;
    const std::string file = "pair" + name.substr(name.find('.'));
    fs::create_directories(folder_ / folder);
    base::write_file_atomically(folder_ / folder / file, text);
    std::vector<std::string> words = {"--msa-only"};
    words.insert(words.end(), more.begin(), more.end());
    const RunResult run = fold((folder / file).string(), folder.string(), words, search);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const RunResult made = run_program({"features", "--complex", (folder_ / folder / "pair").string(), "-o",
                                        (folder_ / folder / "features.npz").string(), "--json"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const int n_paired = Json::parse(made.out).at("n_paired");
    EXPECT_EQ(n_paired, search ? 5 : 1) << "species in common, and the queries";
    return read((folder / "features.npz").string());
  };
  const std::string records = fmt::format(">x\n{}\n>x\n{}\n", kFirst, kSecond),
                    colons = fmt::format(">x\n{}:{}\n", kFirst, kSecond),
                    table = fmt::format("id,sequence\npair,{}:{}\n", kFirst, kSecond);
  const std::string searched = features_of("records.fasta", records, {}, true);
  EXPECT_TRUE(features_of("colons.fasta", colons, {}, true) == searched);
  EXPECT_TRUE(features_of("table.csv", table, {}, true) == searched);
  // Without a search: the sequences alone, and ColabFold's file of them.
  const std::vector<std::string> alone_options = {"--msa-mode", "single_sequence"};
  const std::string alone = features_of("alone.fasta", records, alone_options, false);
  EXPECT_TRUE(alone != searched);
  EXPECT_TRUE(features_of("alone_colons.fasta", colons, alone_options, false) == alone);
  EXPECT_TRUE(features_of("colabfold.a3m",
                          fmt::format("#{},{}\t1,1\n>101\t102\n{}{}\n", kFirst.size(), kSecond.size(), kFirst,
                                      kSecond),
                          {}, false) == alone);
}

// The first and the second release on a complex, without a search; with any number of threads.
TEST_F(Multimer, OlderReleases) {
  base::write_file_atomically(folder_ / "older.fasta", fmt::format(">x\n{}:{}\n", kSecond, kFirst));
  for (const auto& [preset, model] : std::vector<std::pair<std::string, std::string>>{
           {"multimer_v1", "model_1_multimer"}, {"multimer_v2", "model_1_multimer_v2"}}) {
    if (kSanitized && preset == "multimer_v1") continue;  // its graph is v2's
    const fs::path params = folder_ / fmt::format("params/params_{}.npz", model);
    const RunResult made =
        run_program({"params", "generate", "--model", model, "-o", params.string(), "--quiet"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const std::string name = model + "_pred_0", target = preset + "/1/older/";
    const std::vector<std::string> written = {"unrelaxed_" + name + ".pdb", "confidence_" + name + ".json",
                                              "pae_" + name + ".json",      "chain_pairs_" + name + ".json",
                                              "ranking_debug.json",         "ranked_0.cif"};
    for (const std::string threads : {"1", "2"}) {
      std::vector<std::string> words = {"fold",       (folder_ / "older.fasta").string(),
                                        "-o",         (folder_ / preset / threads).string(),
                                        "--msa-mode", "single_sequence",
                                        "--cpu",      threads};
      add_prediction(words, preset);
      const RunResult run = run_program(words);
      ASSERT_EQ(run.exit_code, 0) << run.err;
      for (const std::string& file : written)
        EXPECT_TRUE(read(preset + "/" + threads + "/older/" + file) == read(target + file)) << file;
      if (kSanitized) break;
    }
    EXPECT_EQ(chains_in(target + "ranked_0.pdb"), fmt::format("A{} B{}", kSecond.size(), kFirst.size()));
    EXPECT_NE(read(target + "ranked_0.cif").find("UNTRAINED"), std::string::npos);
    const size_t n_res = kFirst.size() + kSecond.size();
    const Json confidence = Json::parse(read(target + "confidence_" + name + ".json"));
    ASSERT_EQ(confidence.at("confidenceScore").size(), n_res);
    for (const double plddt : confidence.at("confidenceScore")) {
      EXPECT_GE(plddt, 0);
      EXPECT_LE(plddt, 100);
    }
    const Json pae = Json::parse(read(target + "pae_" + name + ".json"))[0].at("predicted_aligned_error");
    ASSERT_EQ(pae.size(), n_res);
    EXPECT_EQ(pae[0].size(), n_res);
    const Json ranking = Json::parse(read(target + "ranking_debug.json"));
    EXPECT_EQ(ranking.at("untrained_parameters"), true);
    ASSERT_EQ(ranking.at("order"), Json({name}));
    const double iptm = ranking.at("iptm").at(name), ptm = ranking.at("ptm").at(name);
    for (const double score : {iptm, ptm}) {
      EXPECT_GT(score, 0);
      EXPECT_LE(score, 1);
    }
    EXPECT_NEAR(ranking.at("iptm+ptm").at(name), 0.8 * iptm + 0.2 * ptm, 1e-12);
    fs::remove(params);
  }
}

TEST_F(Multimer, Refusals) {
  base::write_file_atomically(folder_ / "two.fasta", fmt::format(">one\n{}:{}\n", kFirst, kSecond));
  const RunResult monomer =
      run_program({"fold", (folder_ / "two.fasta").string(), "-o", (folder_ / "x").string(), "--params-dir",
                   (folder_ / "params").string(), "--quiet"});
  EXPECT_EQ(monomer.exit_code, 2);
  EXPECT_NE(monomer.err.find("expected --model-preset multimer"), std::string::npos) << monomer.err;
  const RunResult bare = run_program(
      {"features", "--complex", (folder_ / "two.fasta").string(), "-o", (folder_ / "x.npz").string()});
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_NE(bare.err.find("chain A has no alignment"), std::string::npos) << bare.err;
  const RunResult single =
      run_program({"predict", FOLDMESH_TESTS_DIR "/golden/af2/whole/model_3_N16.npz", "--params",
                   (folder_ / "params/params_model_1_multimer_v3.npz").string(), "--model",
                   "model_1_multimer_v3", "-o", (folder_ / "y").string(), "--quiet"});
  EXPECT_EQ(single.exit_code, 2);
  EXPECT_NE(single.err.find("single chain"), std::string::npos) << single.err;
}

}  // namespace
}  // namespace foldmesh::tests
