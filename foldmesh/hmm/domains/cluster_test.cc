#include "foldmesh/hmm/domains/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace foldmesh::hmm {
namespace {

// `n` traces, each with a domain at these coordinates, from trace number `first` on.
void add(std::vector<DomainSample>& samples, int first, int n, int from, int to, int hmm_from, int hmm_to) {
  for (int trace = first; trace < first + n; ++trace) samples.push_back({trace, from, to, hmm_from, hmm_to});
}

void sort_by_trace(std::vector<DomainSample>& samples) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const DomainSample& a, const DomainSample& b) { return a.trace < b.trace; });
}

TEST(Cluster, SeparatesDomainsInSequenceOrder) {
  std::vector<DomainSample> samples;
  add(samples, 0, 100, 120, 219, 1, 100);
  add(samples, 0, 80, 1, 100, 1, 100);
  sort_by_trace(samples);
  const std::vector<Envelope> envelopes = cluster_samples(samples, 100);
  ASSERT_EQ(envelopes.size(), 2u);
  EXPECT_EQ(envelopes[0].from, 1);
  EXPECT_EQ(envelopes[0].to, 100);
  EXPECT_FLOAT_EQ(envelopes[0].probability, 0.8f);
  EXPECT_EQ(envelopes[1].from, 120);
  EXPECT_FLOAT_EQ(envelopes[1].probability, 1.0f);
}

TEST(Cluster, DropsWhatTooFewTracesHave) {
  std::vector<DomainSample> samples;
  add(samples, 0, 24, 1, 100, 1, 100);
  EXPECT_TRUE(cluster_samples(samples, 100).empty());
  add(samples, 24, 1, 1, 100, 1, 100);
  EXPECT_EQ(cluster_samples(samples, 100).size(), 1u);
}

TEST(Cluster, SeveralDomainsOfOneTraceCountOnce) {
  std::vector<DomainSample> samples;
  for (int trace = 0; trace < 20; ++trace) {
    add(samples, trace, 1, 1, 100, 1, 100);
    add(samples, trace, 1, 2, 101, 2, 101);
  }
  EXPECT_TRUE(cluster_samples(samples, 100).empty());
}

TEST(Cluster, EnvelopeReachesToTheOutermostSupportedEnds) {
  // 2 % of 200 traces are 4: three samples that start at 1 are too few, four that start at 3 suffice.
  std::vector<DomainSample> samples;
  add(samples, 0, 3, 1, 100, 1, 100);
  add(samples, 3, 4, 3, 100, 3, 100);
  add(samples, 7, 189, 5, 100, 5, 100);
  add(samples, 196, 4, 5, 107, 5, 107);
  const std::vector<Envelope> envelopes = cluster_samples(samples, 200);
  ASSERT_EQ(envelopes.size(), 1u);
  EXPECT_EQ(envelopes[0].from, 3);
  EXPECT_EQ(envelopes[0].to, 107);
}

TEST(Cluster, SamePlaceOfTheTargetOnDistantDiagonalsIsNotLinked) {
  std::vector<DomainSample> samples;
  add(samples, 0, 60, 1, 100, 1, 100);
  add(samples, 60, 40, 1, 100, 11, 110);
  const std::vector<Envelope> envelopes = cluster_samples(samples, 100);
  // Two clusters, of which the less probable one is dominated.
  ASSERT_EQ(envelopes.size(), 1u);
  EXPECT_FLOAT_EQ(envelopes[0].probability, 0.6f);
}

TEST(Cluster, PartlyOverlappingEnvelopesBothStay) {
  std::vector<DomainSample> samples;
  add(samples, 0, 60, 1, 100, 1, 100);
  add(samples, 60, 40, 50, 149, 1, 100);
  EXPECT_EQ(cluster_samples(samples, 100).size(), 2u);
}

TEST(Cluster, NothingGivesNothing) { EXPECT_TRUE(cluster_samples({}, 200).empty()); }

}  // namespace
}  // namespace foldmesh::hmm
