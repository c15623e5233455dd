#include "foldmesh/hmm/domains/cluster.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

namespace foldmesh::hmm {
namespace {

constexpr float kMinOverlap = 0.8f;         // of the shorter one
constexpr int kMaxDiagonalDistance = 4;     // residues
constexpr float kMinProbability = 0.25f;    // of a cluster
constexpr float kMinEndpointShare = 0.02f;  // of a cluster's traces, for an outermost coordinate

float overlap_share(int overlap, int length_a, int length_b) {
  return static_cast<float>(overlap) / static_cast<float>(std::min(length_a, length_b));
}

bool linked(const DomainSample& a, const DomainSample& b) {
  const int in_target = std::min(a.seq_to, b.seq_to) - std::max(a.seq_from, b.seq_from) + 1;
  if (overlap_share(in_target, a.seq_to - a.seq_from + 1, b.seq_to - b.seq_from + 1) < kMinOverlap)
    return false;
  // One less than the number of shared nodes: the reference's definition.
  const int in_model = std::min(a.hmm_to, b.hmm_to) - std::max(a.hmm_from, b.hmm_from);
  if (overlap_share(in_model, a.hmm_to - a.hmm_from + 1, b.hmm_to - b.hmm_from + 1) < kMinOverlap)
    return false;
  const int start_distance = (a.seq_from - a.hmm_from) - (b.seq_from - b.hmm_from);
  const int end_distance = (a.seq_to - a.hmm_to) - (b.seq_to - b.hmm_to);
  return std::abs(start_distance) <= kMaxDiagonalDistance || std::abs(end_distance) <= kMaxDiagonalDistance;
}

using Cluster = std::vector<int>;  // indices of samples, ascending

// Connected components by depth-first search. Samples not reached yet wait in a pool from which removal swaps
// in the last; that decides the order of the components, which breaks ties between envelopes that start
// together.
std::vector<Cluster> single_linkage(const std::vector<DomainSample>& samples) {
  std::vector<int> pool(samples.size()), open;
  for (size_t n = 0; n < pool.size(); ++n) pool[n] = static_cast<int>(pool.size() - 1 - n);
  std::vector<Cluster> clusters;
  while (!pool.empty()) {
    Cluster& cluster = clusters.emplace_back();
    open.push_back(pool.back());
    pool.pop_back();
    while (!open.empty()) {
      const int member = open.back();
      open.pop_back();
      cluster.push_back(member);
      for (size_t n = pool.size(); n-- > 0;) {
        if (!linked(samples[member], samples[pool[n]])) continue;
        open.push_back(pool[n]);
        pool[n] = pool.back();
        pool.pop_back();
      }
    }
    std::sort(cluster.begin(), cluster.end());
  }
  return clusters;
}

int count_traces(const std::vector<DomainSample>& samples, const Cluster& cluster) {
  int n = 0, last = -1;
  for (int member : cluster) {
    if (samples[member].trace != last) ++n;
    last = samples[member].trace;
  }
  return n;
}

// The outermost coordinate that at least `threshold` members agree on; if there is none, the commonest
// (lowest on ties).
int endpoint(const std::vector<DomainSample>& samples, const Cluster& cluster, int DomainSample::*coordinate,
             bool highest, int threshold) {
  std::map<int, int> counts;
  for (int member : cluster) ++counts[samples[member].*coordinate];
  std::optional<int> outermost;
  for (const auto& [value, count] : counts) {
    if (count < threshold) continue;
    if (!outermost || highest) outermost = value;
  }
  if (outermost) return *outermost;
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  return std::max_element(counts.begin(), counts.end(), fewer)->first;
}

std::optional<Envelope> envelope_of(const std::vector<DomainSample>& samples, const Cluster& cluster,
                                    int n_traces) {
  const int n = count_traces(samples, cluster);
  const float probability = static_cast<float>(n) / static_cast<float>(n_traces);
  if (probability < kMinProbability) return std::nullopt;
  const int threshold = static_cast<int>(std::ceil(static_cast<float>(n) * kMinEndpointShare));
  const int from = endpoint(samples, cluster, &DomainSample::seq_from, false, threshold);
  const int to = endpoint(samples, cluster, &DomainSample::seq_to, true, threshold);
  const int hmm_from = endpoint(samples, cluster, &DomainSample::hmm_from, false, threshold);
  const int hmm_to = endpoint(samples, cluster, &DomainSample::hmm_to, true, threshold);
  if (from > to || hmm_from > hmm_to) return std::nullopt;
  return Envelope{from, to, probability};
}

// `envelopes` in order of `from`.
std::vector<Envelope> without_dominated(const std::vector<Envelope>& envelopes) {
  std::vector<bool> dominated(envelopes.size(), false);
  for (size_t a = 0; a < envelopes.size(); ++a) {
    for (size_t b = a + 1; b < envelopes.size(); ++b) {
      const Envelope &first = envelopes[a], &second = envelopes[b];
      const int overlap = std::min(first.to, second.to) - std::max(first.from, second.from) + 1;
      if (overlap == 0) break;
      if (overlap_share(overlap, first.to - first.from + 1, second.to - second.from + 1) < kMinOverlap)
        continue;
      dominated[first.probability > second.probability ? b : a] = true;
    }
  }
  std::vector<Envelope> kept;
  for (size_t n = 0; n < envelopes.size(); ++n) {
    if (!dominated[n]) kept.push_back(envelopes[n]);
  }
  return kept;
}

}  // namespace

std::vector<Envelope> cluster_samples(const std::vector<DomainSample>& samples, int n_traces) {
  std::vector<Envelope> envelopes;
  for (const Cluster& cluster : single_linkage(samples)) {
    if (const auto envelope = envelope_of(samples, cluster, n_traces)) envelopes.push_back(*envelope);
  }
  std::stable_sort(envelopes.begin(), envelopes.end(),
                   [](const Envelope& a, const Envelope& b) { return a.from < b.from; });
  return without_dominated(envelopes);
}

}  // namespace foldmesh::hmm
