// Whole models at full depth, first pass and three recycles, against tests/golden/af2/whole. Limits are those
// suggested in tests/golden/af2/README.md; only valid positions are compared. The largest deviations are
// printed.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foldmesh/base/memory.h"
#include "foldmesh/predict/head_dump.h"
#include "foldmesh/predict/predict.h"
#include "tests/golden_whole/golden_case.h"
#include "tests/sanitized.h"

namespace foldmesh::predict {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Which entries of a head are compared, and how close they must be.
enum class Where { kResidues, kPairs, kMsa, kIterations, kAll };
struct Rule {
  Where where;
  double rel, max_abs;
};
const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table = {
      {"msa", {Where::kMsa, 4e-6, 5e-4}},
      {"pair", {Where::kPairs, 4e-6, 5e-4}},
      {"single", {Where::kResidues, 4e-6, 5e-4}},
      {"msa_first_row", {Where::kResidues, 4e-6, 5e-4}},
      {"final_atom_positions", {Where::kResidues, 8e-6, 1e-3}},
      {"sm_frames", {Where::kIterations, 8e-6, 1e-3}},
      {"sm_angles", {Where::kIterations, 2e-5, 2e-3}},
      {"sm_unnormalized_angles", {Where::kIterations, 4e-6, 5e-4}},
      {"sm_positions", {Where::kResidues, 8e-6, 1e-3}},
      {"sm_single", {Where::kResidues, 4e-6, 5e-4}},
      {"lddt_logits", {Where::kResidues, 4e-6, 2e-4}},
      {"plddt", {Where::kResidues, 2e-6, 3e-4}},
      {"distogram_logits", {Where::kPairs, 4e-6, 2e-4}},
      {"masked_msa_logits", {Where::kMsa, 4e-6, 2e-4}},
      {"experimentally_resolved_logits", {Where::kResidues, 4e-6, 2e-4}},
      {"tm_logits", {Where::kPairs, 4e-6, 2e-4}},
      {"ptm_score", {Where::kAll, kNoLimit, 2e-6}},
      {"iptm_score", {Where::kAll, kNoLimit, 2e-6}},
      {"weighted_ptm_score", {Where::kAll, kNoLimit, 2e-6}},
      {"predicted_aligned_error", {Where::kPairs, 4e-6, 4e-4}},
  };
  return table;
}

struct Deviation {
  double rel = 0, max_abs = 0;
  int n_compared = 0;  // tensors
};

struct Case {
  const char* model;
  int n_res;
  Precision precision;
  int heads_of_pass[4];  // how many tensors the golden holds for each pass
  int n_passes = 4;      // that are run
};

class WholeModel : public ::testing::TestWithParam<Case> {
 protected:
  void compare(const PassResult& result, const tensor::NpzReader& golden, const FeatureSource& features) {
    int n_heads = 0;
    for_each_head(result, [&](const std::string& name, const tensor::ConstView& got) {
      // Larger sets keep every 4th or 8th row of pair tensors, and of some passes the last iteration only.
      for (const auto& [suffix, step] : {std::pair("", 1), std::pair("_rows4", 4), std::pair("_rows8", 8)}) {
        const std::string stored = fmt::format("out{}_{}{}", result.pass, name, suffix);
        if (!golden.contains(stored)) continue;
        compare_one(name, got, golden.view(stored), step, features);
        ++n_heads;
      }
    });
    EXPECT_EQ(n_heads, GetParam().heads_of_pass[result.pass]);
  }

  void print() const {
    fmt::print("largest deviation over all passes (limits in brackets)\n");
    for (const auto& [name, deviation] : deviations_) {
      fmt::print("  {:<32} rel {:8.2e} [{:.0e}]  max {:8.2e} [{:.0e}]  in {} tensors\n", name, deviation.rel,
                 rules().at(name).rel, deviation.max_abs, rules().at(name).max_abs, deviation.n_compared);
    }
  }

 private:
  // One entry per vector of the last axes that is compared as a unit.
  static std::vector<bool> valid_units(Where where, const FeatureSource& features, int64_t iterations) {
    const auto seq = features.get("seq_mask").span<float>(), msa = features.get("msa_mask").span<float>();
    std::vector<bool> valid;
    switch (where) {
      case Where::kAll:
        return {true};
      case Where::kMsa:
        return {msa.begin(), msa.end()};
      case Where::kResidues:
        return {seq.begin(), seq.end()};
      case Where::kIterations:
        for (int64_t i = 0; i < iterations; ++i) valid.insert(valid.end(), seq.begin(), seq.end());
        return valid;
      case Where::kPairs:
        for (const float a : seq) {
          for (const float b : seq) valid.push_back(a * b != 0);
        }
        return valid;
    }
    return valid;
  }

