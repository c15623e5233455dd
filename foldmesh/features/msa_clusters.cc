#include "foldmesh/features/msa_clusters.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

constexpr int kProfileClasses = 22;

// 16 bytes are a vector on every x86-64 and Arm machine; four independent sums keep its units busy.
constexpr int64_t kLanes = 16, kStep = 4 * kLanes;
using Bytes [[gnu::vector_size(kLanes)]] = uint8_t;

// Rows are padded to whole steps. Padding bytes and gaps differ between the two sides of a comparison.
constexpr uint8_t kClusterPadding = 254, kExtraPadding = 255;

int64_t padded(int64_t n) { return (n + kStep - 1) / kStep * kStep; }

// Adds 1 to every lane in which a and b agree.
void add_equal(const uint8_t* a, const uint8_t* b, Bytes& sum) {
  Bytes x, y;
  std::memcpy(&x, a, kLanes);
  std::memcpy(&y, b, kLanes);
  sum -= reinterpret_cast<Bytes>(x == y);  // true is all ones, that is -1
}

int32_t sum_of_lanes(const Bytes& sum) {
  uint8_t lanes[kLanes];
  std::memcpy(lanes, &sum, kLanes);
  int32_t total = 0;
  for (const uint8_t lane : lanes) total += lane;
  return total;
}

// Number of equal bytes; n is a multiple of kStep.
int32_t count_equal(const uint8_t* a, const uint8_t* b, int64_t n) {
  constexpr int64_t kBlock = 255 * kStep;  // a lane counts to 255 at most
  int32_t total = 0;
  for (int64_t start = 0; start < n; start += kBlock) {
    const int64_t end = std::min(n, start + kBlock);
    Bytes sum0{}, sum1{}, sum2{}, sum3{};
    for (int64_t i = start; i < end; i += kStep) {
      add_equal(a + i, b + i, sum0);
      add_equal(a + i + kLanes, b + i + kLanes, sum1);
      add_equal(a + i + 2 * kLanes, b + i + 2 * kLanes, sum2);
      add_equal(a + i + 3 * kLanes, b + i + 3 * kLanes, sum3);
    }
    total += sum_of_lanes(sum0) + sum_of_lanes(sum1) + sum_of_lanes(sum2) + sum_of_lanes(sum3);
  }
  return total;
}

}  // namespace

std::vector<float> column_profile(const Alignment& msa, base::ThreadPool& pool) {
  const int64_t n_res = msa.n_res;
  const int64_t n_seq = static_cast<int64_t>(msa.letters.size()) / n_res;
  std::vector<float> profile(static_cast<size_t>(n_res * kProfileClasses));
  constexpr int64_t kColumns = 64;  // per task: one cache line of every row
  pool.parallel_for((n_res + kColumns - 1) / kColumns, [&](int64_t block, int) {
    const int64_t begin = block * kColumns, end = std::min(n_res, begin + kColumns);
    std::vector<int32_t> counts(static_cast<size_t>((end - begin) * kProfileClasses));
    for (int64_t r = 0; r < n_seq; ++r) {
      for (int64_t i = begin; i < end; ++i)
        ++counts[(i - begin) * kProfileClasses + msa.letters[r * n_res + i]];
    }
    for (size_t k = 0; k < counts.size(); ++k) {
      profile[begin * kProfileClasses + k] = static_cast<float>(counts[k]) / static_cast<float>(n_seq);
    }
  });
  return profile;
}

namespace {

// visit(e, s, columns) for every extra row and cluster, with the number of columns in which they agree:
// clusters ascending for each row, rows on any thread.
template <typename Visit>
void visit_agreements(std::span<const uint8_t> clusters, std::span<const int32_t> cluster_rows,
                      const Alignment& msa, std::span<const int32_t> extra, std::span<const uint8_t> mask,
                      base::ThreadPool& pool, const Visit& visit) {
  const int64_t n_res = msa.n_res, stride = padded(n_res);
  const int64_t n_clusters = static_cast<int64_t>(clusters.size()) / n_res;
  const auto is_masked = [&](int64_t row, int64_t i) { return !mask.empty() && mask[row * n_res + i] == 0; };
  std::vector<uint8_t> table(static_cast<size_t>(n_clusters * stride), kClusterPadding);
  for (int64_t s = 0; s < n_clusters; ++s) {
    for (int64_t i = 0; i < n_res; ++i) {
      if (mask.empty() || !is_masked(cluster_rows[s], i)) table[s * stride + i] = clusters[s * n_res + i];
    }
  }
  constexpr int64_t kRows = 16;  // extra rows per task: they share each cluster row while it is in cache
  const int64_t n_extra = static_cast<int64_t>(extra.size());
  pool.parallel_for((n_extra + kRows - 1) / kRows, [&](int64_t block, int) {
    const int64_t begin = block * kRows, n_rows = std::min(kRows, n_extra - begin);
    std::vector<uint8_t> rows(static_cast<size_t>(n_rows * stride), kExtraPadding);
    for (int64_t e = 0; e < n_rows; ++e) {
      const int64_t row = extra[begin + e];
      for (int64_t i = 0; i < n_res; ++i) {
        const uint8_t letter = msa.letters[row * n_res + i];
        if (letter != bio::kRestypeGap && !is_masked(row, i)) rows[e * stride + i] = letter;
      }
    }
    for (int64_t s = 0; s < n_clusters; ++s) {
      for (int64_t e = 0; e < n_rows; ++e) {
        visit(begin + e, s, count_equal(table.data() + s * stride, rows.data() + e * stride, stride));
      }
    }
  });
}

}  // namespace

