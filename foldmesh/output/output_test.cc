#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/output/replacement_model.h"
#include "foldmesh/output/result_folder.h"
#include "foldmesh/output/score_json.h"
#include "foldmesh/output/summary.h"

namespace foldmesh::output {
namespace {

Prediction make_prediction(const std::string& name, float plddt) {
  Prediction out;
  out.name = name;
  bio::Structure& structure = out.structure;
  structure.chain_ids = {"A"};
  for (int i = 0; i < 3; ++i) {
    structure.aatype.push_back(bio::kRestypeGly);
    structure.residue_index.push_back(i);
    structure.chain_index.push_back(0);
    structure.plddt.push_back(plddt);
    auto& mask = structure.atom_mask.emplace_back();
    std::copy_n(bio::kAtom37Mask[bio::kRestypeGly], bio::kNumAtom37, mask.begin());
    auto& position = structure.atom_position.emplace_back();
    for (auto& atom : position) atom.fill(plddt);
  }
  out.aligned_error = confidence::AlignedError{.pae = std::vector<double>(9, 12.34), .ptm = 0.5, .iptm = {}};
  out.contact_probability.assign(9, 0.25);
  return out;
}

class ResultFolder : public ::testing::Test {
 protected:
  const base::TempFolder temporary_{"output_test"};
  const std::filesystem::path folder_ = temporary_.path();

  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      out.push_back(entry.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string text(const std::string& name) { return base::read_file(folder_ / name); }
  nlohmann::json json(const std::string& name) { return nlohmann::json::parse(text(name)); }
};

TEST_F(ResultFolder, HasAlphaFoldsFiles) {
  const Origin origin{.target = "T1", .untrained = false};
  std::vector<std::string> written =
      write_prediction(make_prediction("model_1_ptm_pred_0", 71.5f), origin, folder_);
  std::sort(written.begin(), written.end());
  EXPECT_EQ(written, names());
  EXPECT_EQ(written, (std::vector<std::string>{
                         "confidence_model_1_ptm_pred_0.json", "contacts_model_1_ptm_pred_0.json",
                         "pae_model_1_ptm_pred_0.json", "unrelaxed_model_1_ptm_pred_0.cif",
                         "unrelaxed_model_1_ptm_pred_0.pdb"}));
  const nlohmann::json pae = json("pae_model_1_ptm_pred_0.json");
  EXPECT_EQ(pae[0]["predicted_aligned_error"][2][1], 12.3);
  EXPECT_EQ(pae[0]["max_predicted_aligned_error"], 31.75);
  for (const std::string& name : written) {
    EXPECT_EQ(text(name).find("UNTRAINED"), std::string::npos);
    EXPECT_EQ(text(name).find("untrained"), std::string::npos);
  }

  Prediction monomer = make_prediction("model_3_pred_0", 50.0f);
  monomer.aligned_error.reset();
  monomer.contact_probability.clear();
  EXPECT_EQ(write_prediction(monomer, origin, folder_).size(), 3u);
}

TEST_F(ResultFolder, SaysUntrainedEverywhere) {
  const Origin origin{.target = "T1", .untrained = true};
  write_prediction(make_prediction("m", 71.5f), origin, folder_);
  write_ranking(std::vector<Ranked>{{"m", 71.5}}, "plddts", origin, folder_);
  EXPECT_EQ(names().size(), 8u);
  for (const std::string& name : names()) {
    const std::string content = text(name);
    if (name.ends_with(".json")) {
      const nlohmann::json parsed = nlohmann::json::parse(content);
      EXPECT_EQ((parsed.is_array() ? parsed[0] : parsed)["untrained_parameters"], true) << name;
    } else {
      EXPECT_NE(content.find("UNTRAINED"), std::string::npos) << name;
    }
  }
}

TEST_F(ResultFolder, RanksByConfidenceAndKeepsTheOrderOfEquals) {
  const Origin origin{.target = "T1", .untrained = false};
  std::vector<Ranked> models;
  for (const auto& [name, value] : {std::pair{"m1", 60.0f}, {"m2", 80.0f}, {"m3", 60.0f}}) {
    write_prediction(make_prediction(name, value), origin, folder_);
    models.push_back({name, static_cast<double>(value), 3});
  }
  const std::vector<std::string> written = write_ranking(models, "plddts", origin, folder_);
  EXPECT_EQ(written.size(), 7u);
  EXPECT_EQ(
      text("ranking_debug.json"),
      "{\n    \"plddts\": {\n        \"m1\": 60.0,\n        \"m2\": 80.0,\n        \"m3\": 60.0\n    },\n"
      "    \"order\": [\n        \"m2\",\n        \"m1\",\n        \"m3\"\n    ],\n"
      "    \"num_recycles\": {\n        \"m1\": 3,\n        \"m2\": 3,\n        \"m3\": 3\n    }\n}");
  EXPECT_EQ(text("ranked_0.pdb"), text("unrelaxed_m2.pdb"));
  EXPECT_EQ(text("ranked_1.cif"), text("unrelaxed_m1.cif"));
  EXPECT_EQ(text("ranked_2.cif"), text("unrelaxed_m3.cif"));
  EXPECT_THROW(write_ranking(std::vector<Ranked>{{"m1", std::nan("")}}, "plddts", origin, folder_),
               base::Error);
}

TEST_F(ResultFolder, LeavesOutPdbFilesThatDoNotFit) {
  const Origin origin{.target = "T1", .untrained = false};
  Prediction prediction = make_prediction("m", 50.0f);
  write_prediction(prediction, origin, folder_);
  write_ranking(std::vector<Ranked>{{"m", 50}}, "plddts", origin, folder_);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "ranked_0.pdb"));
  prediction.structure.residue_index[2] = 9'999;
  const std::vector<std::string> written = write_prediction(prediction, origin, folder_);
  EXPECT_EQ(std::count(written.begin(), written.end(), "unrelaxed_m.pdb"), 0);
  write_ranking(std::vector<Ranked>{{"m", 50}}, "plddts", origin, folder_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "unrelaxed_m.pdb"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ranked_0.pdb"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "ranked_0.cif"));
}

TEST_F(ResultFolder, ReplacementModels) {
  const Origin origin{.target = "T1", .untrained = true};
  Prediction prediction = make_prediction("m", 90.0f);
  prediction.structure.plddt[1] = 60;
  write_prediction(prediction, origin, folder_);
  for (const char* extension : {".pdb", ".cif"}) {
    const std::filesystem::path out = folder_ / (std::string("search") + extension);
    const ReplacementModel model =
        write_replacement_model(folder_ / (std::string("unrelaxed_m") + extension), out, 70);
    EXPECT_EQ(model.n_res, 2u);
    EXPECT_EQ(model.n_left_out, 1u);
    EXPECT_NEAR(model.mean_b_factor, 11.956, 0.001);
    EXPECT_NE(text(out.filename()).find("UNTRAINED"), std::string::npos);
    EXPECT_NE(text(out.filename()).find(" 11.96"), std::string::npos);
  }
  EXPECT_THROW(write_replacement_model(folder_ / "search.pdb", folder_ / "x.pdb", 0), base::Error);
  EXPECT_THROW(write_replacement_model(folder_ / "unrelaxed_m.pdb", folder_ / "x.pdb", 95), base::Error);
  EXPECT_THROW(write_replacement_model(folder_ / "unrelaxed_m.pdb", folder_ / "x.txt", 0), base::Error);
  prediction.structure.plddt.assign(3, 0.9f);
  write_prediction(prediction, origin, folder_);
  EXPECT_THROW(write_replacement_model(folder_ / "unrelaxed_m.pdb", folder_ / "x.pdb", 0), base::Error);
}

TEST_F(ResultFolder, SummaryIsCsv) {
  const std::vector<SummaryRow> rows = {
      {.target = "a",
       .n_res = 3,
       .n_chains = 1,
       .best_model = "m",
       .mean_plddt = 71.234,
       .seconds = 2,
       .status = "done"},
      {.target = "b", .n_res = 4, .n_chains = 2, .status = "failed: no \"memory\", none"}};
  EXPECT_EQ(summary_csv(rows),
            "target,n_res,n_chains,best_model,mean_plddt,ptm,iptm,seconds,status\n"
            "a,3,1,m,71.23,,,2.00,done\n"
            "b,4,2,,,,,,\"failed: no \"\"memory\"\", none\"\n");
}

TEST_F(ResultFolder, Timings) {
  const std::vector<std::pair<std::string, double>> seconds = {{"features", 1.5},
                                                               {"predict_and_compile_m", 0.25}};
  write_timings(seconds, folder_);
  EXPECT_EQ(text("timings.json"), "{\n    \"features\": 1.5,\n    \"predict_and_compile_m\": 0.25\n}");
}

TEST(ScoreJson, RoundsAsAlphaFoldDoes) {
  const std::vector<float> plddt = {49.994f, 49.996f, 70.0f, 89.999f, 100.0f, 12.3456f};
  EXPECT_EQ(confidence_json(plddt, false),
            "{\"residueNumber\":[1,2,3,4,5,6],\"confidenceScore\":[49.99,50.0,70.0,90.0,100.0,12.35],"
            "\"confidenceCategory\":[\"D\",\"L\",\"M\",\"H\",\"H\",\"D\"]}");
  EXPECT_EQ(pae_json(std::vector<double>{0.26, 31.75, 10.0, 4.96}, 2, false),
            "[{\"predicted_aligned_error\":[[0.3,31.8],[10.0,5.0]],\"max_predicted_aligned_error\":31.75}]");
  EXPECT_EQ(contacts_json(std::vector<double>{0.12345}, 1, true),
            "{\"contact_probs\":[[0.123]],\"contact_distance\":8.0,\"untrained_parameters\":true}");
  EXPECT_THROW(confidence_json(std::vector<float>{std::numeric_limits<float>::infinity()}, false),
               base::Error);
  EXPECT_THROW(pae_json(std::vector<double>{std::nan("")}, 1, false), base::Error);
}

}  // namespace
}  // namespace foldmesh::output
