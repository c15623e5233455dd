#include "foldmesh/features/complex_process.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Tensor;

Tensor ones(tensor::Shape shape) {
  Tensor array(DType::kF32, std::move(shape));
  std::fill_n(array.as<float>(), array.size(), 1.0F);
  return array;
}

template <typename T>
std::span<T> all_of(FeatureSet& features, const char* name) {
  Tensor& array = features.at(name);
  return {array.as<T>(), static_cast<size_t>(array.size())};
}

// An extra row in a cluster.
struct Member {
  int32_t row;
  double weight;
};

// Unmasked columns that both rows have; all when nothing is masked.
int64_t overlap(std::span<const uint8_t> mask, int64_t n_res, int32_t a, int32_t b) {
  if (mask.empty()) return n_res;
  int64_t columns = 0;
  for (int64_t i = 0; i < n_res; ++i) columns += mask[a * n_res + i] & mask[b * n_res + i];
  return columns;
}

}  // namespace

MsaSample sample_complex_rows(std::span<const uint8_t> is_favoured, int64_t max_clusters, uint64_t seed,
                              int pass) {
  base::Rng rng = random_stream(seed, RandomPurpose::kSampleComplexRows, pass);
  std::vector<int32_t> order(is_favoured.size());
  std::iota(order.begin(), order.end(), 0);
  rng.shuffle(std::span(order));
  std::stable_partition(order.begin(), order.end(), [&](int32_t row) { return is_favoured[row] != 0; });
  const auto cut = order.begin() + std::min(static_cast<int64_t>(order.size()), max_clusters);
  return {{order.begin(), cut}, {cut, order.end()}};
}

ClusterSummary summarize_soft_clusters(std::span<const uint8_t> clusters,
                                       std::span<const int32_t> cluster_rows, const Alignment& msa,
                                       std::span<const int32_t> extra, std::span<const uint8_t> mask,
                                       base::ThreadPool& pool) {
  constexpr int kClasses = bio::kNumMsaClasses;
  const int64_t n_res = msa.n_res, n_clusters = static_cast<int64_t>(cluster_rows.size());
  const std::vector<std::vector<int32_t>> nearest =
      all_nearest_clusters(clusters, cluster_rows, msa, extra, mask, pool);
  std::vector<std::vector<Member>> members(static_cast<size_t>(n_clusters));
  for (size_t e = 0; e < extra.size(); ++e) {
    for (const int32_t cluster : nearest[e]) {
      const auto columns = static_cast<double>(overlap(mask, n_res, cluster_rows[cluster], extra[e]));
      members[cluster].push_back({extra[e], columns / static_cast<double>(nearest[e].size())});
    }
  }
  ClusterSummary out;
  out.profile.resize(static_cast<size_t>(n_clusters * n_res * kClasses));
  out.deletion_mean.resize(static_cast<size_t>(n_clusters * n_res));
  pool.parallel_for(n_clusters, [&](int64_t s, int) {
    std::vector<double> counts(static_cast<size_t>(n_res * kClasses)), deletions(static_cast<size_t>(n_res));
    double total = 1;
    // The original counts the deletions of a cluster's own row even where it is masked.
    const auto add = [&](const uint8_t* letters, int32_t row, double weight, bool is_own) {
      for (int64_t i = 0; i < n_res; ++i) {
        const bool counts_here = mask.empty() || mask[row * n_res + i] != 0;
        if (counts_here) counts[i * kClasses + letters[i]] += weight;
        if (counts_here || is_own) deletions[i] += weight * msa.deletions[row * n_res + i];
      }
    };
    add(clusters.data() + s * n_res, cluster_rows[s], 1, true);
    for (const Member& member : members[s]) {
      add(msa.letters.data() + member.row * n_res, member.row, member.weight, false);
      total += member.weight;
    }
    float* profile = out.profile.data() + s * n_res * kClasses;
    for (size_t k = 0; k < counts.size(); ++k) profile[k] = static_cast<float>(counts[k] / total);
    for (int64_t i = 0; i < n_res; ++i) {
      out.deletion_mean[s * n_res + i] = static_cast<float>(deletions[i] / total);
    }
  });
  return out;
}

ComplexProcessor::ComplexProcessor(const ComplexFeatures& raw, int64_t max_msa_clusters,
                                   int64_t max_extra_msa, uint64_t seed, base::ThreadPool& pool)
    : raw_(raw), max_msa_clusters_(max_msa_clusters), seed_(seed), pool_(pool) {
  n_clusters_ = std::min(raw.n_seq, max_msa_clusters);
  // One masked row stands for an empty extra MSA.
  n_extra_ = std::clamp<int64_t>(raw.n_seq - n_clusters_, 1, max_extra_msa);
  profile_ = column_profile({raw.msa, raw.deletions, raw.n_res()}, pool);
}

