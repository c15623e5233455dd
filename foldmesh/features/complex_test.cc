#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/chain_pairing.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/complex_process.h"

namespace foldmesh::features {
namespace {

RawFeatures alignment(std::vector<std::string> rows, std::vector<std::string> species = {}) {
  RawFeatures raw;
  raw.sequence = rows.front();
  raw.n_seq = static_cast<int64_t>(rows.size());
  for (size_t i = 0; i < raw.sequence.size(); ++i) raw.residue_index.push_back(static_cast<int32_t>(i));
  raw.between_segment_residues.assign(raw.sequence.size(), 0);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (const char letter : rows[r]) {
      raw.msa.push_back(static_cast<uint8_t>(bio::hhblits_id(letter)));
      raw.deletions.push_back(static_cast<int32_t>(10 * r));
    }
  }
  species.resize(rows.size());
  raw.species = std::move(species);
  return raw;
}

std::shared_ptr<const RawFeatures> shared(RawFeatures raw) {
  return std::make_shared<const RawFeatures>(std::move(raw));
}

// A row of the merged alignment as letters.
std::string row_of(const ComplexFeatures& complex, int64_t r) {
  std::string text;
  for (int64_t i = 0; i < complex.n_res(); ++i) {
    text += bio::kRestypeLetters[complex.msa[static_cast<size_t>(r * complex.n_res() + i)]];
  }
  return text;
}

std::string digits(const std::vector<int32_t>& values) {
  std::string text;
  for (const int32_t value : values) text += std::to_string(value);
  return text;
}

// Random families of a few species, some of them crowded.
RawFeatures random_family(base::Rng& rng, int n_rows, int n_species) {
  std::vector<std::string> rows = {"ACDEFGHIKL"}, species = {"IGNORED"};
  for (int r = 1; r < n_rows; ++r) {
    std::string row = rows[0];
    for (char& letter : row) {
      if (rng.uniform() < 0.5) letter = "ACDEFGHIKLMNPQRSTVWY-"[rng.below(21)];
    }
    rows.push_back(row);
    species.push_back(rng.uniform() < 0.2 ? ""
                                          : fmt::format("S{}", rng.below(static_cast<uint64_t>(n_species))));
  }
  return alignment(rows, species);
}

// The rules once more, as plainly as can be.
std::vector<std::vector<int32_t>> paired_by_the_book(const std::vector<RawFeatures>& chains) {
  std::set<std::string> all;
  for (const RawFeatures& chain : chains) all.insert(chain.species.begin() + 1, chain.species.end());
  std::vector<std::vector<int32_t>> pairs = {std::vector<int32_t>(chains.size(), 0)};
  for (const std::string& species : all) {
    if (species.empty()) continue;
    std::vector<std::vector<std::pair<double, int32_t>>> rows(chains.size());
    size_t n_with = 0, fewest = SIZE_MAX, most = 0;
    for (size_t c = 0; c < chains.size(); ++c) {
      const int64_t n = chains[c].n_res();
      for (int32_t r = 1; r < chains[c].n_seq; ++r) {
        if (chains[c].species[static_cast<size_t>(r)] != species) continue;
        double same = 0;
        for (int64_t i = 0; i < n; ++i) {
          same +=
              chains[c].msa[static_cast<size_t>(r * n + i)] == chains[c].msa[static_cast<size_t>(i)] ? 1 : 0;
        }
        rows[c].emplace_back(-same / static_cast<double>(n), r);
      }
      std::sort(rows[c].begin(), rows[c].end());
      if (rows[c].empty()) continue;
      ++n_with;
      fewest = std::min(fewest, rows[c].size());
      most = std::max(most, rows[c].size());
    }
    if (n_with < 2 || most > 600) continue;
    for (size_t k = 0; k < fewest; ++k) {
      std::vector<int32_t> pair;
      for (const auto& chain : rows) pair.push_back(chain.empty() ? -1 : chain[k].second);
      pairs.push_back(pair);
    }
  }
  // Insertion keeps the order of equals.
  std::vector<std::vector<int32_t>> sorted;
  const auto key = [](const std::vector<int32_t>& pair) {
    double product = 1;
    int absent = 0;
    for (const int32_t row : pair) product *= std::abs(row), absent += row == -1;
    return std::pair(absent, product);
  };
  for (const auto& pair : pairs) {
    size_t at = sorted.size();
    while (at > 0 && key(pair) < key(sorted[at - 1])) --at;
    sorted.insert(sorted.begin() + static_cast<ptrdiff_t>(at), pair);
  }
  return sorted;
}

TEST(ChainPairing, AgreesWithTheRulesByTheBook) {
  base::Rng rng(7);
  size_t n_pairs = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<RawFeatures> chains;
    for (uint64_t c = 0; c < 2 + rng.below(3); ++c) {
      // Now and then a species has more than 600 rows.
      const bool crowded = round % 20 == 0 && c == 0;
      chains.push_back(
          random_family(rng, crowded ? 1400 : 1 + static_cast<int>(rng.below(40)), crowded ? 2 : 6));
    }
    std::vector<const RawFeatures*> pointers;
    for (const RawFeatures& chain : chains) pointers.push_back(&chain);
    const auto got = pair_rows(pointers);
    EXPECT_EQ(got, paired_by_the_book(chains)) << "round " << round;
    n_pairs += got.size();
  }
  EXPECT_GT(n_pairs, 500u);
}

