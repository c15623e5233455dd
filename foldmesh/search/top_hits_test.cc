#include "foldmesh/search/top_hits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace foldmesh::search {
namespace {

hmm::Hit hit_of(const std::string& name, int64_t index, double p, float score = 50) {
  hmm::Hit hit;
  hit.name = name;
  hit.target_index = index;
  hit.ln_p = std::log(p);
  hit.score = score;
  hmm::Domain domain;
  domain.ln_p = hit.ln_p;
  domain.bit_score = score;
  domain.alignment.seq_from = 1;
  domain.alignment.seq_to = 10;
  hit.domains = {domain};
  return hit;
}

std::vector<hmm::Hit> all(const TopHits& hits) {
  std::vector<hmm::Hit> result;
  hits.for_each([&](const hmm::Hit& hit) { result.push_back(hit); });
  return result;
}

std::vector<std::string> names(const TopHits& hits) {
  std::vector<std::string> result;
  for (const hmm::Hit& hit : all(hits)) result.push_back(hit.name);
  return result;
}

void add(TopHits& hits, const hmm::Hit& hit, int64_t z_at_least = 0) {
  HitList list;
  list.add(hit, hits.thresholds(), z_at_least);
  hits.add(std::move(list));
}

TEST(TopHits, StoresByOrdinalReportsByFinalNumber) {
  Thresholds thresholds;
  thresholds.E = 1;
  TopHits hits(thresholds);
  add(hits, hit_of("early_but_unlikely", 9, 0.05));              // E = 0.5 at its place, 50 in the end
  add(hits, hit_of("late_and_as_unlikely_and_long", 99, 0.05));  // E = 5 at its place: never stored
  add(hits, hit_of("good", 99, 1e-9));
  hits.finish(1000);
  EXPECT_EQ(names(hits), std::vector<std::string>{"good"});
  EXPECT_EQ(hits.longest_name(), std::string("early_but_unlikely").size()) << "stored, though not reported";
  EXPECT_EQ(hits.z(), 1000);
  EXPECT_EQ(hits.dom_z(), 1);
}

TEST(TopHits, KnownFinalNumberForgetsHitsButNotTheirNames) {
  TopHits hits((Thresholds()));
  add(hits, hit_of("unlikely", 0, 0.9), 1000000);
  EXPECT_EQ(hits.memory(), 0u);
  EXPECT_EQ(hits.longest_name(), 8u);
}

TEST(TopHits, GivenZReplacesTheCount) {
  Thresholds thresholds;
  thresholds.Z = 10;
  thresholds.dom_Z = 3;
  TopHits hits(thresholds);
  add(hits, hit_of("a", 1'000'000, 0.5));
  hits.finish(2'000'000);
  ASSERT_EQ(hits.n_reported(), 1);
  EXPECT_DOUBLE_EQ(hits.e_value(all(hits)[0]), 5.0);
  EXPECT_DOUBLE_EQ(hits.conditional_e_value(all(hits)[0].domains[0]), 1.5);
}

TEST(TopHits, OrderDoesNotDependOnArrival) {
  std::vector<hmm::Hit> found = {hit_of("b", 1, 1e-5), hit_of("a", 2, 1e-5), hit_of("c", 0, 1e-9),
                                 hit_of("twin", 7, 1e-7), hit_of("twin", 3, 1e-7)};
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(found.begin(), found.end(), random);
    // In lists of one or several, some of them spilled.
    TopHits hits((Thresholds()));
    const auto file = std::make_shared<base::SpillFile>(testing::TempDir());
    for (size_t i = 0; i < found.size();) {
      HitList list;
      for (size_t n = 1 + random() % 3; n > 0 && i < found.size(); --n)
        list.add(found[i++], hits.thresholds());
      hits.add(std::move(list));
      if (round % 2 == 1 && random() % 2 == 0) hits.spill(file);
    }
    hits.finish(100);
    EXPECT_EQ(names(hits), (std::vector<std::string>{"c", "twin", "twin", "a", "b"}));
    EXPECT_EQ(all(hits)[1].target_index, 3);
  }
}

