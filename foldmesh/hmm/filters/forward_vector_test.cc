// The vectorised parsers against their scalar definition, bit by bit, on every vector instruction set.
#include <gtest/gtest.h>

#include <algorithm>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/random_models.h"

namespace foldmesh::hmm {
namespace {

using Keep = DpMatrix::Keep;

struct Expected {
  DpMatrix forward, backward;
  float forward_nats, backward_nats;
};

Expected expected(const Profile& profile, const ForwardTask& task) {
  Expected e;
  e.forward_nats = forward_ref(profile, task.length, task.residues, Keep::kSpecials, e.forward);
  e.backward_nats = backward_ref(profile, task.length, task.residues, e.forward, Keep::kSpecials, e.backward);
  return e;
}

bool same_row(const SpecialRow& a, const SpecialRow& b) {
  return same_bits(a.N, b.N) && same_bits(a.J, b.J) && same_bits(a.B, b.B) && same_bits(a.C, b.C) &&
         same_bits(a.E, b.E) && same_bits(a.scale, b.scale);
}

void expect_equal(const Specials& actual, const DpMatrix& matrix, float nats) {
  EXPECT_TRUE(same_bits(actual.nats, nats)) << actual.nats << " " << nats;
  EXPECT_EQ(actual.own_scales, matrix.own_scales);
  ASSERT_EQ(actual.rows.size(), matrix.specials.size());
  for (size_t i = 0; i < actual.rows.size(); ++i) {
    ASSERT_TRUE(same_row(actual.rows[i], matrix.specials[i])) << "row " << i << " of " << actual.L();
  }
}

void expect_same_as_reference(const Profile& profile, const std::vector<ForwardTask>& tasks) {
  std::vector<Expected> all;
  for (const ForwardTask& task : tasks) all.push_back(expected(profile, task));
  int n_targets = 0;
  on_every_vector_target([&](const std::string& target) {
    SCOPED_TRACE(target);
    ++n_targets;
    ForwardParser parser;
    std::vector<Specials> forward(tasks.size()), backward(tasks.size());
    std::vector<float> scores(tasks.size());
    parser.forward(profile, tasks, forward);
    parser.forward_scores(profile, tasks, scores);
    parser.backward(profile, tasks, forward, backward);
    for (size_t n = 0; n < tasks.size(); ++n) {
      SCOPED_TRACE(n);
      expect_equal(forward[n], all[n].forward, all[n].forward_nats);
      EXPECT_TRUE(same_bits(scores[n], all[n].forward_nats));
      expect_equal(backward[n], all[n].backward, all[n].backward_nats);
    }
  });
  EXPECT_GT(n_targets, 0);
}

struct Tasks {
  std::vector<std::vector<bio::Code>> targets;
  std::vector<ForwardTask> tasks;
  void add(std::vector<bio::Code> target, const LengthModel& length) {
    targets.push_back(std::move(target));
    tasks.push_back({length, targets.back()});
  }
};

TEST(ForwardVector, RandomModelsAndTargets) {
  Lcg rng(1);
  for (int M : {1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 16, 17, 31, 64, 65, 99, 100, 101, 127, 200, 333}) {
    SCOPED_TRACE(M);
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    Tasks t;
    const int n = 1 + static_cast<int>(rng.next() >> 8) % 19;
    for (int s = 0; s < n; ++s) {
      const int L = 1 + static_cast<int>(rng.next() >> 8) % (s == 0 ? 5 : 200);
      t.add(random_target(rng, model, L), s % 2 ? LengthModel::multihit(L) : LengthModel::unihit(L + s));
    }
    expect_same_as_reference(profile, t.tasks);
  }
}

TEST(ForwardVector, LongModels) {
  Lcg rng(2);
  for (int M : {1000, 2000}) {
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    Tasks t;
    for (int L : {1, 30, 300, 150, 299}) t.add(random_target(rng, model, L), LengthModel::multihit(L));
    expect_same_as_reference(profile, t.tasks);
  }
}

TEST(ForwardVector, LongTargets) {
  Lcg rng(3);
  const CoreModel model = random_model(rng, 23);
  const Profile profile(model);
  Tasks t;
  for (int L : {40000, 5000, 17}) t.add(random_target(rng, model, L), LengthModel::multihit(L));
  expect_same_as_reference(profile, t.tasks);
}

TEST(ForwardVector, ScalesOfBackwardsOwn) {
  // Two copies of the query in a row, scored as one domain; beyond a length the numbers overflow.
  Lcg rng(4);
  for (int M : {35, 60, 150}) {
    SCOPED_TRACE(M);
    const CoreModel model = random_model(rng, M);
    const Profile profile(model);
    std::vector<bio::Code> target;
    for (int copy = 0; copy < 2; ++copy) {
      for (int k = 1; k <= M; ++k) {
        const auto& p = model.mat[k];
        target.push_back(static_cast<bio::Code>(std::max_element(p.begin(), p.end()) - p.begin()));
      }
    }
    Tasks t;
    t.add(target, LengthModel::unihit(2 * M));
    t.add(random_target(rng, model, M), LengthModel::unihit(2 * M));
    EXPECT_TRUE(expected(profile, t.tasks[0]).backward.own_scales);
    expect_same_as_reference(profile, t.tasks);
  }
}

TEST(ForwardVector, NoPathAtAll) {
  Lcg rng(5);
  const Profile profile(random_model(rng, 20));
  Tasks t;
  t.add(std::vector<bio::Code>(5, bio::kStop), LengthModel::multihit(5));
  expect_same_as_reference(profile, t.tasks);
}

}  // namespace
}  // namespace foldmesh::hmm
