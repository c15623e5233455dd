#include "foldmesh/features/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

TEST(SampleRows, IsAPermutationThatStartsWithTheQuery) {
  const MsaSample sample = sample_rows(1000, 100, 7, 0);
  ASSERT_EQ(sample.clusters.size(), 100u);
  EXPECT_EQ(sample.clusters.front(), 0);
  std::vector<int32_t> all = sample.clusters;
  all.insert(all.end(), sample.extra.begin(), sample.extra.end());
  EXPECT_FALSE(std::is_sorted(all.begin(), all.end()));
  std::sort(all.begin(), all.end());
  std::vector<int32_t> wanted(1000);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(all, wanted);

  EXPECT_EQ(sample_rows(1000, 100, 7, 0).extra, sample.extra);
  EXPECT_NE(sample_rows(1000, 100, 7, 1).extra, sample.extra);
  EXPECT_NE(sample_rows(1000, 100, 8, 0).extra, sample.extra);
}

TEST(SampleRows, KeepsAShallowAlignmentWhole) {
  const MsaSample sample = sample_rows(3, 512, 0, 0);
  EXPECT_EQ(sample.clusters.size(), 3u);
  EXPECT_TRUE(sample.extra.empty());
  EXPECT_EQ(sample_rows(1, 512, 0, 0).clusters, std::vector<int32_t>{0});
}

// Every row is equally likely in every place: mean place of row 1 over many seeds.
TEST(SampleRows, IsUnbiased) {
  double sum = 0;
  constexpr int kSeeds = 20'000;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const std::vector<int32_t> rows = sample_rows(11, 11, static_cast<uint64_t>(seed), 0).clusters;
    sum += static_cast<double>(std::find(rows.begin(), rows.end(), 1) - rows.begin());
  }
  // Uniform on 1..10: mean 5.5, standard error sqrt(8.25 / 20000) = 0.02.
  EXPECT_NEAR(sum / kSeeds, 5.5, 0.1);
}

TEST(CropExtra, IsARandomSubset) {
  std::vector<int32_t> extra(50);
  std::iota(extra.begin(), extra.end(), 100);
  std::vector<int32_t> kept = crop_extra(extra, 20, 3, 0);
  ASSERT_EQ(kept.size(), 20u);
  std::sort(kept.begin(), kept.end());
  EXPECT_EQ(std::unique(kept.begin(), kept.end()), kept.end());
  EXPECT_TRUE(kept.front() >= 100 && kept.back() < 150);
  EXPECT_NE(kept, std::vector<int32_t>(extra.begin(), extra.begin() + 20));
  std::vector<int32_t> all = crop_extra(extra, 5120, 3, 0);
  EXPECT_NE(all, extra);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, extra);
}

// Rates of the four replacement kinds. The alignment is all ALA and the profile all TRP, so that each kind
// has letters of its own: mask token 0.7, TRP by profile 0.1, ALA kept 0.1, and 0.1 spread over 20 amino
// acids.
TEST(MaskLetters, FollowsTheStatedRates) {
  constexpr int kAla = 0, kTrp = 17, kRes = 100, kRows = 2000;
  const std::vector<uint8_t> msa(kRes * kRows, kAla);
  std::vector<float> profile(kRes * 22, 0.0f);
  for (int i = 0; i < kRes; ++i) profile[i * 22 + kTrp] = 1.0f;
  const MaskedMsa masked = mask_letters(msa, profile, 11, 2);

  std::vector<int64_t> count(bio::kNumMsaClasses, 0);
  int64_t selected = 0, first_row = 0;
  for (size_t at = 0; at < msa.size(); ++at) {
    if (masked.is_masked[at] == 0) {
      ASSERT_EQ(masked.msa[at], kAla);
      continue;
    }
    ++selected;
    if (at < kRes) ++first_row;
    ++count[masked.msa[at]];
  }
  const double n = static_cast<double>(selected);
  EXPECT_NEAR(n / (kRes * kRows), 0.15, 0.004);  // standard error 0.0008
  EXPECT_GT(first_row, 0);                       // the query is not spared
  EXPECT_NEAR(static_cast<double>(count[bio::kRestypeMask]) / n, 0.7, 0.015);
  EXPECT_NEAR(static_cast<double>(count[kTrp]) / n, 0.105, 0.01);
  EXPECT_NEAR(static_cast<double>(count[kAla]) / n, 0.105, 0.01);
  for (const int other : {1, 5, 19}) EXPECT_NEAR(static_cast<double>(count[other]) / n, 0.005, 0.002);
  EXPECT_EQ(count[bio::kRestypeX], 0);
  EXPECT_EQ(count[bio::kRestypeGap], 0);

  EXPECT_EQ(mask_letters(msa, profile, 11, 2).msa, masked.msa);
  EXPECT_NE(mask_letters(msa, profile, 11, 3).msa, masked.msa);
}

// The documented streams (docs/formats/rng.md): these numbers must not change between versions.
TEST(RandomStream, IsFrozen) {
  EXPECT_EQ(sample_rows(8, 8, 42, 1).clusters, (std::vector<int32_t>{0, 6, 7, 1, 2, 3, 5, 4}));
  std::vector<int32_t> extra(6);
  std::iota(extra.begin(), extra.end(), 0);
  EXPECT_EQ(crop_extra(extra, 6, 42, 1), (std::vector<int32_t>{1, 0, 2, 5, 3, 4}));
}

}  // namespace
}  // namespace foldmesh::features
