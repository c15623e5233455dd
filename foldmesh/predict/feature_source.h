// Where a prediction takes its features from: an array per name and pass, whether they were sampled before or
// are sampled as passes come.
#ifndef FOLDMESH_PREDICT_FEATURE_SOURCE_H_
#define FOLDMESH_PREDICT_FEATURE_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/feature_set.h"
#include "foldmesh/features/process.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/model/config.h"

namespace foldmesh::predict {

// Of the chains with asym_id 1, 2, ..
struct ChainNames {
  std::vector<std::string> ids;
  std::vector<int32_t> input_order;  // place among the user's chains, 0-based
};

class FeatureSource {
 public:
  virtual ~FeatureSource() = default;
  // Passes there are features for.
  virtual int n_passes() const = 0;
  // Makes pass `pass` (0-based, each at most once, ascending) the current one.
  virtual void start_pass(int pass) = 0;
  bool contains(std::string_view name) const;
  // A feature as docs/formats/features.md describes it, that of the current pass and without a leading axis
  // of passes. Valid until the next start_pass. kInternal when there is none.
  tensor::ConstView get(std::string_view name) const;
  // Of a complex, if the source knows them.
  virtual const ChainNames* chains() const { return nullptr; }
  // Memory that the source holds at most.
  virtual size_t bytes() const = 0;

 protected:
  struct Found {
    const tensor::Tensor* array = nullptr;
    int slot = -1;  // along a leading axis of passes; -1 when there is none
  };
  virtual Found find(std::string_view name) const = 0;
};

// All passes in memory. `features` are checked ones (features::read_processed_features).
std::unique_ptr<FeatureSource> processed_source(features::FeatureSet features);

// Samples every pass when it comes. `raw` and `pool` must outlive the source; `seed` is the model seed.
std::unique_ptr<FeatureSource> sampled_source(const features::RawFeatures& raw,
                                              const model::ModelConfig& config, uint64_t seed,
                                              base::ThreadPool& pool);

// The same for a complex.
std::unique_ptr<FeatureSource> sampled_source(const features::ComplexFeatures& raw,
                                              const model::ModelConfig& config, uint64_t seed,
                                              base::ThreadPool& pool);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_FEATURE_SOURCE_H_
