// build_from_msa() against models made by HMMER 3.4 from the same alignments (tests/golden/hmmer/README.md).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/from_msa_columns.h"
#include "foldmesh/hmm/from_msa_sample.h"
#include "foldmesh/hmm/hmm_file.h"

namespace foldmesh::hmm {
namespace {

const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

// What these tests need of Stockholm; the real reader belongs to seqio, which hmm does not use.
bio::Msa read_alignment(const std::string& path) {
  bio::Msa msa;
  msa.name = std::filesystem::path(path).stem();  // hmmbuild's fallback
  std::map<std::string, size_t> row_of;
  std::istringstream in(base::read_file(path));
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first, tag, text;
    words >> first;
    if (first == "#=GF" || first == "#=GC") {
      words >> tag >> std::ws;
      std::getline(words, text);
      if (tag == "ID") msa.name = text;
      if (tag == "AC") msa.accession = text;
      if (tag == "DE") msa.description = text;
      if (tag == "RF") msa.rf += text;
      if (tag == "SS_cons") msa.ss_cons += text;
      std::array<float, 2> pair{};
      if (std::sscanf(text.c_str(), "%f %f", &pair[0], &pair[1]) == 2) {
        if (tag == "GA") msa.cutoffs.gathering = pair;
        if (tag == "TC") msa.cutoffs.trusted = pair;
        if (tag == "NC") msa.cutoffs.noise = pair;
      }
    } else if (!first.empty() && first[0] != '#' && first != "//") {
      words >> text;
      const auto [place, is_new] = row_of.emplace(first, msa.rows.size());
      if (is_new) msa.rows.push_back({first, "", "", "", ""});
      msa.rows[place->second].aligned += text;
    }
  }
  return msa;
}

// "key=value" in the comment lines of build.*.tsv.
double header_value(const std::string& text, const std::string& key) {
  const size_t at = text.find(key + "=");
  EXPECT_NE(at, std::string::npos) << key;
  return std::strtod(text.c_str() + at + key.size() + 1, nullptr);
}

struct Case {
  const char* alignment;
  const char* numbers;
  Architecture architecture;
};

class BuildFromMsa : public testing::TestWithParam<Case> {};

// Tolerances of the golden data's specification: weights 1e-6, probabilities 1e-4; we come closer.
TEST_P(BuildFromMsa, EqualsReferenceNumbers) {
  const bio::Msa msa = read_alignment(kGolden + GetParam().alignment);
  MsaBuildOptions options;
  options.architecture = GetParam().architecture;
  MsaBuildReport report;
  const CoreModel model = build_from_msa(msa, options, &report);
  const std::string text = base::read_file(kGolden + GetParam().numbers);

  EXPECT_EQ(model.M, static_cast<int>(header_value(text, " M")));
  EXPECT_EQ(model.checksum, static_cast<uint32_t>(header_value(text, "checksum")));
  EXPECT_EQ(static_cast<float>(report.eff_n_seq), static_cast<float>(header_value(text, "eff_nseq")));
  EXPECT_NEAR(mean_relative_entropy(model), header_value(text, "mean_match_relent_bits"), 1e-6);
  EXPECT_NEAR(model.evalue.mu_msv, header_value(text, "msv_mu"), 1e-5);
  EXPECT_NEAR(model.evalue.mu_viterbi, header_value(text, "vit_mu"), 1e-5);
  EXPECT_NEAR(model.evalue.tau, header_value(text, "fwd_tau"), 1e-4);
  EXPECT_NEAR(model.evalue.lambda, header_value(text, "lambda"), 1e-6);

  std::istringstream in(text);
  double worst_weight = 0, worst_probability = 0;
  size_t n_weights = 0;
  int n_nodes = 0;
  const auto compare = [&](std::istringstream& words, const auto& values, double& worst) {
    for (float value : values) {
      double expected = 0;
      words >> expected;
      worst = std::max(worst, std::abs(expected - static_cast<double>(value)));
    }
  };
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind, which;
    words >> kind >> which;
    if (kind == "wgt") {
      std::string name, fragment;
      double weight = 0;
      words >> name >> weight >> fragment;
      EXPECT_EQ(msa.rows[n_weights].name, name);
      worst_weight = std::max(worst_weight, std::abs(weight - report.weights[n_weights]));
      EXPECT_EQ(fragment == "fragment=1", report.is_fragment[n_weights]) << name;
      ++n_weights;
    } else if (kind == "compo") {
      compare(words, model.composition, worst_probability);
    } else if (kind == "mat" && which != "0") {
      compare(words, model.mat[std::stoi(which)], worst_probability);
      ++n_nodes;
    } else if (kind == "ins") {
      compare(words, model.ins[std::stoi(which)], worst_probability);
    } else if (kind == "t") {
      const int k = std::stoi(which);
      compare(words, model.t[k], worst_probability);
      int column = 0;
      char consensus = 0;
      words >> column >> consensus;
      if (k > 0) {
        EXPECT_EQ(column, model.map[k - 1]);
        EXPECT_EQ(consensus, model.consensus[k - 1]);
      }
    }
  }
  EXPECT_EQ(n_weights, msa.rows.size());
  EXPECT_EQ(n_nodes, model.M);
  EXPECT_LE(worst_weight, 1e-8);
  EXPECT_LE(worst_probability, 2e-7);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, BuildFromMsa,
    testing::Values(Case{"iter/s05.chk-1.sto", "iter/build.s05.round2.tsv", Architecture::kHand},
                    Case{"iter/s05.chk-2.sto", "iter/build.s05.round3.tsv", Architecture::kHand},
                    Case{"msa/fn3.sto", "msa/num/build.fn3.tsv", Architecture::kFast},
                    Case{"msa/globins4.sto", "msa/num/build.globins4.tsv", Architecture::kFast}),
    [](const auto& tested) {
      const std::string numbers = tested.param.numbers;
      const size_t from = numbers.rfind("build.") + 6;
      std::string name = numbers.substr(from, numbers.rfind('.') - from);
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

// A short account of the first difference; printing whole files would help nobody.
testing::AssertionResult same_text(const std::string& actual, const std::string& expected) {
  std::istringstream a(actual), b(expected);
  std::string line_a, line_b;
  for (int n = 1;; ++n) {
    const bool more_a = static_cast<bool>(std::getline(a, line_a)),
               more_b = static_cast<bool>(std::getline(b, line_b));
    if (!more_a && !more_b) return testing::AssertionSuccess();
    if (more_a != more_b || line_a != line_b) {
      return testing::AssertionFailure()
             << "line " << n << "\n  ours:     " << line_a << "\n  expected: " << line_b;
    }
  }
}

// The file that HMMER wrote of the same model, byte for byte.
TEST(BuildFromMsaFile, EqualsHmmbuildOutput) {
  const std::pair<const char*, const char*> cases[] = {{"msa/fn3.sto", "msa/fn3.hmm"},
                                                       {"msa/globins4.sto", "msa/globins4.hmm"}};
  for (const auto& [alignment, expected] : cases) {
    std::string text;
    append_hmm(text, build_from_msa(read_alignment(kGolden + alignment)), "3.4 | Aug 2023");
    EXPECT_TRUE(same_text(text, base::read_file(kGolden + expected))) << alignment;
  }
  MsaBuildOptions hand;
  hand.architecture = Architecture::kHand;
  std::string text;
  append_hmm(text, build_from_msa(read_alignment(kGolden + "iter/s05.chk-1.sto"), hand), "3.4 | Aug 2023");
  EXPECT_TRUE(same_text(text, base::read_file(kGolden + "iter/s05.chk-2.hmm")));
}

bio::Msa small_alignment(const std::vector<std::string>& rows) {
  bio::Msa msa;
  msa.name = "small";
  for (const std::string& row : rows)
    msa.rows.push_back({"r" + std::to_string(msa.rows.size()), "", "", row, ""});
  return msa;
}

TEST(BuildFromMsaInput, RefusesWhatCannotBeModelled) {
  const auto message = [](const bio::Msa& msa, const MsaBuildOptions& options = {}) -> std::string {
    try {
      build_from_msa(msa, options);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(message(small_alignment({})).find("no sequences"), std::string::npos);
  EXPECT_NE(message(small_alignment({"ACD", "AC"})).find("row r1 has 2 columns (expected 3)"),
            std::string::npos);
  EXPECT_NE(message(small_alignment({"AC1"})).find("contains '1'"), std::string::npos);
  EXPECT_NE(message(small_alignment({"---"})).find("no consensus column"), std::string::npos);
  EXPECT_NE(message(small_alignment({"AC~DE"})).find("missing data"), std::string::npos);
  MsaBuildOptions hand;
  hand.architecture = Architecture::kHand;
  EXPECT_NE(message(small_alignment({"ACDE"}), hand).find("RF"), std::string::npos);
  bio::Msa msa = small_alignment({"ACDE"});
  msa.rf = "xx";
  EXPECT_NE(message(msa, hand).find("its RF line has 2 columns (expected 4)"), std::string::npos);
  msa = small_alignment({"ACDE"});
  msa.mm = "..m.";
  EXPECT_NE(message(msa).find("not supported"), std::string::npos);
}

TEST(BuildFromMsaInput, KeepsTheAnnotationOfMatchColumns) {
  bio::Msa msa = small_alignment({"ACDEFGHIKLMN.PQR", "ACDEFGHIKLM-aPQR", "ACDEFGHI-LMNaPQR"});
  msa.rf = "xxAxxx...xxx.xxx";
  msa.ss_cons = "HHHHHHHHEEEEEEEE";
  MsaBuildOptions options;
  options.calibrate = false;
  options.architecture = Architecture::kHand;
  const CoreModel model = build_from_msa(msa, options);
  EXPECT_EQ(model.M, 12);
  EXPECT_EQ(model.rf, "xxAxxxxxxxxx");
  EXPECT_EQ(model.cs, "HHHHHHEEEEEE");
  EXPECT_EQ(model.map, (std::vector<int>{1, 2, 3, 4, 5, 6, 10, 11, 12, 14, 15, 16}));
}

// The first, later and last numbers that HMMER's own sampler draws.
TEST(SampleRows, EqualsReferenceSample) {
  const std::vector<size_t> sample = sample_rows(60000, 10000);
  ASSERT_EQ(sample.size(), 10000u);
  EXPECT_EQ((std::vector<size_t>{sample.begin(), sample.begin() + 4}), (std::vector<size_t>{2, 4, 15, 16}));
  EXPECT_EQ(sample.back(), 59996u);
}

TEST(SampleRows, SparseSamplesAreUniformAndSorted) {
  constexpr size_t kPopulation = 1000000, kSample = 10000;
  const std::vector<size_t> sample = sample_rows(kPopulation, kSample);
  ASSERT_EQ(sample.size(), kSample);
  EXPECT_TRUE(std::adjacent_find(sample.begin(), sample.end(), std::greater_equal<>()) == sample.end());
  EXPECT_LT(sample.back(), kPopulation);
  double mean = 0;
  for (size_t row : sample) mean += static_cast<double>(row) / kSample;
  // Standard error of the mean of a uniform sample: N / sqrt(12 n) = 2887.
  EXPECT_NEAR(mean, kPopulation / 2.0, 5 * 2887);
}

}  // namespace
}  // namespace foldmesh::hmm
