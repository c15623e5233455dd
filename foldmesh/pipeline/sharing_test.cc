#include "foldmesh/pipeline/sharing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace foldmesh::pipeline {
namespace {

// Cubic in the length; alone up to `most` residues, together up to twice as many; messages take a tenth.
SecondsOf cubic(int64_t most) {
  return [=](int64_t n_res, int n_ranks) -> std::optional<double> {
    if (n_res > (n_ranks == 1 ? most : 2 * most)) return std::nullopt;
    const auto n = static_cast<double>(n_res);
    return n_ranks == 1 ? n * n * n : 1.1 * n * n * n / n_ranks;
  };
}

constexpr int64_t kAny = 1 << 20;

TEST(Sharing, ManyEqualTargetsAreHandedOut) {
  const std::vector<int64_t> lengths(20, 100);
  const Sharing sharing = share_targets(lengths, 4, cubic(kAny));
  EXPECT_EQ(sharing, (Sharing{0, 0, 5e6}));
}

TEST(Sharing, OneTargetIsPredictedTogether) {
  const std::vector<int64_t> lengths = {100};
  EXPECT_EQ(share_targets(lengths, 4, cubic(kAny)).n_together, 1);
}

TEST(Sharing, OneLongTargetAmongShortOnes) {
  std::vector<int64_t> lengths(9, 50);
  lengths[0] = 400;
  EXPECT_EQ(share_targets(lengths, 4, cubic(kAny)).n_together, 1);
}

TEST(Sharing, WhatDoesNotFitOnOneRankOrNowhere) {
  const std::vector<int64_t> lengths = {500, 350, 250, 80, 80, 80, 80};
  const Sharing sharing = share_targets(lengths, 2, cubic(200));
  EXPECT_EQ(sharing.n_too_large, 1);
  EXPECT_EQ(sharing.n_together, 3);
  const std::vector<int64_t> huge = {1000, 900};
  EXPECT_EQ(share_targets(huge, 2, cubic(200)), (Sharing{2, 2, 0}));
}

// Against all divisions, computed in the plainest way.
TEST(Sharing, NoDivisionIsMuchBetter) {
  uint64_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> lengths;
    for (int i = 0; i < 1 + round % 13; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      lengths.push_back(20 + static_cast<int64_t>(state >> 33) % 400);
    }
    std::sort(lengths.rbegin(), lengths.rend());
    const int n_ranks = 2 + round % 5;
    const SecondsOf seconds_of = cubic(300);
    double best = std::numeric_limits<double>::infinity();
    for (size_t k = 0; k <= lengths.size(); ++k) {
      double together = 0;
      std::vector<double> busy(static_cast<size_t>(n_ranks));
      for (size_t i = 0; i < lengths.size(); ++i) {
        if (i < k) {
          together += seconds_of(lengths[i], n_ranks).value();
        } else {
          *std::min_element(busy.begin(), busy.end()) += seconds_of(lengths[i], 1).value_or(INFINITY);
        }
      }
      best = std::min(best, together + *std::max_element(busy.begin(), busy.end()));
    }
    EXPECT_LE(share_targets(lengths, n_ranks, seconds_of).seconds, best / 0.85 * (1 + 1e-12)) << round;
  }
}

TEST(Sharing, ManyLengthsArePlannedQuickly) {
  std::vector<int64_t> lengths;
  for (int64_t n = 1000; n >= 100; --n) lengths.push_back(n);
  std::vector<model::ModelConfig> models = {model::model_by_name("model_3_ptm")};
  const plan::Mesh mesh = plan::parse_mesh("cpu:2");
  const SecondsOf seconds_of = planned_seconds(lengths, models, mesh.machine, {});
  double last = std::numeric_limits<double>::infinity();
  for (const int64_t n : lengths) {
    const std::optional<double> seconds = seconds_of(n, 1);
    ASSERT_TRUE(seconds);
    EXPECT_LT(*seconds, last) << n;
    last = *seconds;
  }
}

TEST(Sharing, MessagesComeBack) {
  TargetMsas msas;
  msas.files = {{"uniref90", "out/a b/msas/uniref90_hits.sto"}, {"", "x.a3m", "B"}};
  msas.search_seconds = {{"uniref90", 1.5}};
  const std::vector<TargetItem> items =
      decode_targets(encode_targets(std::vector<TargetItem>{{7, msas}, {9, {}}}));
  ASSERT_EQ(items.size(), 2);
  EXPECT_EQ(items[0].target, 7);
  EXPECT_EQ(items[1].target, 9);
  const TargetMsas& decoded = items[0].msas;
  ASSERT_EQ(decoded.files.size(), 2);
  EXPECT_EQ(decoded.files[0].database, "uniref90");
  EXPECT_EQ(decoded.files[1].path, "x.a3m");
  EXPECT_EQ(decoded.files[1].chain, "B");
  EXPECT_EQ(decoded.search_seconds, msas.search_seconds);
  EXPECT_EQ(decode_prediction(encode_prediction(3, 4)), (std::pair<size_t, size_t>{3, 4}));
}

}  // namespace
}  // namespace foldmesh::pipeline