TEST(TopHits, ThresholdsAcceptEqualityAndNest) {
  Thresholds thresholds;
  thresholds.T = 20.0;
  thresholds.inc_T = 30.0;
  thresholds.dom_T = 20.0;
  thresholds.incdom_T = 30.0;
  TopHits hits(thresholds);
  add(hits, hit_of("at_T", 0, 0.5, 20));
  add(hits, hit_of("at_inc_T", 1, 0.9, 30));
  add(hits, hit_of("below", 2, 1e-30, 19.9f));
  hits.finish(3);
  EXPECT_EQ(names(hits), (std::vector<std::string>{"at_inc_T", "at_T"}))
      << "by score when inclusion is by score";
  EXPECT_EQ(hits.n_included(), 1);
  EXPECT_TRUE(all(hits)[0].domains[0].included);
  EXPECT_TRUE(all(hits)[1].domains[0].reported);
  EXPECT_FALSE(all(hits)[1].domains[0].included);
}

TEST(TopHits, DomainsOfTargetsThatAreNotIncludedAreNot) {
  Thresholds thresholds;
  thresholds.inc_E = 1e-6;
  TopHits hits(thresholds);
  hmm::Hit hit = hit_of("t", 0, 1e-3);
  hit.domains[0].ln_p = std::log(1e-9);
  add(hits, hit);
  hits.finish(1);
  EXPECT_TRUE(all(hits)[0].domains[0].reported);
  EXPECT_FALSE(all(hits)[0].domains[0].included);
}

TEST(TopHits, OverlappingEnvelopesWithOneAlignmentCountOnce) {
  hmm::Hit hit = hit_of("t", 0, 1e-9, 50);
  hit.domains.push_back(hit.domains[0]);
  hit.domains[1].bit_score = 60;
  hit.n_overlaps = 1;
  TopHits hits((Thresholds()));
  add(hits, hit);
  hits.finish(1);
  EXPECT_EQ(all(hits)[0].n_reported, 1);
  EXPECT_EQ(all(hits)[0].n_included, 1);
  EXPECT_FALSE(all(hits)[0].domains[0].reported);
  EXPECT_TRUE(all(hits)[0].domains[1].included);
}

// The rows of the cut alignment must be those of the full one, and memory must have been given back.
TEST(TopHits, LimitedRowsKeepWhatTheyNeed) {
  constexpr size_t kRows = 40;
  constexpr int64_t kTargets = 5000;
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(-40, 0);
  for (const bool with_overlaps : {false, true}) {
    TopHits full((Thresholds())), limited((Thresholds()));
    limited.limit_rows(kRows, kTargets);
    for (int64_t i = 0; i < kTargets; ++i) {
      hmm::Hit hit = hit_of("t" + std::to_string(i), i, std::pow(10.0, exponent(random)));
      hit.domains[0].alignment.aligned = "ACDEF";
      hit.domains[0].ln_p /= 1.0 + static_cast<double>(i % 3);  // some domains fail though the target passes
      hit.n_overlaps = with_overlaps && i % 2 == 0;
      add(full, hit);
      add(limited, hit, kTargets);
    }
    full.finish(kTargets);
    limited.finish(kTargets);
    ASSERT_EQ(names(limited), names(full));
    EXPECT_EQ(limited.n_included(), full.n_included());
    EXPECT_EQ(limited.dom_z(), full.dom_z());
    const std::vector<hmm::Hit> full_hits = all(full), limited_hits = all(limited);
    size_t n_rows = 0, n_dropped = 0;
    for (size_t i = 0; i < full_hits.size(); ++i) {
      const hmm::Domain &expected = full_hits[i].domains[0], &ours = limited_hits[i].domains[0];
      EXPECT_EQ(ours.included, expected.included);
      if (expected.included) {
        if (n_rows < kRows) {
          EXPECT_EQ(ours.alignment.aligned, "ACDEF") << i;
        }
        ++n_rows;
      }
      n_dropped += ours.alignment.aligned.empty();
    }
    EXPECT_GT(n_rows, 10 * kRows);
    EXPECT_GT(n_dropped, full_hits.size() / 2);
  }
}

TEST(TopHits, EValuesBelowTheNormalRangeAreZero) {
  Thresholds thresholds;
  TopHits hits(thresholds);
  hmm::Hit hit = hit_of("t", 0, 1e-9);
  hit.ln_p = -720;  // exp() of it is a denormal number
  add(hits, hit);
  hits.finish(1000000);
  EXPECT_EQ(hits.e_value(all(hits)[0]), 0.0);
}

}  // namespace
}  // namespace foldmesh::search
