#include "foldmesh/features/sampling.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

constexpr double kSelectProbability = 0.15;
constexpr double kUniformWeight = 0.1, kProfileWeight = 0.1, kSameWeight = 0.1, kMaskWeight = 0.7;
// AlphaFold draws from logits log(p + 1e-10), so no letter is quite impossible.
constexpr double kLogitEpsilon = 1e-10, kComplexLogitEpsilon = 1e-6;
constexpr int kProfileClasses = 22;

}  // namespace

base::Rng random_stream(uint64_t seed, RandomPurpose purpose, int pass) {
  return base::Rng(seed, static_cast<uint64_t>(purpose) << 32 | static_cast<uint32_t>(pass));
}

MsaSample sample_rows(int64_t n_seq, int64_t max_clusters, uint64_t seed, int pass) {
  std::vector<int32_t> order(static_cast<size_t>(n_seq));
  std::iota(order.begin(), order.end(), 0);
  base::Rng rng = random_stream(seed, RandomPurpose::kSampleRows, pass);
  rng.shuffle(std::span(order).subspan(1));
  const auto cut = order.begin() + std::min(n_seq, max_clusters);
  return {{order.begin(), cut}, {cut, order.end()}};
}

namespace {

// A letter for a selected position that held `letter`, in a column of this profile.
uint8_t redraw(uint8_t letter, const float* column, double epsilon, base::Rng& rng) {
  std::array<double, bio::kNumMsaClasses> weights;
  for (int c = 0; c < kProfileClasses; ++c) {
    const double uniform = c < bio::kNumAminoAcids ? kUniformWeight / bio::kNumAminoAcids : 0.0;
    weights[c] = uniform + kProfileWeight * static_cast<double>(column[c]) + epsilon;
  }
  weights[letter] += kSameWeight;
  weights[bio::kRestypeMask] = kMaskWeight + epsilon;
  return static_cast<uint8_t>(rng.categorical(weights));
}

}  // namespace

MaskedMsa mask_letters(std::span<const uint8_t> msa, std::span<const float> profile, uint64_t seed,
                       int pass) {
  const size_t n_res = profile.size() / kProfileClasses;
  base::Rng rng = random_stream(seed, RandomPurpose::kMaskLetters, pass);
  MaskedMsa out{{msa.begin(), msa.end()}, std::vector<uint8_t>(msa.size(), 0)};
  for (size_t at = 0; at < msa.size(); ++at) {
    if (rng.uniform() >= kSelectProbability) continue;
    out.msa[at] = redraw(msa[at], profile.data() + at % n_res * kProfileClasses, kLogitEpsilon, rng);
    out.is_masked[at] = 1;
  }
  return out;
}

MaskedMsa mask_complex_letters(std::span<const uint8_t> msa, std::span<const uint8_t> may_mask,
                               std::span<const float> profile, uint64_t seed, int pass) {
  const size_t n_res = profile.size() / kProfileClasses;
  base::Rng rng = random_stream(seed, RandomPurpose::kMaskComplexLetters, pass);
  MaskedMsa out{{msa.begin(), msa.end()}, std::vector<uint8_t>(msa.size(), 0)};
  for (size_t at = 0; at < msa.size(); ++at) {
    if (rng.uniform() >= kSelectProbability) continue;
    const uint8_t letter =
        redraw(msa[at], profile.data() + at % n_res * kProfileClasses, kComplexLogitEpsilon, rng);
    if (may_mask[at] == 0) continue;
    out.msa[at] = letter;
    out.is_masked[at] = 1;
  }
  return out;
}

std::vector<int32_t> crop_extra(std::span<const int32_t> extra, int64_t max_extra, uint64_t seed, int pass) {
  std::vector<int32_t> order(extra.begin(), extra.end());
  base::Rng rng = random_stream(seed, RandomPurpose::kCropExtra, pass);
  rng.shuffle(std::span(order));
  order.resize(std::min(order.size(), static_cast<size_t>(max_extra)));
  return order;
}

}  // namespace foldmesh::features
