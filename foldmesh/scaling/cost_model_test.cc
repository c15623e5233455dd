#include "foldmesh/scaling/cost_model.h"

#include <gtest/gtest.h>

namespace foldmesh::scaling {
namespace {

const std::vector<DatabaseFacts> kDatabases = {
    {"a", 100, 5000, 80}, {"b", 300, 9000, 80}, {"c", 50, 9000, 1000}};

// seconds(database, length) as one unit each.
template <typename F>
std::vector<LengthTimes> made_up(F seconds) {
  std::vector<LengthTimes> lengths;
  for (const size_t length : {16, 32, 64, 96}) {
    LengthTimes times;
    times.query_length = length;
    for (size_t d = 0; d < kDatabases.size(); ++d) {
      times.chunks.push_back({d, seconds(kDatabases[d], length), kDatabases[d].n_residues});
    }
    lengths.push_back(times);
  }
  return lengths;
}

TEST(CostModel, FindsTheCoefficientOfItsOwnLaw) {
  const auto lengths = made_up([](const DatabaseFacts& d, size_t l) {
    return 1e-9 * static_cast<double>(d.n_sequences) * static_cast<double>(d.longest) *
           static_cast<double>(l);
  });
  const CostModel model = fit_published(kDatabases, lengths);
  EXPECT_NEAR(model.coefficient, 1e-9, 1e-18);
  EXPECT_LT(model.largest_departure(), 1e-9);
}

TEST(CostModel, SaysWhereTheLongestSequenceMisleads) {
  // Time goes by residues; database c has one sequence that is much longer than the rest.
  const auto lengths = made_up([](const DatabaseFacts& d, size_t l) {
    return static_cast<double>(d.n_residues) * (1e-9 * static_cast<double>(l) + 5e-9);
  });
  EXPECT_GT(fit_published(kDatabases, lengths).largest_departure(), 0.5);
  const CostModel model = fit_by_residues(kDatabases, lengths);
  EXPECT_NEAR(model.coefficient, 1e-9, 1e-15);
  EXPECT_NEAR(model.constant, 5e-9, 1e-13);
  EXPECT_LT(model.largest_departure(), 1e-6);
}

}  // namespace
}  // namespace foldmesh::scaling
