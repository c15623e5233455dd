#include "foldmesh/features/process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/msa_clusters.h"

namespace foldmesh::features {
namespace {

// A made-up family: every row is the query with some letters and gaps changed.
RawFeatures made_up(int64_t n_seq, int64_t n_res) {
  base::Rng rng(1);
  RawFeatures raw;
  raw.n_seq = n_seq;
  for (int64_t i = 0; i < n_res; ++i) {
    raw.sequence += bio::kRestypeLetters[rng.below(21)];
    raw.residue_index.push_back(static_cast<int32_t>(i));
  }
  raw.between_segment_residues.assign(static_cast<size_t>(n_res), 0);
  for (int64_t r = 0; r < n_seq; ++r) {
    for (int64_t i = 0; i < n_res; ++i) {
      const bool change = r > 0 && rng.uniform() < 0.6;
      raw.msa.push_back(change ? static_cast<uint8_t>(rng.below(22))
                               : static_cast<uint8_t>(bio::hhblits_id(raw.sequence[static_cast<size_t>(i)])));
      raw.deletions.push_back(r > 0 && rng.uniform() < 0.1 ? static_cast<int32_t>(rng.below(9)) : 0);
    }
  }
  raw.species.resize(static_cast<size_t>(n_seq));
  return raw;
}

bool same(const FeatureSet& a, const FeatureSet& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, array] : a) {
    const tensor::Tensor& other = b.at(name);
    if (array.shape() != other.shape() || array.dtype() != other.dtype()) return false;
    if (std::memcmp(array.view().data, other.view().data, array.bytes()) != 0) return false;
  }
  return true;
}

const FeatureConfig kSmall{.model = "test", .max_msa_clusters = 12, .max_extra_msa = 20, .templates = false};

TEST(FeatureConfig, KnowsTheTable) {
  EXPECT_EQ(feature_config("model_1").max_msa_clusters, 508);
  EXPECT_EQ(feature_config("model_2_ptm").max_extra_msa, 1024);
  EXPECT_TRUE(feature_config("model_2_ptm").templates);
  EXPECT_EQ(feature_config("model_3").max_msa_clusters, 512);
  EXPECT_EQ(feature_config("model_4_ptm").max_extra_msa, 5120);
  EXPECT_EQ(feature_config("model_5").max_extra_msa, 1024);
  EXPECT_FALSE(feature_config("model_5").templates);
  for (const char* bad : {"model_6", "model_1_multimer_v3", "", "model_1_ptm_ptm"}) {
    EXPECT_THROW(feature_config(bad), base::Error) << bad;
  }
}

TEST(Process, HasTheShapesOfTheModel) {
  const RawFeatures raw = made_up(40, 9);
  base::ThreadPool pool(2);
  const FeatureSet out = process(raw, kSmall, 5, 4, pool);
  const auto shape = [&](const char* name) { return out.at(name).shape(); };
  using tensor::Shape;
  EXPECT_EQ(shape("aatype"), (Shape{9}));
  EXPECT_EQ(shape("target_feat"), (Shape{9, 22}));
  EXPECT_EQ(shape("msa_feat"), (Shape{4, 12, 9, 49}));
  EXPECT_EQ(shape("msa_mask"), (Shape{4, 12, 9}));
  EXPECT_EQ(shape("extra_msa"), (Shape{4, 20, 9}));
  EXPECT_EQ(out.count("template_mask"), 0u);
  for (const float mask : out.at("extra_msa_mask").span<float>()) EXPECT_EQ(mask, 1.0f);

  FeatureConfig with_templates = kSmall;
  with_templates.templates = true;
  const FeatureSet more = process(raw, with_templates, 5, 1, pool);
  EXPECT_EQ(more.at("template_all_atom_positions").shape(), (Shape{4, 9, 37, 3}));
  for (const float mask : more.at("template_mask").span<float>()) EXPECT_EQ(mask, 0.0f);
}

TEST(Process, DependsOnSeedAndPassButNotOnThreads) {
  const RawFeatures raw = made_up(70, 33);
  base::ThreadPool one(1), four(4);
  const FeatureSet a = process(raw, kSmall, 5, 2, one);
  EXPECT_TRUE(same(a, process(raw, kSmall, 5, 2, four)));
  EXPECT_FALSE(same(a, process(raw, kSmall, 6, 2, four)));

  // One pass alone is that slice of the whole.
  const FeatureSet second = Processor(raw, kSmall, 5, four).pass_features(1);
  for (const std::string_view name : kPerPassFeatures) {
    const tensor::Tensor& whole = a.at(std::string(name));
    const tensor::Tensor& part = second.at(std::string(name));
    const auto* bytes = static_cast<const std::byte*>(whole.view().data);
    EXPECT_EQ(std::memcmp(bytes + part.bytes(), part.view().data, part.bytes()), 0) << name;
    EXPECT_EQ(whole.bytes(), 2 * part.bytes());
  }
  EXPECT_NE(std::memcmp(a.at("extra_msa").view().data, second.at("extra_msa").view().data,
                        second.at("extra_msa").bytes()),
            0);
}

