// Single-sequence models, their search profiles and their calibration against recorded reference numbers:
// equal in all printed digits.
#include <gtest/gtest.h>

#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/calibration.h"
#include "foldmesh/hmm/golden_data.h"
#include "foldmesh/hmm/lcg.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

using golden::text;

CoreModel query_model(const std::string& name) {
  return build_from_sequence(golden::read_fasta("qf/" + name + ".fasta").at(0));
}

template <typename Values>
std::vector<std::string> texts(const Values& values) {
  std::vector<std::string> result;
  for (auto value : values) result.push_back(text(value));
  return result;
}

// Fields first .. first+n-1 of a line.
std::vector<std::string> slice(const std::vector<std::string>& fields, size_t first, size_t n) {
  return {fields.begin() + static_cast<long>(first), fields.begin() + static_cast<long>(first + n)};
}

TEST(ModelGolden, Calibration) {
  int n_models = 0;
  for (const golden::Row& row : golden::read_table("num/models.tsv")) {
    SCOPED_TRACE(row.at("query"));
    const CoreModel model = query_model(row.at("query"));
    EXPECT_EQ(std::to_string(model.M), row.at("M"));
    EXPECT_EQ(text(mean_relative_entropy(model)), row.at("mean_match_relent_bits"));
    EXPECT_EQ(text(model.evalue.mu_msv), row.at("msv_mu"));
    EXPECT_EQ(text(model.evalue.mu_viterbi), row.at("vit_mu"));
    EXPECT_EQ(text(model.evalue.tau), row.at("fwd_tau"));
    EXPECT_EQ(text(model.evalue.lambda), row.at("msv_lambda"));
    ++n_models;
  }
  EXPECT_EQ(n_models, 13);
}

TEST(ModelGolden, CoreProbabilities) {
  for (const std::string query : {"s03", "s04", "s05"}) {
    SCOPED_TRACE(query);
    const CoreModel model = query_model(query);
    int n_match = 0;
    for (const std::string& line : golden::read_lines("num/core." + query + ".tsv")) {
      const std::vector<std::string> fields = golden::split(line);
      const std::string& kind = fields[0];
      if (kind == "compo") {
        EXPECT_EQ(texts(model.composition), slice(fields, 2, 20));
        continue;
      }
      if (kind != "mat" && kind != "ins" && kind != "t") continue;
      const int k = std::stoi(fields[1]);
      SCOPED_TRACE(kind + " " + fields[1]);
      if (kind == "mat") {
        EXPECT_EQ(texts(model.mat[k]), slice(fields, 2, 20));
        ++n_match;
      } else if (kind == "ins") {
        EXPECT_EQ(texts(model.ins[k]), slice(fields, 2, 20));
      } else {
        EXPECT_EQ(texts(model.t[k]), slice(fields, 2, 7));
        EXPECT_EQ(k == 0 ? "-" : std::string(1, model.consensus[k - 1]), fields[9]);
      }
    }
    EXPECT_EQ(n_match, model.M + 1);
  }
}

template <typename Get>
std::vector<std::string> by_code(Get get, int digits) {
  std::vector<std::string> values;
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) values.push_back(text(get(x), digits));
  return values;
}

template <typename T>
std::vector<std::string> transitions(const TransitionTable<T>& t, int k, int digits) {
  std::vector<std::string> values;
  for (double value : {t.bm[k], t.mm[k], t.im[k], t.dm[k], t.md[k], t.mi[k], t.ii[k], t.dd[k]}) {
    values.push_back(text(value, digits));
  }
  return values;
}

TEST(ModelGolden, ProfileTables) {
  constexpr int kOddsDigits = 8;
  for (const std::string query : {"s03", "s04", "s05"}) {
    SCOPED_TRACE(query);
    const Profile profile(query_model(query));
    const std::vector<std::string> lines = golden::read_lines("num/quant." + query + ".tsv");
    const std::string constants = fmt::format(
        "# L=350 scale_b={} base_b={} bias_b={} tbm_b={} tec_b={} tjb_b={} scale_w={} base_w={} ",
        text(profile.byte_scale()), +Profile::kByteBase, profile.byte_bias(), profile.byte_entry(),
        profile.byte_end(), profile.byte_move(350), text(profile.word_scale()), +Profile::kWordBase);
    EXPECT_EQ(lines[0].substr(0, constants.size()), constants);
    const std::string word_constants = fmt::format(" xw_NM={} xw_EL={} xw_EM={}", profile.word_move(350),
                                                   profile.word_end(), profile.word_end());
    EXPECT_TRUE(lines[0].ends_with(word_constants)) << lines[0];

    int n_rows = 0;
    for (const std::string& line : lines) {
      if (line.starts_with("#")) continue;
      const std::vector<std::string> fields = golden::split(line);
      SCOPED_TRACE(fields[0] + " " + fields[1]);
      const int k = std::stoi(fields[1]);
      std::vector<std::string> ours;
      if (fields[0] == "rb") ours = by_code([&](bio::Code x) { return profile.byte_cost(x)[k]; }, 9);
      if (fields[0] == "rw") ours = by_code([&](bio::Code x) { return profile.word_score(x)[k]; }, 9);
      if (fields[0] == "rf")
        ours = by_code([&](bio::Code x) { return profile.match_odds(x)[k]; }, kOddsDigits);
      if (fields[0] == "tw") ours = transitions(profile.word_transitions(), k, 9);
      if (fields[0] == "tf") ours = transitions(profile.odds_transitions(), k, kOddsDigits);
      EXPECT_EQ(ours, slice(fields, 2, fields.size() - 2));
      ++n_rows;
    }
    EXPECT_EQ(n_rows, 5 * profile.M());
  }
}

TEST(ModelGolden, SimulatedScores) {
  for (const std::string query : {"s03", "s04", "s05"}) {
    SCOPED_TRACE(query);
    const CalibrationScores scores = simulate_scores(Profile(query_model(query)), 42);
    const std::map<std::string, const std::vector<double>*> by_name = {
        {"msv", &scores.msv}, {"vit", &scores.viterbi}, {"fwd", &scores.forward}};
    int n_rows = 0;
    for (const std::string& line : golden::read_lines("num/calib." + query + ".tsv")) {
      if (line.starts_with("#")) continue;
      const std::vector<std::string> fields = golden::split(line);
      const std::vector<double>& ours = *by_name.at(fields[0]);
      EXPECT_EQ(text(ours[std::stoul(fields[1])]), fields[2]) << line;
      ++n_rows;
    }
    EXPECT_EQ(n_rows, 600);
  }
}

}  // namespace
}  // namespace foldmesh::hmm
