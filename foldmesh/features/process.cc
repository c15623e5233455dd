#include "foldmesh/features/process.h"

#include <algorithm>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/msa_clusters.h"
#include "foldmesh/features/sampling.h"
#include "foldmesh/features/template_arrays.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

// The part of a stacked array that belongs to one pass.
template <typename T>
std::span<T> slice(FeatureSet& features, const char* name, int slot) {
  Tensor& array = features.at(name);
  const size_t n = static_cast<size_t>(array.size() / array.dim(0));
  return {array.as<T>() + static_cast<size_t>(slot) * n, n};
}

Tensor constant(Shape shape, float value) {
  Tensor array(DType::kF32, std::move(shape));
  std::fill_n(array.as<float>(), array.size(), value);
  return array;
}

}  // namespace

Processor::Processor(const RawFeatures& raw, FeatureConfig config, uint64_t seed, base::ThreadPool& pool)
    : raw_(raw), config_(std::move(config)), seed_(seed), pool_(pool) {
  n_clusters_ = std::min<int64_t>(raw.n_seq, config_.max_msa_clusters);
  n_extra_ = std::clamp<int64_t>(raw.n_seq - n_clusters_, 1, config_.max_extra_msa);
  letters_.resize(raw.msa.size());
  std::transform(raw.msa.begin(), raw.msa.end(), letters_.begin(),
                 [](uint8_t id) { return bio::kHhblitsToRestype[id]; });
  profile_ = column_profile({letters_, raw.deletions, raw.n_res()}, pool);
}

FeatureSet Processor::constant_features() const {
  const int64_t n_res = raw_.n_res();
  FeatureSet out;
  Tensor aatype(DType::kI32, {n_res}), residue_index(DType::kI32, {n_res});
  std::transform(raw_.sequence.begin(), raw_.sequence.end(), aatype.as<int32_t>(),
                 [](char letter) { return bio::restype_of(letter); });
  std::copy(raw_.residue_index.begin(), raw_.residue_index.end(), residue_index.as<int32_t>());
  Tensor target_feat(DType::kF32, {n_res, kTargetFeatChannels});
  make_target_feat(aatype.span<int32_t>(), raw_.between_segment_residues,
                   {target_feat.as<float>(), static_cast<size_t>(target_feat.size())});
  out.emplace("aatype", std::move(aatype));
  out.emplace("residue_index", std::move(residue_index));
  out.emplace("target_feat", std::move(target_feat));
  out.emplace("seq_mask", constant({n_res}, 1.0f));
  if (config_.templates) add_template_inputs(out, raw_.templates, n_res);
  return out;
}

FeatureSet Processor::allocate(int n_passes) const {
  const int64_t n_res = raw_.n_res();
  const Shape extra = {n_passes, n_extra_, n_res};
  const float any_extra = raw_.n_seq > n_clusters_ ? 1.0f : 0.0f;
  FeatureSet out;
  out.emplace("msa_feat", Tensor(DType::kF32, {n_passes, n_clusters_, n_res, kMsaFeatChannels}));
  out.emplace("msa_mask", constant({n_passes, n_clusters_, n_res}, 1.0f));
  out.emplace("extra_msa", Tensor(DType::kI32, extra));
  out.emplace("extra_msa_mask", constant(extra, any_extra));
  out.emplace("extra_has_deletion", Tensor(DType::kF32, extra));
  out.emplace("extra_deletion_value", Tensor(DType::kF32, extra));
  return out;
}

void Processor::fill(FeatureSet& features, int slot, int pass) const {
  const int64_t n_res = raw_.n_res();
  const Alignment msa{letters_, raw_.deletions, n_res};
  const MsaSample rows = sample_rows(raw_.n_seq, config_.max_msa_clusters, seed_, pass);
  std::vector<uint8_t> clusters(static_cast<size_t>(n_clusters_ * n_res));
  for (int64_t s = 0; s < n_clusters_; ++s) {
    std::copy_n(letters_.data() + rows.clusters[s] * n_res, n_res, clusters.data() + s * n_res);
  }
  clusters = mask_letters(clusters, profile_, seed_, pass).msa;
  const std::vector<int32_t> assignment = nearest_clusters(clusters, msa, rows.extra, pool_);
  const ClusterSummary summary =
      summarize_clusters(clusters, rows.clusters, msa, rows.extra, assignment, pool_);
  make_msa_feat(clusters, rows.clusters, msa, summary, pool_, slice<float>(features, "msa_feat", slot));
  fill_extra(features, slot, crop_extra(rows.extra, config_.max_extra_msa, seed_, pass));
}

void Processor::fill_extra(FeatureSet& features, int slot, const std::vector<int32_t>& rows) const {
  const int64_t n_res = raw_.n_res();
  const auto letters = slice<int32_t>(features, "extra_msa", slot);
  const auto has = slice<float>(features, "extra_has_deletion", slot);
  const auto value = slice<float>(features, "extra_deletion_value", slot);
  pool_.parallel_for(static_cast<int64_t>(rows.size()), [&](int64_t e, int) {
    for (int64_t i = 0; i < n_res; ++i) {
      const int64_t from = rows[e] * n_res + i, to = e * n_res + i;
      const float count = static_cast<float>(raw_.deletions[from]);
      letters[to] = letters_[from];
      has[to] = has_deletion(count);
      value[to] = deletion_value(count);
    }
  });
}

FeatureSet Processor::pass_features(int pass) const {
  FeatureSet out = allocate(1);
  fill(out, 0, pass);
  return out;
}

FeatureSet Processor::all_features(int n_passes) const {
  FeatureSet out = constant_features();
  out.merge(allocate(n_passes));
  for (int pass = 0; pass < n_passes; ++pass) fill(out, pass, pass);
  return out;
}

FeatureSet process(const RawFeatures& raw, const FeatureConfig& config, uint64_t seed, int n_passes,
                   base::ThreadPool& pool) {
  if (n_passes < 1) base::throw_internal("process: {} passes", n_passes);
  return Processor(raw, config, seed, pool).all_features(n_passes);
}

}  // namespace foldmesh::features
