// From raw features of a complex to what multimer models eat, with a fresh sample of the alignment for every
// pass. AlphaFold-Multimer samples inside its network; the rules are the same here (docs/formats/features.md,
// docs/formats/rng.md).
#ifndef FOLDMESH_FEATURES_COMPLEX_PROCESS_H_
#define FOLDMESH_FEATURES_COMPLEX_PROCESS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/feature_set.h"
#include "foldmesh/features/msa_clusters.h"
#include "foldmesh/features/sampling.h"

namespace foldmesh::features {

// Rows in random order, favoured ones first (in random order among themselves): the first max_clusters are
// clusters, all others extra rows.
MsaSample sample_complex_rows(std::span<const uint8_t> is_favoured, int64_t max_clusters, uint64_t seed,
                              int pass);

// Clusters of whole alignments where extra rows are shared out: a row belongs to all clusters with which it
// agrees in most columns, in equal parts, and counts as often as both rows have unmasked columns. A cluster's
// own row counts once. `mask` [n_seq, n_res] of the alignment, or empty when nothing is masked; masked
// positions agree with nothing and count nothing.
ClusterSummary summarize_soft_clusters(std::span<const uint8_t> clusters,
                                       std::span<const int32_t> cluster_rows, const Alignment& msa,
                                       std::span<const int32_t> extra, std::span<const uint8_t> mask,
                                       base::ThreadPool& pool);

// Keeps what all passes share. `raw` and `pool` must outlive it. Results depend on the other arguments and
// the pass only.
class ComplexProcessor {
 public:
  ComplexProcessor(const ComplexFeatures& raw, int64_t max_msa_clusters, int64_t max_extra_msa, uint64_t seed,
                   base::ThreadPool& pool);

  int64_t n_clusters() const { return n_clusters_; }
  int64_t n_extra() const { return n_extra_; }
  // As Processor has them, for multimer models.
  FeatureSet constant_features() const;
  FeatureSet pass_features(int pass) const;

 private:
  void fill_extra(FeatureSet& features, std::span<const int32_t> rows) const;

  const ComplexFeatures& raw_;
  int64_t max_msa_clusters_;
  uint64_t seed_;
  base::ThreadPool& pool_;
  int64_t n_clusters_, n_extra_;
  std::vector<float> profile_;  // [n_res, 22]
};

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_COMPLEX_PROCESS_H_