TEST(ChainPairing, SmallCase) {
  const RawFeatures a =
      alignment({"AAAA", "AACC", "AAAC", "AAAA", "CCCC"}, {"X", "ONE", "ONE", "TWO", "LONE"});
  const RawFeatures b = alignment({"DD", "DE", "EE"}, {"", "TWO", "ONE"});
  const RawFeatures c = alignment({"K", "K"}, {"", "TWO"});
  const std::vector<const RawFeatures*> chains = {&a, &b, &c};
  // All three have TWO, two have ONE (of which the more similar row 2 of the first chain is taken).
  const std::vector<std::vector<int32_t>> expected = {{0, 0, 0}, {3, 1, 1}, {2, 2, -1}};
  EXPECT_EQ(pair_rows(chains), expected);
}

TEST(Complex, HeteromerIsPairedAndBlockDiagonal) {
  const auto a = shared(alignment({"ACD", "AAD", "CCC"})), b = shared(alignment({"KL", "KK"}));
  const auto uniprot_a = shared(alignment({"ACD", "AAD", "A-D"}, {"", "MOUSE", "YEAST"}));
  const auto uniprot_b = shared(alignment({"KL", "RL"}, {"", "MOUSE"}));
  // The user's order: B A B; entities come in the order of their first chain.
  const std::vector<ComplexChain> chains = {{"A", b, uniprot_b}, {"B", a, uniprot_a}, {"C", b, uniprot_b}};
  const ComplexFeatures complex = make_complex("t", chains);
  EXPECT_EQ(complex.sequence, "KLKLACD");
  EXPECT_EQ(complex.chain_ids, (std::vector<std::string>{"A", "C", "B"}));
  EXPECT_EQ(digits(complex.input_order), "021");
  EXPECT_EQ(digits(complex.asym_id), "1122333");
  EXPECT_EQ(digits(complex.entity_id), "1111222");
  EXPECT_EQ(digits(complex.sym_id), "1122111");
  EXPECT_EQ(digits(complex.residue_index), "0101012");
  // Queries, then the mouse rows of all chains. YEAST is in one chain only.
  ASSERT_EQ(complex.n_paired, 2);
  EXPECT_EQ(row_of(complex, 0), "KLKLACD");
  EXPECT_EQ(row_of(complex, 1), "RLRLAAD");
  // Unpaired rows without those that are paired: the queries and AAD.
  ASSERT_EQ(complex.n_seq, 4);
  EXPECT_EQ(row_of(complex, 2), "KKKK---");
  EXPECT_EQ(row_of(complex, 3), "----CCC");
  EXPECT_EQ(digits({complex.may_mask.begin() + 14, complex.may_mask.end()}), "11110000000111");
  EXPECT_EQ(digits({complex.is_favoured.begin(), complex.is_favoured.end()}), "1000");
  EXPECT_EQ(complex.deletions[7], 10);
  EXPECT_EQ(complex.deletions[14 + 4], 0) << "beside the diagonal";
}

