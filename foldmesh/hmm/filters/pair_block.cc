#include "foldmesh/hmm/filters/pair_block.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace foldmesh::hmm {
namespace {

// Targets longer than this are scanned alone.
constexpr size_t kLongestGrouped = 2048;
// A multiple of all group sizes but 5 and 7, which no instruction set wants.
constexpr size_t kClusterSize = 24;

constexpr size_t kBucket = 8;  // targets of one bucket differ in length by less
constexpr size_t kBuckets = kLongestGrouped / kBucket + 1;

size_t n_pairs(std::span<const bio::Code> target) { return (target.size() + 1) / 2; }

}  // namespace

void PairBlock::assign(std::vector<std::span<const bio::Code>> targets) {
  targets_ = std::move(targets);
  is_written_ = false;
}

// Longest first, so that no cluster holds one of the longest beside others.
void PairBlock::sort_by_length() {
  const auto bucket = [&](size_t i) {
    const size_t length = targets_[i].size();
    if (length == 0) return kBuckets + 1;
    return length > kLongestGrouped ? 0 : kBuckets - length / kBucket;
  };
  std::array<uint32_t, kBuckets + 3> begin{};
  for (size_t i = 0; i < targets_.size(); ++i) ++begin[bucket(i) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  order_.resize(targets_.size());
  for (size_t i = 0; i < targets_.size(); ++i) order_[begin[bucket(i)]++] = static_cast<uint32_t>(i);
  while (!order_.empty() && targets_[order_.back()].empty()) order_.pop_back();
}

void PairBlock::divide() {
  clusters_.clear();
  size_t offset = 0;
  for (size_t first = 0; first < order_.size(); first += clusters_.back().count) {
    const bool is_long = targets_[order_[first]].size() > kLongestGrouped;
    const size_t count = is_long ? 1 : std::min(kClusterSize, order_.size() - first);
    size_t pitch = 0;
    for (size_t i = 0; i < count; ++i) pitch = std::max(pitch, n_pairs(targets_[order_[first + i]]));
    clusters_.push_back({first, count, offset, pitch});
    // An incomplete group is filled up with targets without residues.
    offset += pitch * (is_long ? 1 : count + kLargestPairGroup - 1);
  }
  pairs_.resize(offset + kWrittenBeyondPairs);
}

void PairBlock::write() {
  sort_by_length();
  divide();
  for (const Cluster& cluster : clusters_) {
    uint16_t* rows = pairs_.data() + cluster.offset;
    for (size_t i = 0; i < cluster.count; ++i, rows += cluster.pitch) {
      write_pairs(targets_[order_[cluster.first + i]], cluster.pitch, rows);
    }
    if (cluster.count == 1) continue;
    std::fill_n(rows, cluster.pitch * (kLargestPairGroup - 1), static_cast<uint16_t>(kNoPair));
  }
  is_written_ = true;
}

void PairBlock::for_each_group(size_t group_size, const OnGroup& on_group) {
  if (!is_written_) write();
  for (const Cluster& cluster : clusters_) {
    for (size_t i = 0; i < cluster.count; i += group_size) {
      const size_t n = std::min(group_size, cluster.count - i);
      const std::span<const uint32_t> indices = std::span(order_).subspan(cluster.first + i, n);
      size_t longest = 0;
      for (const uint32_t index : indices) longest = std::max(longest, n_pairs(targets_[index]));
      on_group({pairs_.data() + cluster.offset + i * cluster.pitch, cluster.pitch, n, longest}, indices);
    }
  }
}

}  // namespace foldmesh::hmm
