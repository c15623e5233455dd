#include "foldmesh/predict/feature_source.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/features/complex_process.h"

namespace foldmesh::predict {
namespace {

bool differs_by_pass(std::string_view name) {
  return std::find(features::kPerPassFeatures.begin(), features::kPerPassFeatures.end(), name) !=
         features::kPerPassFeatures.end();
}

size_t bytes_of(const features::FeatureSet& features) {
  size_t bytes = 0;
  for (const auto& [name, array] : features) bytes += array.bytes();
  return bytes;
}

const tensor::Tensor* look_up(const features::FeatureSet& features, std::string_view name) {
  const auto found = features.find(std::string(name));
  return found == features.end() ? nullptr : &found->second;
}

class Processed : public FeatureSource {
 public:
  explicit Processed(features::FeatureSet features) : features_(std::move(features)) {
    for (const std::string_view name : features::kPerPassFeatures) {
      const tensor::Tensor* array = look_up(features_, name);
      if (array == nullptr) base::throw_internal("processed features without {}", name);
      n_passes_ = std::min(n_passes_, static_cast<int>(array->dim(0)));
    }
  }
  int n_passes() const override { return n_passes_; }
  void start_pass(int pass) override { pass_ = pass; }
  size_t bytes() const override { return bytes_of(features_); }

 protected:
  Found find(std::string_view name) const override {
    return {look_up(features_, name), differs_by_pass(name) ? pass_ : -1};
  }

 private:
  features::FeatureSet features_;
  int n_passes_ = INT_MAX, pass_ = 0;
};

// Processor: features::Processor or features::ComplexProcessor.
template <typename Processor>
class Sampled : public FeatureSource {
 public:
  explicit Sampled(Processor processor, std::optional<ChainNames> chains = {})
      : processor_(std::move(processor)),
        constant_(processor_.constant_features()),
        chains_(std::move(chains)) {
    start_pass(0);
  }
  const ChainNames* chains() const override { return chains_ ? &*chains_ : nullptr; }
  int n_passes() const override { return INT_MAX; }
  void start_pass(int pass) override {
    if (pass == current_) return;
    sampled_.clear();
    sampled_ = processor_.pass_features(pass);
    current_ = pass;
  }
  size_t bytes() const override { return bytes_of(constant_) + bytes_of(sampled_); }

 protected:
  Found find(std::string_view name) const override {
    if (differs_by_pass(name)) return {look_up(sampled_, name), 0};
    return {look_up(constant_, name), -1};
  }

 private:
  Processor processor_;
  features::FeatureSet constant_, sampled_;
  std::optional<ChainNames> chains_;
  int current_ = -1;
};

}  // namespace

bool FeatureSource::contains(std::string_view name) const { return find(name).array != nullptr; }

tensor::ConstView FeatureSource::get(std::string_view name) const {
  const Found found = find(name);
  if (found.array == nullptr) base::throw_internal("there is no feature {}", name);
  tensor::ConstView view = found.array->view();
  if (found.slot < 0) return view;
  view.shape.erase(view.shape.begin());
  view.data = static_cast<const std::byte*>(view.data) + static_cast<size_t>(found.slot) * view.bytes();
  return view;
}

std::unique_ptr<FeatureSource> processed_source(features::FeatureSet features) {
  return std::make_unique<Processed>(std::move(features));
}

std::unique_ptr<FeatureSource> sampled_source(const features::RawFeatures& raw,
                                              const model::ModelConfig& config, uint64_t seed,
                                              base::ThreadPool& pool) {
  if (config.is_multimer) {
    base::throw_input(
        "{} is for complexes and these are features of a single chain (expected features of a complex)",
        config.name);
  }
  return std::make_unique<Sampled<features::Processor>>(
      features::Processor(raw, features::feature_config(config.name), seed, pool));
}

std::unique_ptr<FeatureSource> sampled_source(const features::ComplexFeatures& raw,
                                              const model::ModelConfig& config, uint64_t seed,
                                              base::ThreadPool& pool) {
  if (!config.is_multimer) {
    base::throw_input(
        "{} is for single chains and these are features of a complex (expected a multimer model)",
        config.name);
  }
  return std::make_unique<Sampled<features::ComplexProcessor>>(
      features::ComplexProcessor(raw, config.max_msa_clusters, config.max_extra_msa, seed, pool),
      ChainNames{raw.chain_ids, raw.input_order});
}

}  // namespace foldmesh::predict
