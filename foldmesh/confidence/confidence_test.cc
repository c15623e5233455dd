#include "foldmesh/confidence/confidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::confidence {
namespace {

constexpr const char* kModules = FOLDMESH_TESTS_DIR "/golden/af2/modules/";

double largest_difference(std::span<const double> actual, std::span<const float> expected) {
  EXPECT_EQ(actual.size(), expected.size());
  double largest = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(actual[i] - static_cast<double>(expected[i])));
  }
  return largest;
}

// Limits of tests/golden/af2/README.md: pLDDT 3e-4, PAE 4e-4, pTM and ipTM 2e-6. The goldens were computed in
// double precision from the same logits, so that only their rounding to float32 is left; hence the tighter
// limits here.
class GoldenConfidence : public ::testing::TestWithParam<const char*> {
 protected:
  tensor::NpzReader file_{std::string(kModules) + "confidence.npz"};
  base::ThreadPool pool_{2};
  tensor::ConstView view(const char* prefix, const char* name) {
    return file_.view(std::string(prefix) + "_" + GetParam() + "_" + name);
  }
  double number(const char* name) { return static_cast<double>(view("out", name).span<float>()[0]); }
};

TEST_P(GoldenConfidence, EveryNumber) {
  const std::vector<double> per_residue = plddt(view("in", "lddt_logits"));
  EXPECT_LT(largest_difference(per_residue, view("out", "plddt").span<float>()), 5e-6);

  const auto breaks = view("in", "breaks").span<float>();
  ASSERT_EQ(breaks.size() + 1, size_t{kAlignedErrorBins});
  EXPECT_EQ(breaks[1], 0.5f);
  EXPECT_EQ(breaks.back(), 31.0f);
  EXPECT_EQ(number("max_pae"), kMaxAlignedError);

  const auto asym_id = view("in", "asym_id").span<int32_t>();
  const AlignedError error = aligned_error(view("in", "pae_logits"), asym_id, pool_);
  EXPECT_LT(largest_difference(error.pae, view("out", "pae").span<float>()), 2e-6);
  EXPECT_NEAR(error.ptm, number("ptm"), 2e-8);
  ASSERT_TRUE(error.iptm.has_value());
  EXPECT_NEAR(*error.iptm, number("iptm"), 2e-8);
  EXPECT_NEAR(ranking_confidence(per_residue, error), number("ranking_multimer"), 2e-8);
  EXPECT_NEAR(ranking_confidence(per_residue, std::nullopt), number("ranking_monomer"), 5e-6);

  // Without chains there is no ipTM, and the ranking is the monomer's.
  const AlignedError one_chain = aligned_error(view("in", "pae_logits"), {}, pool_);
  EXPECT_FALSE(one_chain.iptm.has_value());
  EXPECT_EQ(one_chain.ptm, error.ptm);
  EXPECT_EQ(ranking_confidence(per_residue, one_chain), mean(per_residue));
}

INSTANTIATE_TEST_SUITE_P(Sizes, GoldenConfidence, ::testing::Values("small", "big"),
                         [](const auto& info) { return std::string(info.param); });

TEST(GoldenHeads, PlddtAndPae) {
  const tensor::NpzReader file(std::string(kModules) + "heads.npz");
  base::ThreadPool pool(2);
  EXPECT_LT(largest_difference(plddt(file.view("out_lddt_logits")), file.view("out_plddt").span<float>()),
            3e-4);
  const AlignedError error = aligned_error(file.view("out_tm_logits"), {}, pool);
  EXPECT_LT(largest_difference(error.pae, file.view("out_predicted_aligned_error").span<float>()), 4e-4);
}

TEST(AlignedErrors, DoNotDependOnThreads) {
  const tensor::NpzReader file(std::string(kModules) + "heads.npz");
  base::ThreadPool one(1), four(4);
  const AlignedError a = aligned_error(file.view("out_tm_logits"), {}, one);
  const AlignedError b = aligned_error(file.view("out_tm_logits"), {}, four);
  EXPECT_EQ(a.pae, b.pae);
  EXPECT_EQ(a.ptm, b.ptm);
  // Double precision logits give the same.
  const tensor::Tensor wide = file.read("out_tm_logits").cast(tensor::DType::kF64);
  EXPECT_EQ(aligned_error(wide.view(), {}, one).pae, a.pae);
}