  void compare_one(const std::string& name, const tensor::ConstView& got, const tensor::ConstView& want,
                   int step, const FeatureSource& features) {
    const Rule& rule = rules().at(name);
    ASSERT_EQ(got.shape.size(), want.shape.size()) << name;
    const std::vector<bool> valid = valid_units(rule.where, features, got.shape[0]);
    const bool last_only = rule.where == Where::kIterations && want.shape[0] == 1;
    const int64_t n_rows = got.shape[0], row = got.size() / n_rows;
    ASSERT_EQ(want.shape[0], last_only ? 1 : (n_rows + step - 1) / step) << name;
    ASSERT_EQ(want.size(), want.shape[0] * row) << name;
    const int64_t units_per_row = static_cast<int64_t>(valid.size()) / n_rows, width = row / units_per_row;
    double squares = 0, difference_squares = 0, largest = 0;
    int64_t n = 0;
    for (int64_t r = 0; r < want.shape[0]; ++r) {
      const int64_t from = last_only ? n_rows - 1 : r * step;
      for (int64_t i = 0; i < row; ++i) {
        if (!valid.at(static_cast<size_t>(from * units_per_row + i / width))) continue;
        const double w = want.as<float>()[r * row + i];
        const double d = static_cast<double>(got.as<float>()[from * row + i]) - w;
        squares += w * w;
        difference_squares += d * d;
        largest = std::isfinite(d) ? std::max(largest, std::fabs(d)) : kNoLimit;
        ++n;
      }
    }
    ASSERT_GT(n, 0) << name;
    ASSERT_GT(squares, 0) << name;
    const double rel = std::sqrt(difference_squares / squares);
    EXPECT_LE(rel, rule.rel) << name;
    EXPECT_LE(largest, rule.max_abs) << name;
    Deviation& deviation = deviations_[name];
    deviation.rel = std::max(deviation.rel, rel);
    deviation.max_abs = std::max(deviation.max_abs, largest);
    ++deviation.n_compared;
  }

  std::map<std::string, Deviation> deviations_;
};

TEST_P(WholeModel, EqualsGolden) {
  const Case& param = GetParam();
  if (tests::kSanitized && (param.n_res > 16 || param.precision == Precision::kReference)) {
    GTEST_SKIP() << "takes too long under a sanitizer";
  }
  const std::string name = fmt::format("{}_N{}", param.model, param.n_res);
  const std::string path = golden_path(name);
  if (path.empty()) GTEST_SKIP() << "FOLDMESH_MORE_GOLDENS names no folder with " << name << ".npz";
  GoldenCase the(param.model, path);
  the.options.precision = param.precision;
  the.options.on_pass = [&](const PassResult& result) { compare(result, the.golden, *the.features); };
  the.options.n_recycles = param.n_passes - 1;
  const Prediction prediction = predict(*the.features, the.config, the.params, the.options);
  print();
  EXPECT_TRUE(prediction.untrained);
  EXPECT_EQ(prediction.n_passes, param.n_passes);
  fmt::print("arena {} (lower bound {}), {:.1f} s per pass\n", base::format_bytes(prediction.memory.arena),
             base::format_bytes(prediction.memory.arena_lower_bound), prediction.pass_seconds.back());
}

INSTANTIATE_TEST_SUITE_P(
    Goldens, WholeModel,
    ::testing::Values(Case{"model_1_ptm", 16, Precision::kFp32, {18, 18, 18, 18}},
                      Case{"model_3", 16, Precision::kFp32, {15, 15, 15, 15}},
                      Case{"model_1_ptm", 64, Precision::kFp32, {12, 11, 11, 16}},
                      Case{"model_3", 64, Precision::kFp32, {10, 10, 10, 13}},
                      Case{"model_1_ptm", 16, Precision::kReference, {18, 18, 18, 18}},
                      Case{"model_3", 16, Precision::kReference, {15, 15, 15, 15}},
                      Case{"model_1_multimer_v3", 14, Precision::kFp32, {20, 20, 20, 20}},
                      Case{"model_1_multimer_v3", 14, Precision::kReference, {20, 20, 20, 20}, 1},
                      Case{"model_1_multimer_v3", 44, Precision::kFp32, {14, 13, 13, 18}}),
    [](const auto& test) {
      const char* precision = test.param.precision == Precision::kFp32 ? "fp32" : "reference";
      return fmt::format("{}_N{}_{}", test.param.model, test.param.n_res, precision);
    });

}  // namespace
}  // namespace foldmesh::predict
