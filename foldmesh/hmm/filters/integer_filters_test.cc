// SSV, MSV, the first pass over residue pairs and the Viterbi filter on every instruction set against the
// plain code that defines them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/filters/first_pass.h"
#include "foldmesh/hmm/filters/msv.h"
#include "foldmesh/hmm/filters/ssv.h"
#include "foldmesh/hmm/filters/viterbi.h"
#include "foldmesh/hmm/random_model.h"
#include "foldmesh/simd/target.h"

namespace foldmesh::hmm {
namespace {

bool same(const FilterResult& a, const FilterResult& b) { return a.status == b.status && a.nats == b.nats; }

// The reference's maximum over all cells.
int ssv_maximum_ref(const Profile& profile, std::span<const bio::Code> target) {
  std::vector<int> row(profile.M() + 1, kSsvFloor);
  int best = kSsvFloor;
  for (const bio::Code x : target) {
    for (int k = profile.M(); k >= 1; --k) {
      row[k] = std::max(row[k - 1] - profile.diagonal_cost(x)[k], kSsvFloor);
      best = std::max(best, row[k]);
    }
  }
  return best;
}

PairBlock block_of(const std::vector<std::vector<bio::Code>>& targets) {
  PairBlock block;
  block.assign({targets.begin(), targets.end()});
  return block;
}

// Of one target by itself.
int8_t pair_maximum(const DiagonalTable& table, std::span<const bio::Code> target) {
  std::vector<uint16_t> pairs((target.size() + 1) / 2 + kWrittenBeyondPairs);
  const size_t n = (target.size() + 1) / 2;
  write_pairs(target, n, pairs.data());
  int8_t maximum;
  pair_maxima(table, {pairs.data(), n, 1, n}, &maximum);
  return maximum;
}

class IntegerFilters : public testing::TestWithParam<simd::Target> {
 protected:
  simd::ForcedTarget forced_{GetParam()};
  base::Rng rng_{7};
  UngappedScratch scratch_;
  ViterbiScratch viterbi_;
};

constexpr int kModelSizes[] = {1,  2,   3,   15,  16,  17,  31,  33,  63,  64,
                               65, 100, 127, 128, 129, 191, 257, 400, 577, 900};
constexpr int kTargetLengths[] = {1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 66, 127, 128, 200, 451};

// A profile and targets, some of which score highly.
template <typename Body>
void for_each_pair(base::Rng& rng, std::span<const int> sizes, std::span<const int> lengths,
                   const Body& body) {
  for (const int M : sizes) {
    for (const double spread : {0.4, 1.0, 2.5}) {
      const Profile profile(random_model(rng, M, spread));
      for (const int L : lengths) {
        std::vector<bio::Code> target = random_target(rng, L, rng.below(3) == 0 ? 0.2 : 0.0);
        if (rng.below(2) == 0) plant_match(rng, profile.core(), static_cast<int>(1 + rng.below(40)), target);
        body(profile, target);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(IntegerFilters, SsvAndMsvEqualTheReference) {
  std::array<int, 3> n_status{};
  for_each_pair(rng_, kModelSizes, kTargetLengths, [&](const Profile& profile, const auto& target) {
    const FilterResult expected = ssv_filter_ref(profile, target, scratch_);
    ASSERT_TRUE(same(ssv_filter(profile, target, scratch_), expected)) << profile.M() << " " << target.size();
    ++n_status[static_cast<size_t>(expected.status)];
    ASSERT_TRUE(
        same(full_msv_filter(profile, target, scratch_), full_msv_filter_ref(profile, target, scratch_)))
        << profile.M() << " " << target.size();
    ASSERT_TRUE(same(msv_filter(profile, target, scratch_), msv_filter_ref(profile, target, scratch_)));
  });
  for (const int n : n_status) EXPECT_GT(n, 0);
}

TEST_P(IntegerFilters, ViterbiEqualsTheReference) {
  int n_out_of_range = 0, n_without_path = 0;
  for_each_pair(rng_, kModelSizes, kTargetLengths, [&](const Profile& profile, const auto& target) {
    const FilterResult expected = viterbi_filter_ref(profile, target, viterbi_);
    ASSERT_TRUE(same(viterbi_filter(profile, target, viterbi_), expected))
        << profile.M() << " " << target.size();
    n_out_of_range += expected.status == FilterStatus::kRange;
    const std::vector<bio::Code> stops(target.size(), bio::kStop);
    const FilterResult nothing = viterbi_filter(profile, stops, viterbi_);
    ASSERT_TRUE(same(nothing, viterbi_filter_ref(profile, stops, viterbi_)));
    n_without_path += std::isinf(nothing.nats);
  });
  EXPECT_GT(n_out_of_range, 0);
  EXPECT_GT(n_without_path, 0);
}

// Long deletions cross many lanes.
TEST_P(IntegerFilters, ViterbiFollowsLongDeletions) {
  for (const int M : {40, 100, 333, 1000}) {
    CoreModel model = random_model(rng_, M, 2.5);
    for (int k = 1; k < M; ++k) model.t[k] = {0.6f, 0.1f, 0.3f, 0.5f, 0.5f, 0.02f, 0.98f};
    const Profile profile(model);
    for (int n = 0; n < 10; ++n) {
      std::vector<bio::Code> target = random_target(rng_, 60);
      for (int part = 0; part < 3; ++part) plant_match(rng_, model, 12, target);
      ASSERT_TRUE(
          same(viterbi_filter(profile, target, viterbi_), viterbi_filter_ref(profile, target, viterbi_)))
          << M << " " << n;
    }
  }
}

TEST_P(IntegerFilters, LargeModelsAndLongTargets) {
  constexpr int kSizes[] = {5, 64, 1000, 2000, 3000}, kLengths[] = {2049, 40000};
  for (const int M : kSizes) {
    const Profile profile(random_model(rng_, M, 1.0));
    for (const int L : kLengths) {
      if (L == 40000 && M > 64) continue;
      std::vector<bio::Code> target = random_target(rng_, L, 0.01);
      plant_match(rng_, profile.core(), 20, target);
      EXPECT_TRUE(same(ssv_filter(profile, target, scratch_), ssv_filter_ref(profile, target, scratch_)));
      EXPECT_TRUE(
          same(full_msv_filter(profile, target, scratch_), full_msv_filter_ref(profile, target, scratch_)));
    }
  }
}

// Targets of one kind of odd residue.
TEST_P(IntegerFilters, MonotonousTargets) {
  for (const int M : {1, 30, 64, 200}) {
    const Profile profile(random_model(rng_, M, 1.0));
    for (const bio::Code x : {bio::kX, bio::kStop, bio::kO, bio::Code{0}}) {
      for (const int L : {1, 2, 300}) {
        const std::vector<bio::Code> target(L, x);
        EXPECT_TRUE(same(ssv_filter(profile, target, scratch_), ssv_filter_ref(profile, target, scratch_)));
        EXPECT_TRUE(
            same(full_msv_filter(profile, target, scratch_), full_msv_filter_ref(profile, target, scratch_)));
      }
    }
  }
}

// What the first pass rests on: pair maximum + slack is an upper bound of SSV's maximum.
TEST_P(IntegerFilters, PairMaximaBoundSsv) {
  int n_at_the_bound = 0;
  for_each_pair(rng_, kModelSizes, kTargetLengths, [&](const Profile& profile, const auto& target) {
    const PairTable& table = profile.pair_table();
    if (table.scores.empty()) return;
    const int8_t maximum = pair_maximum(table.scores, target);
    const int ssv = ssv_maximum_ref(profile, target);
    if (maximum < 127) {
      ASSERT_LE(ssv, maximum + table.slack) << profile.M() << " " << target.size();
      n_at_the_bound += maximum < ssv;
    }
  });
  if (simd::vector_bytes() > 1) {
    EXPECT_GT(n_at_the_bound, 0) << "slack 0 would do";
  }
}

// The pass is told the same by a target alone and among others, whatever the size of the groups.
TEST_P(IntegerFilters, GroupsOfTargetsGiveWhatEachGivesAlone) {
  for (const int M : kModelSizes) {
    const Profile profile(random_model(rng_, M, 1.0));
    const DiagonalTable& table = profile.pair_table().scores;
    if (table.empty()) continue;
    for (const size_t n : {1, 2, 7, 24, 25, 60}) {
      std::vector<std::vector<bio::Code>> targets;
      for (size_t t = 0; t < n; ++t) {
        const int length = t % 5 == 4 ? 0 : static_cast<int>(1 + rng_.below(t % 11 == 3 ? 5000 : 300));
        targets.push_back(random_target(rng_, length, 0.05));
      }
      PairBlock block = block_of(targets);
      std::vector<int> seen(n, 0);
      block.for_each_group(pair_group_size(table.shape), [&](const PairRows& rows, const auto& indices) {
        ASSERT_EQ(rows.n_targets, indices.size());
        std::vector<int8_t> together(indices.size());
        pair_maxima(table, rows, together.data());
        for (size_t t = 0; t < indices.size(); ++t) {
          ++seen[indices[t]];
          ASSERT_EQ(together[t], pair_maximum(table, targets[indices[t]])) << M << " " << t << " of " << n;
        }
      });
      for (size_t t = 0; t < n; ++t) ASSERT_EQ(seen[t], targets[t].empty() ? 0 : 1) << t;
    }
  }
}

// No pair above the threshold of the first pass is certain to fail, and the next lower maximum but one is.
TEST_P(IntegerFilters, ThresholdsFollowTheMsvFilter) {
  for (const int M : {1, 10, 64, 300, 1000, 20000}) {
    CoreModel model = random_model(rng_, M, 1.0);
    for (const float mu : {-12.0f, -3.0f, 40.0f}) {
      model.evalue.mu_msv = mu;
      const Profile profile(model);
      for (const double F1 : {0.0, 1e-10, 5e-4, 0.02, 0.1, 0.99, 1.0}) {
        for (const int L : {1, 2, 50, 451, 4095, 4096, 99999}) {
          const int lowest = PromisingMaximum(profile, F1)(L);
          const auto may_pass = [&](int maximum) {
            if (!ssv_applies(profile, L)) return true;
            const FilterResult result = ssv_result(profile, L, maximum);
            if (result.status != FilterStatus::kOk) return true;
            const EvalueParameters& fit = model.evalue;
            return gumbel_survival(bit_score(result.nats, null_score(L)), fit.mu_msv, fit.lambda) <= F1;
          };
          ASSERT_GE(lowest, kSsvFloor);
          for (int maximum = kSsvFloor; maximum < lowest; ++maximum) ASSERT_FALSE(may_pass(maximum));
          if (lowest < 126) {
            ASSERT_TRUE(may_pass(lowest + 1)) << M << " " << mu << " " << F1 << " " << L;
          }
        }
      }
    }
  }
}

// The survivors of a block are all that MSV lets pass, and few others.
TEST_P(IntegerFilters, FirstPassLosesNothing) {
  for (const int M : {1, 5, 40, 64, 100, 250, 600}) {
    const Profile profile(random_model(rng_, M, 0.8));
    std::vector<std::vector<bio::Code>> residues = {{}};
    for (int n = 0; n < 300; ++n) {
      residues.push_back(random_target(rng_, static_cast<int>(rng_.below(n % 50 == 0 ? 5000 : 400)), 0.01));
      if (n % 3 == 0 && !residues.back().empty()) {
        plant_match(rng_, profile.core(), static_cast<int>(rng_.below(30)), residues.back());
      }
    }
    std::vector<Target> block;
    for (const auto& target : residues) block.push_back({"", "", "", target});
    for (const double F1 : {5e-4, 0.02, 1.0}) {
      std::vector<uint32_t> survivors;
      PairBlock pairs = block_of(residues);
      FirstPass(profile, F1).run(pairs, survivors);
      ASSERT_TRUE(std::is_sorted(survivors.begin(), survivors.end()));
      size_t n_passing = 0;
      for (uint32_t i = 0; i < block.size(); ++i) {
        const auto target = block[i].residues;
        const bool survives = std::binary_search(survivors.begin(), survivors.end(), i);
        if (target.empty()) {
          ASSERT_FALSE(survives);
          continue;
        }
        const EvalueParameters& fit = profile.core().evalue;
        const float bits = bit_score(msv_filter_ref(profile, target, scratch_).nats,
                                     null_score(static_cast<int>(target.size())));
        const bool passes = gumbel_survival(bits, fit.mu_msv, fit.lambda) <= F1;
        n_passing += passes;
        if (passes) {
          ASSERT_TRUE(survives) << M << " " << target.size();
        }
      }
      if (F1 == 5e-4 && simd::vector_bytes() > 1 && M >= 100) {
        EXPECT_LT(survivors.size(), n_passing + 60);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, IntegerFilters, testing::ValuesIn(simd::available_targets()),
                         [](const auto& target) { return simd::target_name(target.param); });

}  // namespace
}  // namespace foldmesh::hmm