TEST(Complex, HomomerIsNotPaired) {
  const auto a = shared(alignment({"ACD", "AAD", "CCC"}, {"", "MOUSE", "MOUSE"}));
  const ComplexFeatures complex = make_complex("t", std::vector<ComplexChain>{{"A", a, a}, {"B", a, a}});
  EXPECT_EQ(complex.n_paired, 0);
  ASSERT_EQ(complex.n_seq, 3);
  EXPECT_EQ(row_of(complex, 1), "AADAAD");
  EXPECT_EQ(digits(complex.entity_id), "111111");
  EXPECT_EQ(digits(complex.sym_id), "111222");
  EXPECT_EQ(digits({complex.is_favoured.begin(), complex.is_favoured.end()}), "100");
  EXPECT_EQ(std::count(complex.may_mask.begin(), complex.may_mask.end(), 1), 18);
}

// Depths: at most 1,024 paired rows, and a chain's unpaired ones fill up to 2,048 with those pairs in which
// it has a row.
TEST(Complex, RowsAreCropped) {
  const auto deep = [](char letter, int n_rows, bool with_species) {
    std::vector<std::string> rows = {std::string(12, letter)}, species = {""};
    for (int r = 1; r < n_rows; ++r) {
      std::string row(12, letter);
      for (int bit = 0; bit < 12; ++bit) row[static_cast<size_t>(bit)] = (r >> bit & 1) != 0 ? 'W' : letter;
      rows.push_back(row);
      species.push_back(with_species ? fmt::format("S{}", r) : "");
    }
    return shared(alignment(rows, species));
  };
  const auto a = deep('A', 3000, false), b = deep('C', 3000, false), c = deep('D', 100, false);
  const auto u_a = deep('A', 1500, true), u_b = deep('C', 1500, true), u_c = deep('D', 100, true);
  const ComplexFeatures complex =
      make_complex("t", std::vector<ComplexChain>{{"A", a, u_a}, {"B", b, u_b}, {"C", c, u_c}});
  EXPECT_EQ(complex.n_paired, 1024);
  // A and B: 3,000 rows less the 1,500 that are paired, cropped to 2,048 - 1,024. C: all its rows are paired
  // ones.
  EXPECT_EQ(complex.n_seq, 1024 + 1024 + 1024 + 0);
}

TEST(Complex, KeepsEveryNumberInAFile) {
  base::Rng rng(3);
  auto a = random_family(rng, 20, 3), b = random_family(rng, 15, 3);
  b.sequence[0] = 'W';
  b.msa[0] = static_cast<uint8_t>(bio::hhblits_id('W'));
  templates::Template hit = templates::all_zero_template(a.n_res());
  hit.aatype.assign(static_cast<size_t>(a.n_res()), 5);
  hit.masks[1] = 1;
  hit.positions[3] = 2.5F;
  a.templates.push_back(hit);
  const auto shared_a = shared(a), shared_b = shared(b);
  const ComplexFeatures complex = make_complex(
      "name", std::vector<ComplexChain>{
                  {"X", shared_a, shared_a}, {"Y", shared_b, shared_b}, {"Z", shared_a, shared_a}});
  const base::TempFolder folder("complex");
  write_complex_features(complex, folder.path() / "f.npz");
  const tensor::NpzReader file(folder.path() / "f.npz");
  EXPECT_TRUE(is_complex(file));
  const ComplexFeatures read = read_complex_features(file);
  EXPECT_EQ(read.name, complex.name);
  EXPECT_EQ(read.chain_ids, complex.chain_ids);
  EXPECT_EQ(read.input_order, complex.input_order);
  EXPECT_EQ(read.sequence, complex.sequence);
  EXPECT_EQ(read.asym_id, complex.asym_id);
  EXPECT_EQ(read.sym_id, complex.sym_id);
  EXPECT_EQ(read.entity_id, complex.entity_id);
  EXPECT_EQ(read.n_paired, complex.n_paired);
  EXPECT_EQ(read.msa, complex.msa);
  EXPECT_EQ(read.deletions, complex.deletions);
  EXPECT_EQ(read.may_mask, complex.may_mask);
  EXPECT_EQ(read.is_favoured, complex.is_favoured);
  ASSERT_EQ(read.n_templates, 4);
  EXPECT_EQ(read.template_aatype.as<int32_t>()[0], bio::kHhblitsToRestype[5]);
  EXPECT_EQ(std::memcmp(read.template_positions.view().data, complex.template_positions.view().data,
                        read.template_positions.bytes()),
            0);
}

