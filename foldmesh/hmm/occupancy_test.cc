#include "foldmesh/hmm/occupancy.h"

#include <gtest/gtest.h>

namespace foldmesh::hmm {
namespace {

// Probabilities out of the first node sum to a little more than 1, as files may have them, and the next node
// is never reached: its share was negative.
TEST(MatchOccupancy, IsNeverNegative) {
  CoreModel model;
  model.M = 2;
  model.t.resize(3);
  model.t[0][kMM] = 1.0004f;
  model.t[1][kMD] = 1.0f;
  model.t[1][kDM] = 1.0f;
  const std::vector<float> occupancy = match_occupancy(model);
  EXPECT_EQ(occupancy[1], 1.0004f);
  EXPECT_EQ(occupancy[2], 0.0f);
}

}  // namespace
}  // namespace foldmesh::hmm