// A shallow alignment keeps its real depth, and an empty extra MSA is one masked row.
TEST(Process, HandlesSingleSequences) {
  base::ThreadPool pool(1);
  const FeatureSet out = process(made_up(1, 6), kSmall, 0, 2, pool);
  EXPECT_EQ(out.at("msa_feat").dim(1), 1);
  EXPECT_EQ(out.at("extra_msa").shape(), (tensor::Shape{2, 1, 6}));
  for (const float mask : out.at("extra_msa_mask").span<float>()) EXPECT_EQ(mask, 0.0f);
  for (const float mask : out.at("msa_mask").span<float>()) EXPECT_EQ(mask, 1.0f);
}

TEST(NearestClusters, TakesTheFirstOfEqualsAndIgnoresGaps) {
  constexpr uint8_t kG = bio::kRestypeGap, kM = bio::kRestypeMask;
  const std::vector<uint8_t> clusters = {kG, kG, 3, 4,   //
                                         1,  2,  3, kM,  //
                                         1,  2,  3, 4,   //
                                         1,  2,  3, 4};
  const std::vector<uint8_t> letters = {1, 2, 3, 4, kG, kG, 5, 4, kG, kG, kG, kG};
  const std::vector<int32_t> deletions(letters.size(), 0);
  base::ThreadPool pool(2);
  const std::vector<int32_t> extra = {0, 1, 2};
  EXPECT_EQ(nearest_clusters(clusters, {letters, deletions, 4}, extra, pool),
            (std::vector<int32_t>{2, 0, 0}));
}

// More columns than one block of byte counters can hold (255 vectors).
TEST(NearestClusters, CountsLongRowsExactly) {
  constexpr int64_t kRes = 40'000;
  std::vector<uint8_t> clusters(2 * kRes, 1);
  for (int64_t i = 0; i < 3; ++i) clusters[kRes - 1 - i] = 2;  // cluster 0 agrees in three columns less
  const std::vector<uint8_t> letters(kRes, 1);
  const std::vector<int32_t> deletions(kRes, 0);
  base::ThreadPool pool(1);
  EXPECT_EQ(nearest_clusters(clusters, {letters, deletions, kRes}, std::vector<int32_t>{0}, pool),
            std::vector<int32_t>{1});
}

class ProcessedFile : public ::testing::Test {
 protected:
  const base::TempFolder folder_{"process_test"};
  const std::filesystem::path path_ = folder_.path() / "processed.npz";
  FeatureSet make() {
    base::ThreadPool pool(1);
    FeatureConfig config = kSmall;
    config.templates = true;
    return process(made_up(40, 9), config, 5, 2, pool);
  }
  std::string error() {
    try {
      read_processed_features(tensor::NpzReader(path_));
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      const std::string what = error.what();
      return what.substr(what.find(": ") + 2);
    }
    return "no error";
  }
};

TEST_F(ProcessedFile, RoundTrip) {
  const FeatureSet features = make();
  write_processed_features(features, path_);
  const tensor::NpzReader file(path_);
  EXPECT_TRUE(is_processed(file));
  EXPECT_TRUE(same(read_processed_features(file), features));
}

TEST_F(ProcessedFile, RefusesIndicesAndShapesThatDoNotFit) {
  FeatureSet features = make();
  features.at("extra_msa").as<int32_t>()[17] = 23;
  write_processed_features(features, path_);
  EXPECT_EQ(error(), "'extra_msa' holds 23 (expected 0..22)");

  features = make();
  features.at("aatype").as<int32_t>()[0] = -1;
  write_processed_features(features, path_);
  EXPECT_EQ(error(), "'aatype' holds -1 (expected 0..20)");

  features = make();
  features.insert_or_assign("msa_mask", tensor::Tensor(tensor::DType::kF32, {2, 11, 9}));
  write_processed_features(features, path_);
  EXPECT_EQ(error(), "'msa_mask' has shape [2,11,9] (expected [2,12,9])");

  features = make();
  features.erase("template_mask");
  write_processed_features(features, path_);
  EXPECT_NE(error().find("template_mask"), std::string::npos);
}

TEST_F(ProcessedFile, NamesMayHaveTheInputPrefix) {
  const FeatureSet features = make();
  FeatureSet prefixed;
  for (const auto& [name, array] : features) prefixed.emplace("in_" + name, array.clone());
  write_processed_features(prefixed, path_);
  const tensor::NpzReader file(path_);
  EXPECT_TRUE(is_processed(file));
  EXPECT_TRUE(same(read_processed_features(file), features));
}

TEST_F(ProcessedFile, ListsAllProblemsAtOnce) {
  FeatureSet features = make();
  features.erase("msa_feat");
  features.erase("seq_mask");
  features.insert_or_assign("residue_index", tensor::Tensor(tensor::DType::kI32, {3}));
  features.at("target_feat").as<float>()[1] = NAN;
  write_processed_features(features, path_);
  EXPECT_TRUE(is_processed(tensor::NpzReader(path_)));
  EXPECT_EQ(
      error(),
      "missing features: seq_mask, msa_feat; 'residue_index' has shape [3] (expected [9]); 'target_feat' "
      "holds a number that is not finite");
}

}  // namespace
}  // namespace foldmesh::features