ComplexFeatures made_up_complex() {
  base::Rng rng(9);
  auto a = random_family(rng, 60, 8), b = random_family(rng, 50, 8);
  b.sequence[0] = 'W';
  b.msa[0] = static_cast<uint8_t>(bio::hhblits_id('W'));
  const auto shared_a = shared(a), shared_b = shared(b);
  return make_complex("t", std::vector<ComplexChain>{{"A", shared_a, shared_a}, {"B", shared_b, shared_b}});
}

TEST(ComplexProcessor, SamplesDependOnSeedAndPassOnly) {
  const ComplexFeatures raw = made_up_complex();
  base::ThreadPool one(1), three(3);
  const ComplexProcessor a(raw, 20, 30, 5, one), b(raw, 20, 30, 5, three), other_seed(raw, 20, 30, 6, one);
  const auto bytes = [](const FeatureSet& set, const char* name) {
    const tensor::Tensor& array = set.at(name);
    return std::string(static_cast<const char*>(array.view().data), array.bytes());
  };
  const FeatureSet first = a.pass_features(2);
  for (const char* name : {"msa_feat", "msa_mask", "extra_msa", "extra_msa_mask", "extra_has_deletion"}) {
    EXPECT_EQ(bytes(first, name), bytes(b.pass_features(2), name)) << name;
  }
  EXPECT_NE(bytes(first, "msa_feat"), bytes(a.pass_features(1), "msa_feat"));
  EXPECT_NE(bytes(first, "msa_feat"), bytes(other_seed.pass_features(2), "msa_feat"));
  EXPECT_EQ(first.at("msa_feat").shape(), (tensor::Shape{1, 20, raw.n_res(), 49}));
  EXPECT_EQ(first.at("extra_msa").shape(), (tensor::Shape{1, 30, raw.n_res()}));
  EXPECT_EQ(a.constant_features().at("target_feat").shape(), (tensor::Shape{raw.n_res(), 21}));

  const ComplexProcessor all(raw, 1000, 30, 5, one);
  EXPECT_EQ(all.n_clusters(), raw.n_seq);
  EXPECT_EQ(all.pass_features(0).at("extra_msa_mask").as<float>()[0], 0) << "one masked row stands for none";
}

