// The stage of `fold`: which models are relaxed, resume, and failures that cost nothing.
#include "foldmesh/pipeline/relax_stage.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;
using Timings = std::vector<std::pair<std::string, double>>;

class RelaxStage : public testing::Test {
 protected:
  void predicted(const std::string& name, double confidence, bio::Structure structure) {
    relax::shake(structure, 0.2, models_.size());
    output::write_prediction({name, std::move(structure), {}, {}}, origin_, folder_.path());
    models_.push_back({name, confidence});
  }
  void two_models() {
    predicted("a", 60, relax::ideal_peptide("ACDEFG"));
    predicted("b", 70, relax::ideal_peptide("ACDEFG", {.phi = -120, .psi = 130}));
  }
  Timings run(size_t n_models) {
    for (output::Ranked& model : models_) model.is_relaxed = false;
    Timings timings;
    relax_models(models_, origin_, {.n_models = n_models, .how = {}}, StageStore(folder_.path()), timings);
    output::write_ranking(models_, "plddts", origin_, folder_.path());
    return timings;
  }
  bool exists(const std::string& name) const { return fs::exists(folder_.path() / name); }
  std::string text(const std::string& name) const { return base::read_file(folder_.path() / name); }
  nlohmann::json metrics() const { return nlohmann::json::parse(text("relax_metrics.json")); }

  base::TempFolder folder_{"relax_stage"};
  output::Origin origin_{"target", false};
  std::vector<output::Ranked> models_;
};

TEST_F(RelaxStage, BestAllNone) {
  if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  two_models();
  const Timings best = run(1);
  ASSERT_EQ(best.size(), 1);
  EXPECT_EQ(best.front().first, "relax_b");
  EXPECT_FALSE(exists("relaxed_a.pdb"));
  EXPECT_EQ(text("ranked_0.cif"), text("relaxed_b.cif"));
  EXPECT_EQ(text("ranked_1.pdb"), text("unrelaxed_a.pdb"));
  EXPECT_EQ(metrics().size(), 1);
  EXPECT_EQ(metrics().at("b").at("remaining_violations").size(), 6);
  EXPECT_EQ(metrics().at("b").at("remaining_violations_count"), 0);

  EXPECT_EQ(run(RelaxStageOptions::kAll).size(), 2);
  EXPECT_EQ(text("ranked_1.pdb"), text("relaxed_a.pdb"));
  EXPECT_EQ(metrics().size(), 2);

  EXPECT_TRUE(run(0).empty());
  EXPECT_FALSE(exists("relaxed_a.cif"));
  EXPECT_FALSE(exists("relaxed_b.pdb"));
  EXPECT_FALSE(exists("relax_metrics.json"));
  EXPECT_EQ(text("ranked_0.pdb"), text("unrelaxed_b.pdb"));
}

TEST_F(RelaxStage, TheBestTwo) {
  if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  two_models();
  predicted("c", 70, relax::ideal_peptide("ACDEFG"));  // as good as b, and after it
  predicted("d", 65, relax::ideal_peptide("ACDEFG"));
  const Timings two = run(2);
  ASSERT_EQ(two.size(), 2);
  EXPECT_EQ(two[0].first, "relax_b");
  EXPECT_EQ(two[1].first, "relax_c");
  EXPECT_EQ(text("ranked_1.cif"), text("relaxed_c.cif"));
  EXPECT_EQ(text("ranked_2.cif"), text("unrelaxed_d.cif"));
  EXPECT_EQ(run(3).size(), 3);
  EXPECT_TRUE(exists("relaxed_d.pdb"));
  EXPECT_EQ(run(1).size(), 1);
  EXPECT_FALSE(exists("relaxed_c.pdb")) << "of the earlier run";
}

TEST_F(RelaxStage, ASecondRunChangesNothing) {
  if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  two_models();
  const Timings first = run(1);
  const std::string cif = text("relaxed_b.cif"), json = text("relax_metrics.json");
  const auto written = fs::last_write_time(folder_.path() / "relaxed_b.cif");
  EXPECT_EQ(run(1), first) << "the time it took when it ran";
  EXPECT_EQ(fs::last_write_time(folder_.path() / "relaxed_b.cif"), written);
  EXPECT_EQ(text("relax_metrics.json"), json);
  fs::remove_all(folder_.path() / ".foldmesh");
  run(1);
  EXPECT_EQ(text("relaxed_b.cif"), cif);
  EXPECT_EQ(text("relax_metrics.json"), json);
}

// A chain of one residue has nothing to relax; nor has a build without OpenMM.
TEST_F(RelaxStage, AFailureCostsNothing) {
  predicted("a", 60, relax::ideal_peptide("A"));
  EXPECT_TRUE(run(RelaxStageOptions::kAll).empty());
  EXPECT_EQ(text("ranked_0.cif"), text("unrelaxed_a.cif"));
  EXPECT_FALSE(exists("relaxed_a.cif"));
  EXPECT_NE(metrics().at("a").at("failed").get<std::string>(), "");
}

TEST_F(RelaxStage, UntrainedStructuresAreCutShortAndLabelled) {
  if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  origin_.untrained = true;
  bio::Structure tangle = relax::ideal_peptide(relax::random_sequence(60, 1));
  for (auto& residue : tangle.atom_position) {
    for (auto& p : residue) {
      for (float& x : p) x *= 0.3f;
    }
  }
  predicted("a", 60, tangle);
  run(1);
  const auto rounds = metrics().at("a").at("rounds");
  EXPECT_EQ(rounds.size(), 1);
  EXPECT_EQ(rounds.at(0).at("ended"), "iterations used up");
  EXPECT_EQ(metrics().at("untrained_parameters"), true);
  EXPECT_NE(text("ranked_0.pdb").find("UNTRAINED"), std::string::npos);
}

}  // namespace
}  // namespace foldmesh::pipeline