// All probability in bin k: a contact exactly if the bin ends at or below 8 Å. Bin 18 ends at 7.9375, bin 19
// at 8.25.
TEST(ContactProbability, CountsBinsBelowEightAngstroms) {
  base::ThreadPool pool(1);
  for (const int bin : {0, 18, 19, 63}) {
    tensor::Tensor logits(tensor::DType::kF32, {1, 1, kDistogramBins});
    logits.as<float>()[bin] = 1000.0f;
    EXPECT_EQ(contact_probability(logits.view(), pool), std::vector<double>{bin <= 18 ? 1.0 : 0.0}) << bin;
  }
  tensor::Tensor flat(tensor::DType::kF32, {2, 2, kDistogramBins});
  for (const double p : contact_probability(flat.view(), pool)) EXPECT_NEAR(p, 19.0 / 64.0, 1e-15);
}

TEST(Confidence, RefusesOtherShapes) {
  base::ThreadPool pool(1);
  tensor::Tensor logits(tensor::DType::kF32, {4, 3, 64});
  EXPECT_THROW(plddt(logits.view()), base::Error);
  EXPECT_THROW(aligned_error(logits.view(), {}, pool), base::Error);
  EXPECT_THROW(contact_probability(logits.view(), pool), base::Error);
}

// Every pair of chains by the definition: the residues of both alone, as a complex of their own.
TEST(ChainPairs, AreThoseOfTheTwoChainsAlone) {
  const std::vector<int32_t> asym_id = {1, 1, 1, 2, 2, 3, 3, 3, 3};
  const auto n = static_cast<int64_t>(asym_id.size());
  base::Rng rng(5);
  tensor::Tensor logits(tensor::DType::kF64, {n, n, kAlignedErrorBins});
  for (int64_t k = 0; k < logits.size(); ++k) logits.as<double>()[k] = 6 * rng.uniform();
  base::ThreadPool pool(2);
  const AlignedError all = aligned_error(logits.view(), asym_id, pool);
  ASSERT_TRUE(all.chain_pairs);
  const ChainPairs& pairs = *all.chain_pairs;
  ASSERT_EQ(pairs.n_chains, 3u);
  for (int32_t a = 1; a <= 3; ++a) {
    for (int32_t b = 1; b <= 3; ++b) {
      std::vector<int64_t> residues;
      std::vector<int32_t> ids;
      for (int64_t i = 0; i < n; ++i) {
        const int32_t id = asym_id[static_cast<size_t>(i)];
        if (id == a || id == b) residues.push_back(i), ids.push_back(id);
      }
      const auto m = static_cast<int64_t>(residues.size());
      tensor::Tensor part(tensor::DType::kF64, {m, m, kAlignedErrorBins});
      double sum = 0, least = 1e9;
      int count = 0;
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < m; ++j) {
          const int64_t at = residues[static_cast<size_t>(i)] * n + residues[static_cast<size_t>(j)];
          std::copy_n(logits.as<double>() + at * kAlignedErrorBins, kAlignedErrorBins,
                      part.as<double>() + (i * m + j) * kAlignedErrorBins);
          if (ids[static_cast<size_t>(i)] != a || ids[static_cast<size_t>(j)] != b) continue;
          sum += all.pae[static_cast<size_t>(at)];
          least = std::min(least, all.pae[static_cast<size_t>(at)]);
          ++count;
        }
      }
      const AlignedError alone = aligned_error(part.view(), ids, pool);
      const auto at = static_cast<size_t>((a - 1) * 3 + b - 1);
      EXPECT_NEAR(pairs.iptm[at], a == b ? alone.ptm : *alone.iptm, 1e-12) << a << " " << b;
      EXPECT_NEAR(pairs.mean_pae[at], sum / count, 1e-12);
      EXPECT_EQ(pairs.min_pae[at], least);
    }
  }
  EXPECT_FALSE(aligned_error(logits.view(), {}, pool).chain_pairs);
}

}  // namespace
}  // namespace foldmesh::confidence
