// The deterministic steps against numbers of the original program (tests/golden/af2/README.md: exact,
// profiles and arc tangents within one unit in the last place).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/msa_clusters.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::features {
namespace {

void expect_within_one_ulp(std::span<const float> actual, std::span<const float> expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const float low = std::nextafter(expected[i], -std::numeric_limits<float>::infinity());
    const float high = std::nextafter(expected[i], std::numeric_limits<float>::infinity());
    ASSERT_TRUE(actual[i] >= low && actual[i] <= high) << i << ": " << actual[i] << " for " << expected[i];
  }
}

class GoldenFeatures : public ::testing::Test {
 protected:
  GoldenFeatures() : file_(FOLDMESH_TESTS_DIR "/golden/af2/modules/features_monomer.npz") {
    const auto append = [&](const char* letters, const char* deletions) {
      for (const int32_t letter : file_.view(letters).span<int32_t>())
        letters_.push_back(static_cast<uint8_t>(letter));
      for (const float count : file_.view(deletions).span<float>())
        deletions_.push_back(static_cast<int32_t>(count));
    };
    append("in_msa_masked", "in_deletion_matrix");
    clusters_ = letters_;
    append("in_extra_msa", "in_extra_deletion_matrix");
    n_res_ = file_.view("in_aatype").dim(0);
    cluster_rows_.resize(clusters_.size() / n_res_);
    std::iota(cluster_rows_.begin(), cluster_rows_.end(), 0);
    extra_.resize((letters_.size() - clusters_.size()) / n_res_);
    std::iota(extra_.begin(), extra_.end(), static_cast<int32_t>(cluster_rows_.size()));
  }

  std::span<const float> expected(const char* name) { return file_.view(name).span<float>(); }
  Alignment alignment() const { return {letters_, deletions_, n_res_}; }

  tensor::NpzReader file_;
  int64_t n_res_ = 0;
  std::vector<uint8_t> clusters_, letters_;
  std::vector<int32_t> deletions_, cluster_rows_, extra_;
  base::ThreadPool pool_{2};
};

TEST_F(GoldenFeatures, Profile) {
  std::vector<uint8_t> raw;
  for (const int32_t letter : file_.view("in_raw_msa").span<int32_t>())
    raw.push_back(static_cast<uint8_t>(letter));
  const std::vector<int32_t> no_deletions(raw.size(), 0);
  expect_within_one_ulp(column_profile({raw, no_deletions, n_res_}, pool_), expected("out_hhblits_profile"));
}

TEST_F(GoldenFeatures, ClustersAndMsaFeat) {
  const std::vector<int32_t> assignment = nearest_clusters(clusters_, alignment(), extra_, pool_);
  const auto wanted = file_.view("out_extra_cluster_assignment").span<int32_t>();
  EXPECT_EQ(assignment, std::vector<int32_t>(wanted.begin(), wanted.end()));

  const ClusterSummary summary =
      summarize_clusters(clusters_, cluster_rows_, alignment(), extra_, assignment, pool_);
  expect_within_one_ulp(summary.profile, expected("out_cluster_profile"));
  expect_within_one_ulp(summary.deletion_mean, expected("out_cluster_deletion_mean"));

  std::vector<float> msa_feat(clusters_.size() * kMsaFeatChannels, -1.0f);
  make_msa_feat(clusters_, cluster_rows_, alignment(), summary, pool_, msa_feat);
  expect_within_one_ulp(msa_feat, expected("out_msa_feat"));
}

TEST_F(GoldenFeatures, TargetAndExtraFeatures) {
  const std::vector<int32_t> no_breaks(n_res_, 0);
  std::vector<float> target(n_res_ * kTargetFeatChannels, -1.0f);
  make_target_feat(file_.view("in_aatype").span<int32_t>(), no_breaks, target);
  expect_within_one_ulp(target, expected("out_target_feat"));

  std::vector<float> has, value;
  for (const float count : expected("in_extra_deletion_matrix")) {
    has.push_back(has_deletion(count));
    value.push_back(deletion_value(count));
  }
  expect_within_one_ulp(has, expected("out_extra_has_deletion"));
  expect_within_one_ulp(value, expected("out_extra_deletion_value"));
}

}  // namespace
}  // namespace foldmesh::features
