#include "foldmesh/hmm/domains/regions.h"

#include <algorithm>

namespace foldmesh::hmm {
namespace {

constexpr float kTrigger = 0.25f;    // occupancy that makes a region
constexpr float kInside = 0.10f;     // probability of being inside, below which a region begins and ends
constexpr float kSecondEnd = 0.20f;  // expected domains that end before another one begins

// Is there a residue with a sizeable chance that one domain ends at or before it and another begins at or
// after it?
bool may_hold_several(const DomainTracks& tracks, int from, int to) {
  float most = -1.0f;
  for (int z = from; z <= to; ++z) {
    const float ended = tracks.ends[z] - tracks.ends[from - 1];
    const float to_begin = tracks.begins[to] - tracks.begins[z - 1];
    most = std::max(most, std::min(ended, to_begin));
  }
  return most >= kSecondEnd;
}

}  // namespace

std::vector<Region> find_regions(const DomainTracks& tracks) {
  std::vector<Region> regions;
  int from = 0;  // 0: none yet
  bool triggered = false;
  const int L = static_cast<int>(tracks.occupancy.size()) - 1;
  for (int j = 1; j <= L; ++j) {
    const float occupancy = tracks.occupancy[j];
    if (!triggered) {
      const bool outside_before = occupancy - (tracks.begins[j] - tracks.begins[j - 1]) < kInside;
      if (outside_before || from == 0) from = j;
      triggered = occupancy >= kTrigger;
    } else if (occupancy - (tracks.ends[j] - tracks.ends[j - 1]) < kInside) {
      regions.push_back({from, j, may_hold_several(tracks, from, j)});
      from = 0;
      triggered = false;
    }
  }
  return regions;
}

}  // namespace foldmesh::hmm
