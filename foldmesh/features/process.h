// From raw features to what the network eats, with a fresh sample of the alignment for every pass
// (one pass per recycling iteration, plus one). Shapes and names: docs/formats/features.md.
#ifndef FOLDMESH_FEATURES_PROCESS_H_
#define FOLDMESH_FEATURES_PROCESS_H_

#include <cstdint>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/features/feature_config.h"
#include "foldmesh/features/feature_set.h"
#include "foldmesh/features/raw_features.h"

namespace foldmesh::features {

// Keeps what all passes share. `raw` and `pool` must outlive it. Results depend on raw, config, seed and pass
// only.
class Processor {
 public:
  Processor(const RawFeatures& raw, FeatureConfig config, uint64_t seed, base::ThreadPool& pool);

  // Rows of msa_feat and of extra_msa; the same in every pass. An empty extra MSA has one row with mask 0:
  // the network's output of "no extra sequences" is not zero, and one masked row gives exactly what
  // AlphaFold's padding gives.
  int64_t n_clusters() const { return n_clusters_; }
  int64_t n_extra() const { return n_extra_; }

  // Features that do not depend on the pass.
  FeatureSet constant_features() const;
  // Features of one pass (0-based), with a leading axis of 1: for callers that hold one pass at a time.
  FeatureSet pass_features(int pass) const;
  // All of them for passes 0 .. n_passes-1, stacked.
  FeatureSet all_features(int n_passes) const;

 private:
  FeatureSet allocate(int n_passes) const;
  void fill(FeatureSet& features, int slot, int pass) const;
  void fill_extra(FeatureSet& features, int slot, const std::vector<int32_t>& rows) const;

  const RawFeatures& raw_;
  FeatureConfig config_;
  uint64_t seed_;
  base::ThreadPool& pool_;
  int64_t n_clusters_, n_extra_;
  std::vector<uint8_t> letters_;  // [n_seq, n_res] residue types
  std::vector<float> profile_;    // [n_res, 22]
};

// Passes = num_recycles + 1. `seed` is the model seed.
FeatureSet process(const RawFeatures& raw, const FeatureConfig& config, uint64_t seed, int n_passes,
                   base::ThreadPool& pool);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_PROCESS_H_