std::vector<int32_t> nearest_clusters(std::span<const uint8_t> clusters, const Alignment& msa,
                                      std::span<const int32_t> extra, base::ThreadPool& pool) {
  std::vector<int32_t> assignment(extra.size()), most(extra.size(), -1);
  visit_agreements(clusters, {}, msa, extra, {}, pool, [&](int64_t e, int64_t s, int32_t columns) {
    if (columns <= most[e]) return;
    most[e] = columns;
    assignment[e] = static_cast<int32_t>(s);
  });
  return assignment;
}

std::vector<std::vector<int32_t>> all_nearest_clusters(std::span<const uint8_t> clusters,
                                                       std::span<const int32_t> cluster_rows,
                                                       const Alignment& msa, std::span<const int32_t> extra,
                                                       std::span<const uint8_t> mask,
                                                       base::ThreadPool& pool) {
  std::vector<std::vector<int32_t>> nearest(extra.size());
  std::vector<int32_t> most(extra.size(), -1);
  visit_agreements(clusters, cluster_rows, msa, extra, mask, pool,
                   [&](int64_t e, int64_t s, int32_t columns) {
                     if (columns < most[e]) return;
                     if (columns > most[e]) nearest[e].clear();
                     most[e] = columns;
                     nearest[e].push_back(static_cast<int32_t>(s));
                   });
  return nearest;
}

ClusterSummary summarize_clusters(std::span<const uint8_t> clusters, std::span<const int32_t> cluster_rows,
                                  const Alignment& msa, std::span<const int32_t> extra,
                                  std::span<const int32_t> assignment, base::ThreadPool& pool) {
  constexpr int kClasses = bio::kNumMsaClasses;
  const int64_t n_res = msa.n_res, n_clusters = static_cast<int64_t>(cluster_rows.size());
  std::vector<std::vector<int32_t>> members(static_cast<size_t>(n_clusters));
  for (size_t e = 0; e < extra.size(); ++e) members[assignment[e]].push_back(extra[e]);

  ClusterSummary out;
  out.profile.resize(static_cast<size_t>(n_clusters * n_res * kClasses));
  out.deletion_mean.resize(static_cast<size_t>(n_clusters * n_res));
  pool.parallel_for(n_clusters, [&](int64_t s, int) {
    std::vector<int32_t> counts(static_cast<size_t>(n_res * kClasses));
    std::vector<int64_t> deletions(static_cast<size_t>(n_res));
    const auto add = [&](const uint8_t* letters, int32_t row) {
      for (int64_t i = 0; i < n_res; ++i) {
        ++counts[i * kClasses + letters[i]];
        deletions[i] += msa.deletions[row * n_res + i];
      }
    };
    add(clusters.data() + s * n_res, cluster_rows[s]);
    for (const int32_t row : members[s]) add(msa.letters.data() + row * n_res, row);

    const float total = 1e-6f + 1.0f + static_cast<float>(members[s].size());
    float* profile = out.profile.data() + s * n_res * kClasses;
    for (size_t k = 0; k < counts.size(); ++k) profile[k] = static_cast<float>(counts[k]) / total;
    for (int64_t i = 0; i < n_res; ++i) {
      out.deletion_mean[s * n_res + i] = static_cast<float>(deletions[i]) / total;
    }
  });
  return out;
}

float has_deletion(float count) { return std::clamp(count, 0.0f, 1.0f); }
float deletion_value(float count) {
  constexpr float kScale = static_cast<float>(2.0 / std::numbers::pi);
  return std::atan(count / 3.0f) * kScale;
}

void make_msa_feat(std::span<const uint8_t> clusters, std::span<const int32_t> cluster_rows,
                   const Alignment& msa, const ClusterSummary& summary, base::ThreadPool& pool,
                   std::span<float> out) {
  constexpr int kClasses = bio::kNumMsaClasses;
  const int64_t n_res = msa.n_res;
  pool.parallel_for(static_cast<int64_t>(cluster_rows.size()), [&](int64_t s, int) {
    for (int64_t i = 0; i < n_res; ++i) {
      const int64_t at = s * n_res + i;
      const float count = static_cast<float>(msa.deletions[cluster_rows[s] * n_res + i]);
      float* channel = out.data() + at * kMsaFeatChannels;
      std::fill_n(channel, kClasses, 0.0f);
      channel[clusters[at]] = 1.0f;
      channel[23] = has_deletion(count);
      channel[24] = deletion_value(count);
      std::copy_n(summary.profile.data() + at * kClasses, kClasses, channel + 25);
      channel[48] = deletion_value(summary.deletion_mean[at]);
    }
  });
}

void make_target_feat(std::span<const int32_t> aatype, std::span<const int32_t> between_segment_residues,
                      std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (size_t i = 0; i < aatype.size(); ++i) {
    float* channel = out.data() + i * kTargetFeatChannels;
    channel[0] = static_cast<float>(std::clamp(between_segment_residues[i], 0, 1));
    channel[1 + aatype[i]] = 1.0f;
  }
}

}  // namespace foldmesh::features
