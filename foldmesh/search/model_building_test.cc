#include "foldmesh/search/model_building.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/hmm/hmm_file.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class ModelBuilding : public testing::Test {
 protected:
  ModelBuilding()
      : folder_(fs::path(testing::TempDir()) / fmt::format("model_building_{}", ::getpid())), pool_(2) {
    fs::create_directories(folder_);
  }
  ~ModelBuilding() override { fs::remove_all(folder_); }

  fs::path input(const std::string& name, const std::string& text) {
    base::write_file_atomically(folder_ / name, text);
    return folder_ / name;
  }
  std::vector<hmm::CoreModel> build(const fs::path& path, AlignmentFormat format = AlignmentFormat::kGuess,
                                    const ModelBuildingOptions& options = {}) {
    summary_ = build_models(path, format, folder_ / "x.hmm", options, {}, pool_);
    return hmm::read_hmm_file(folder_ / "x.hmm");
  }
  std::string message(const fs::path& path, AlignmentFormat format = AlignmentFormat::kGuess,
                      const ModelBuildingOptions& options = {}) {
    try {
      build(path, format, options);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      EXPECT_FALSE(fs::exists(folder_ / "x.hmm"));
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
  base::ThreadPool pool_;
  std::string summary_;
};

TEST_F(ModelBuilding, SingleSequencesByMatrixEqualGoldenFiles) {
  ModelBuildingOptions options;
  options.single_by_matrix = true;
  for (const std::string id : {"s03", "s04", "s05"}) {
    const fs::path path = kGolden + "qf/" + id + ".fasta";
    build_models(path, AlignmentFormat::kAlignedFasta, folder_ / "x.hmm", options, {}, pool_);
    const std::string ours = base::read_file(folder_ / "x.hmm"),
                      expected = base::read_file(kGolden + "hmm/" + id + ".hmm");
    EXPECT_EQ(ours.substr(ours.find('\n')), expected.substr(expected.find('\n'))) << id;
  }
}

TEST_F(ModelBuilding, FormatsAgree) {
  // The same alignment three times; A3M keeps its columns as reference annotation.
  const std::string stockholm =
      "# STOCKHOLM 1.0\n#=GF ID fam\n\na ACDEFG..HIK\nb ACDEFGWWHIK\nc ACD-FG..HIK\n//\n";
  const auto from_stockholm = build(input("fam.sto", stockholm));
  const auto from_afa = build(input("fam.afa", ">a\nACDEFG--\nHIK\n>b\nACDEFGWWHIK\n>c\nACD-FG..HIK\n"));
  const auto from_a3m = build(input("fam.a3m", ">a\nACDEFGHIK\n>b desc\nACDEFGwwHIK\n>c\nACD-FGHIK\n"));
  ASSERT_EQ(from_stockholm.size(), 1u);
  for (const auto& models : {from_afa, from_a3m}) {
    ASSERT_EQ(models.size(), 1u);
    EXPECT_EQ(models[0].name, "fam");
    EXPECT_EQ(models[0].M, 9);
    EXPECT_EQ(models[0].checksum, from_stockholm[0].checksum);
    EXPECT_EQ(models[0].mat, from_stockholm[0].mat);
  }
  EXPECT_EQ(from_a3m[0].rf, "xxxxxxxxx");
  EXPECT_NE(summary_.find("fam"), std::string::npos);
}

TEST_F(ModelBuilding, ManyAlignmentsInOrder) {
  std::string text;
  for (int i = 0; i < 130; ++i)
    text += fmt::format("# STOCKHOLM 1.0\n#=GF ID fam{}\n\na ACDEF\nb ACDEF\n//\n", i);
  const auto models = build(input("many.sto", text));
  ASSERT_EQ(models.size(), 130u);
  for (int i = 0; i < 130; ++i) EXPECT_EQ(models[i].name, fmt::format("fam{}", i));
}

TEST_F(ModelBuilding, ErrorsNameFileAndCause) {
  const std::string unnamed = "# STOCKHOLM 1.0\n\na ACDEF\n//\n";
  ModelBuildingOptions named;
  named.name = "x";
  EXPECT_NE(message(input("two.sto", unnamed + unnamed)).find("two.sto: alignment 1 has no name"),
            std::string::npos);
  EXPECT_NE(message(folder_ / "two.sto", AlignmentFormat::kGuess, named).find("-n names one model"),
            std::string::npos);
  EXPECT_NE(message(input("empty", "")).find("empty"), std::string::npos);
  EXPECT_NE(message(input("junk", "hello\n")).find("junk:1: expected an alignment"), std::string::npos);
  EXPECT_NE(message(input("ragged", ">a\nACD\n>b\nAC\n"), AlignmentFormat::kAlignedFasta)
                .find("ragged:3: 'b' has 2 columns (expected 3"),
            std::string::npos);
  EXPECT_NE(message(input("digit", ">a\nAC1\n>b\nACD\n")).find("digit:2: illegal character '1'"),
            std::string::npos);
  ModelBuildingOptions hand;
  hand.msa.architecture = hmm::Architecture::kHand;
  EXPECT_NE(
      message(input("norf.sto", unnamed), AlignmentFormat::kGuess, hand).find("norf.sto: alignment norf"),
      std::string::npos);
  const fs::path dna = input("dna.afa", ">a\nACGTACGTACGTACGTACGT\n>b\nACGTACGTACGTACGTACGA\n");
  EXPECT_NE(message(dna).find("looks like nucleotides"), std::string::npos);
  ModelBuildingOptions asserted;
  asserted.is_protein = true;
  EXPECT_EQ(build(dna, AlignmentFormat::kGuess, asserted).size(), 1u);
}

}  // namespace
}  // namespace foldmesh::search
