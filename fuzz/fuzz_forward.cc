// The vectorised Forward, Backward and envelopes against their scalar definitions, bit by
// bit: the input makes a model and targets.
#include <algorithm>
#include <vector>

#include "foldmesh/hmm/domains/envelope_scores.h"
#include "foldmesh/hmm/domains/posterior.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/random_models.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;
using namespace foldmesh::hmm;

namespace {

using Keep = DpMatrix::Keep;

// Numbers from the input; zeros when it has ended.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t next() { return at_ < size_ ? data_[at_++] : uint8_t{0}; }
  size_t left() const { return size_ - at_; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

CoreModel model_from(Bytes& bytes) {
  Lcg rng(bytes.next());
  CoreModel model = random_model(rng, 1 + bytes.next());
  // Some transitions at will, 0 and 1 included.
  for (int n = bytes.next() % 16; n > 0; --n) {
    auto& t = model.t[bytes.next() % (model.M + 1)];
    t[bytes.next() % 7] = static_cast<float>(bytes.next()) / 255.0f;
  }
  return model;
}

void check_rows(const Specials& actual, const DpMatrix& expected, float nats) {
  fuzz::require(same_bits(actual.nats, nats), "score");
  for (size_t i = 0; i < actual.rows.size(); ++i) {
    const SpecialRow &a = actual.rows[i], &b = expected.specials[i];
    fuzz::require(same_bits(a.N, b.N) && same_bits(a.J, b.J) && same_bits(a.B, b.B) && same_bits(a.C, b.C) &&
                      same_bits(a.E, b.E) && same_bits(a.scale, b.scale),
                  "special states");
  }
}

void check_envelopes(const Profile& profile, const std::vector<ForwardTask>& tasks) {
  std::vector<EnvelopeTask> envelopes;
  for (const ForwardTask& task : tasks) envelopes.push_back({task, true});
  std::vector<EnvelopeScore> scores(tasks.size());
  EnvelopeScorer().score(profile, envelopes, scores);
  DpMatrix forward, backward;
  for (size_t n = 0; n < tasks.size(); ++n) {
    const ForwardTask& task = tasks[n];
    forward_ref(profile, task.length, task.residues, Keep::kAll, forward);
    backward_ref(profile, task.length, task.residues, forward, Keep::kAll, backward);
    const bool in_range = decode_posteriors_ref(profile, task.length, forward, backward);
    fuzz::require(scores[n].in_range == in_range, "range");
    if (!in_range) continue;
    const OptimalAlignment expected = optimal_accuracy_alignment_ref(profile, task.length, backward, forward);
    const OptimalAlignment& actual = scores[n].alignment;
    fuzz::require(same_bits(actual.expected_accuracy, expected.expected_accuracy), "accuracy");
    fuzz::require(
        std::equal(actual.steps.begin(), actual.steps.end(), expected.steps.begin(), expected.steps.end(),
                   [](const AlignmentStep& a, const AlignmentStep& b) {
                     return a.state == b.state && a.k == b.k && a.i == b.i &&
                            same_bits(a.posterior, b.posterior);
                   }),
        "alignment");
    const Null2Odds odds = null2_by_expectation_ref(profile, backward);
    fuzz::require(std::equal(odds.begin(), odds.end(), scores[n].null2.begin(), same_bits), "null2");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  const Profile profile(model_from(bytes));
  std::vector<std::vector<bio::Code>> targets(1 + bytes.next() % 10);
  for (auto& target : targets) {
    target.resize(1 + bytes.next());
    for (bio::Code& x : target) {
      x = bytes.left() > 0 ? static_cast<bio::Code>(bytes.next() % bio::kNumCodes) : target[0];
      if (x == bio::kGap || x == bio::kMissing) x = bio::kX;
    }
  }
  std::vector<ForwardTask> tasks;
  for (const auto& target : targets) {
    const int L = static_cast<int>(target.size());
    tasks.push_back({bytes.next() % 2 ? LengthModel::multihit(L) : LengthModel::unihit(L + 7), target});
  }
  std::vector<Specials> forward(tasks.size()), backward(tasks.size());
  ForwardParser parser;
  parser.forward(profile, tasks, forward);
  parser.backward(profile, tasks, forward, backward);
  DpMatrix forward_matrix, backward_matrix;
  for (size_t n = 0; n < tasks.size(); ++n) {
    const ForwardTask& task = tasks[n];
    const float nats = forward_ref(profile, task.length, task.residues, Keep::kSpecials, forward_matrix);
    check_rows(forward[n], forward_matrix, nats);
    const float back =
        backward_ref(profile, task.length, task.residues, forward_matrix, Keep::kSpecials, backward_matrix);
    check_rows(backward[n], backward_matrix, back);
  }
  check_envelopes(profile, tasks);
  return 0;
}
