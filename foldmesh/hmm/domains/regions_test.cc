#include "foldmesh/hmm/domains/regions.h"

#include <gtest/gtest.h>

namespace foldmesh::hmm {
namespace {

// Tracks of a target of length L with certain domains at the given places.
DomainTracks tracks_of(int L, const std::vector<std::pair<int, int>>& domains) {
  DomainTracks tracks;
  for (auto* track : {&tracks.occupancy, &tracks.begins, &tracks.ends}) track->assign(L + 1, 0.0f);
  for (const auto& [from, to] : domains) {
    for (int i = 1; i <= L; ++i) {
      if (i >= from && i <= to) tracks.occupancy[i] = 1.0f;
      if (i >= from) tracks.begins[i] += 1.0f;
      if (i >= to) tracks.ends[i] += 1.0f;
    }
  }
  return tracks;
}

TEST(Regions, OneDomainIsOneRegion) {
  const std::vector<Region> regions = find_regions(tracks_of(50, {{11, 30}}));
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].from, 11);
  EXPECT_EQ(regions[0].to, 30);
  EXPECT_FALSE(regions[0].several);
}

TEST(Regions, SeparateDomainsAreSeparateRegions) {
  EXPECT_EQ(find_regions(tracks_of(90, {{11, 30}, {40, 60}})).size(), 2u);
}

TEST(Regions, UncertainBorderBetweenDomainsMeansSeveral) {
  DomainTracks tracks = tracks_of(60, {{11, 30}, {31, 50}});
  // Half of the probability ends the first domain two residues earlier and begins the second that much
  // earlier.
  tracks.ends[28] += 0.5f;
  tracks.ends[29] += 0.5f;
  tracks.begins[29] += 0.5f;
  tracks.begins[30] += 0.5f;
  const std::vector<Region> regions = find_regions(tracks);
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].to, 50);
  EXPECT_TRUE(regions[0].several);
}

TEST(Regions, LowOccupancyTriggersNothing) {
  DomainTracks tracks = tracks_of(50, {});
  for (int i = 10; i <= 40; ++i) tracks.occupancy[i] = 0.24f;
  EXPECT_TRUE(find_regions(tracks).empty());
}

TEST(Regions, OneStillOpenAtTheEndIsDropped) {
  DomainTracks tracks = tracks_of(50, {{30, 50}});
  EXPECT_EQ(find_regions(tracks).size(), 1u);
  tracks.ends[50] = 0.0f;
  EXPECT_TRUE(find_regions(tracks).empty());
}

TEST(Regions, EndIsNotLookedForAtTheTriggeringResidue) {
  // One residue that begins and ends a domain triggers, and the region closes only at the residue after it.
  const std::vector<Region> regions = find_regions(tracks_of(20, {{10, 10}}));
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].from, 10);
  EXPECT_EQ(regions[0].to, 11);
}

}  // namespace
}  // namespace foldmesh::hmm
