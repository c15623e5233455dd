// Deterministic arithmetic on sampled alignments (Jumper et al. 2021, suppl. 1.2.7 and table 1).
// Letters are residue types of bio/residue_tables.h (gap 21, mask token 22); all arrays are row-major.
#ifndef FOLDMESH_FEATURES_MSA_CLUSTERS_H_
#define FOLDMESH_FEATURES_MSA_CLUSTERS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/base/thread_pool.h"

namespace foldmesh::features {

// A whole alignment without masked positions, letters 0..21.
struct Alignment {
  std::span<const uint8_t> letters;    // [n_seq, n_res]
  std::span<const int32_t> deletions;  // [n_seq, n_res]
  int64_t n_res = 0;
};

// Share of each letter in each column over all rows: [n_res, 22].
std::vector<float> column_profile(const Alignment& msa, base::ThreadPool& pool);

// The cluster with which each extra row agrees in most columns: [extra.size()], index into the cluster rows,
// the first one on a tie. Gaps and mask tokens never agree. `clusters` is [n_clusters, n_res] after masking,
// `extra` are rows of `msa`.
std::vector<int32_t> nearest_clusters(std::span<const uint8_t> clusters, const Alignment& msa,
                                      std::span<const int32_t> extra, base::ThreadPool& pool);

// All clusters with which each extra row agrees in as many columns as with no other, ascending. Where the
// alignment's mask [n_seq, n_res] is 0 rows agree with nothing; an empty mask is 1 everywhere. `cluster_rows`
// are the clusters' rows of `msa`.
std::vector<std::vector<int32_t>> all_nearest_clusters(std::span<const uint8_t> clusters,
                                                       std::span<const int32_t> cluster_rows,
                                                       const Alignment& msa, std::span<const int32_t> extra,
                                                       std::span<const uint8_t> mask, base::ThreadPool& pool);

// What a cluster's members look like, its own (masked) row included; counts start at 1e-6 as in the original.
struct ClusterSummary {
  std::vector<float> profile;        // [n_clusters, n_res, 23]
  std::vector<float> deletion_mean;  // [n_clusters, n_res]
};
// `cluster_rows` are the clusters' rows of `msa` (for deletions), `assignment` comes from nearest_clusters.
ClusterSummary summarize_clusters(std::span<const uint8_t> clusters, std::span<const int32_t> cluster_rows,
                                  const Alignment& msa, std::span<const int32_t> extra,
                                  std::span<const int32_t> assignment, base::ThreadPool& pool);

inline constexpr int kMsaFeatChannels = 49;
// msa_feat [n_clusters, n_res, 49] into `out`: one-hot letter (23), has deletion, deletion value, profile
// (23), deletion mean value.
void make_msa_feat(std::span<const uint8_t> clusters, std::span<const int32_t> cluster_rows,
                   const Alignment& msa, const ClusterSummary& summary, base::ThreadPool& pool,
                   std::span<float> out);

inline constexpr int kTargetFeatChannels = 22;
inline constexpr int kChainTargetFeatChannels = 21;  // of multimer models: the residue type alone
// target_feat [n_res, 22] into `out`: chain break in front (0/1), one-hot residue type (21).
void make_target_feat(std::span<const int32_t> aatype, std::span<const int32_t> between_segment_residues,
                      std::span<float> out);

// min(count, 1) and 2/pi atan(count / 3): how the network sees a number of deletions.
float has_deletion(float count);
float deletion_value(float count);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_MSA_CLUSTERS_H_