FeatureSet ComplexProcessor::constant_features() const {
  const int64_t n_res = raw_.n_res();
  const auto integers = [&](const std::vector<int32_t>& values) {
    Tensor array(DType::kI32, {n_res});
    std::copy(values.begin(), values.end(), array.as<int32_t>());
    return array;
  };
  std::vector<int32_t> aatype;
  for (const char letter : raw_.sequence) aatype.push_back(bio::restype_of(letter));
  Tensor target_feat(DType::kF32, {n_res, kChainTargetFeatChannels});
  for (int64_t i = 0; i < n_res; ++i) {
    target_feat.as<float>()[i * kChainTargetFeatChannels + aatype[static_cast<size_t>(i)]] = 1.0F;
  }
  FeatureSet out;
  out.emplace("aatype", integers(aatype));
  out.emplace("residue_index", integers(raw_.residue_index));
  out.emplace("asym_id", integers(raw_.asym_id));
  out.emplace("entity_id", integers(raw_.entity_id));
  out.emplace("sym_id", integers(raw_.sym_id));
  out.emplace("target_feat", std::move(target_feat));
  out.emplace("seq_mask", ones({n_res}));
  if (raw_.n_templates > 0) {
    out.emplace("template_aatype", raw_.template_aatype.clone());
    out.emplace("template_all_atom_positions", raw_.template_positions.clone());
    out.emplace("template_all_atom_mask", raw_.template_mask.clone());
  }
  return out;
}

FeatureSet ComplexProcessor::pass_features(int pass) const {
  const int64_t n_res = raw_.n_res();
  const MsaSample rows = sample_complex_rows(raw_.is_favoured, max_msa_clusters_, seed_, pass);
  std::vector<uint8_t> clusters, may_mask;
  for (const int32_t row : rows.clusters) {
    const auto at = static_cast<ptrdiff_t>(row * n_res);
    clusters.insert(clusters.end(), raw_.msa.begin() + at, raw_.msa.begin() + at + n_res);
    may_mask.insert(may_mask.end(), raw_.may_mask.begin() + at, raw_.may_mask.begin() + at + n_res);
  }
  clusters = mask_complex_letters(clusters, may_mask, profile_, seed_, pass).msa;
  const Alignment msa{raw_.msa, raw_.deletions, n_res};
  const ClusterSummary summary = summarize_soft_clusters(clusters, rows.clusters, msa, rows.extra, {}, pool_);

  FeatureSet out;
  out.emplace("msa_feat", Tensor(DType::kF32, {1, n_clusters_, n_res, kMsaFeatChannels}));
  out.emplace("msa_mask", ones({1, n_clusters_, n_res}));
  make_msa_feat(clusters, rows.clusters, msa, summary, pool_, all_of<float>(out, "msa_feat"));
  const tensor::Shape extra = {1, n_extra_, n_res};
  const size_t n_kept = std::min(rows.extra.size(), static_cast<size_t>(n_extra_));
  out.emplace("extra_msa", Tensor(DType::kI32, extra));
  out.emplace("extra_msa_mask", n_kept > 0 ? ones(extra) : Tensor(DType::kF32, extra));
  out.emplace("extra_has_deletion", Tensor(DType::kF32, extra));
  out.emplace("extra_deletion_value", Tensor(DType::kF32, extra));
  fill_extra(out, std::span(rows.extra).first(n_kept));
  return out;
}

void ComplexProcessor::fill_extra(FeatureSet& features, std::span<const int32_t> rows) const {
  const int64_t n_res = raw_.n_res();
  const auto letters = all_of<int32_t>(features, "extra_msa");
  const auto has = all_of<float>(features, "extra_has_deletion");
  const auto value = all_of<float>(features, "extra_deletion_value");
  pool_.parallel_for(static_cast<int64_t>(rows.size()), [&](int64_t e, int) {
    for (int64_t i = 0; i < n_res; ++i) {
      const int64_t from = rows[e] * n_res + i, to = e * n_res + i;
      const float count = static_cast<float>(raw_.deletions[from]);
      letters[to] = raw_.msa[from];
      has[to] = has_deletion(count);
      value[to] = deletion_value(count);
    }
  });
}

}  // namespace foldmesh::features