TEST(ComplexProcessor, RowsAndLettersAreChosenAsTheyMay) {
  const ComplexFeatures raw = made_up_complex();
  std::vector<int> chosen(static_cast<size_t>(raw.n_seq));
  constexpr int kPasses = 400, kClusters = 15;
  for (int pass = 0; pass < kPasses; ++pass) {
    const MsaSample rows = sample_complex_rows(raw.is_favoured, kClusters, 1, pass);
    EXPECT_EQ(rows.clusters.front(), 0);
    EXPECT_EQ(rows.clusters.size() + rows.extra.size(), static_cast<size_t>(raw.n_seq));
    for (const int32_t row : rows.clusters) ++chosen[static_cast<size_t>(row)];
  }
  EXPECT_EQ(chosen[0], kPasses);
  const double expected = kPasses * (kClusters - 1.0) / static_cast<double>(raw.n_seq - 1);
  for (size_t r = 1; r < chosen.size(); ++r) EXPECT_NEAR(chosen[r], expected, 6 * std::sqrt(expected)) << r;

  base::ThreadPool pool(1);
  const std::vector<float> profile = column_profile({raw.msa, raw.deletions, raw.n_res()}, pool);
  const MaskedMsa masked = mask_complex_letters(raw.msa, raw.may_mask, profile, 1, 0);
  double n_masked = 0, n_may = 0;
  for (size_t k = 0; k < raw.msa.size(); ++k) {
    if (raw.may_mask[k] == 0) {
      EXPECT_EQ(masked.msa[k], raw.msa[k]);
      EXPECT_EQ(masked.is_masked[k], 0);
    }
    n_masked += masked.is_masked[k];
    n_may += raw.may_mask[k];
  }
  EXPECT_NEAR(n_masked / n_may, 0.15, 5 * std::sqrt(0.15 * 0.85 / n_may));
}

// Against numbers of the original program.
TEST(SoftClusters, EqualGolden) {
  const tensor::NpzReader file(FOLDMESH_TESTS_DIR "/golden/af2/modules/features_multimer.npz");
  std::vector<uint8_t> letters, mask;
  std::vector<int32_t> deletions;
  const auto append = [&](const char* msa, const char* present, const char* counts) {
    for (const int32_t letter : file.view(msa).span<int32_t>())
      letters.push_back(static_cast<uint8_t>(letter));
    for (const float m : file.view(present).span<float>()) mask.push_back(m != 0);
    for (const float count : file.view(counts).span<float>())
      deletions.push_back(static_cast<int32_t>(count));
  };
  append("in_msa_masked", "in_msa_mask", "in_deletion_matrix");
  const std::vector<uint8_t> clusters = letters;
  append("in_extra_msa", "in_extra_msa_mask", "in_extra_deletion_matrix");
  const int64_t n_res = file.view("in_msa_mask").dim(1), n_clusters = file.view("in_msa_mask").dim(0);
  std::vector<int32_t> rows(letters.size() / static_cast<size_t>(n_res));
  std::iota(rows.begin(), rows.end(), 0);
  const auto cluster_rows = std::span(rows).first(static_cast<size_t>(n_clusters));
  const auto extra = std::span(rows).subspan(static_cast<size_t>(n_clusters));
  base::ThreadPool pool(2);
  const Alignment msa{letters, deletions, n_res};
  const ClusterSummary summary = summarize_soft_clusters(clusters, cluster_rows, msa, extra, mask, pool);
  double largest = 0;
  const auto compare = [&](std::span<const float> got, std::span<const float> wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (size_t i = 0; i < got.size(); ++i) {
      const double difference = std::fabs(static_cast<double>(got[i]) - wanted[i]);
      largest = std::max(largest, difference / std::max(1e-3, std::fabs(double{wanted[i]})));
    }
  };
  compare(summary.profile, file.view("out_cluster_profile").span<float>());
  compare(summary.deletion_mean, file.view("out_cluster_deletion_mean").span<float>());
  // The original adds up in float32 in an order of its own.
  EXPECT_LT(largest, 2e-7);
  fmt::print("largest relative difference of profiles and deletion means: {:.1e}\n", largest);

  std::vector<float> msa_feat(static_cast<size_t>(n_clusters * n_res * kMsaFeatChannels));
  make_msa_feat(clusters, cluster_rows, msa, summary, pool, msa_feat);
  largest = 0;
  compare(msa_feat, file.view("out_msa_feat").span<float>());
  EXPECT_LT(largest, 2e-7);
}

}  // namespace
}  // namespace foldmesh::features
