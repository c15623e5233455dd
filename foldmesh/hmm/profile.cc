#include "foldmesh/hmm/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/length_table.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/occupancy.h"

namespace foldmesh::hmm {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

template <typename T>
TransitionTable<T> make_table(size_t n, T value) {
  const std::vector<T> column(n, value);
  return {column, column, column, column, column, column, column, column};
}

// Calls f(source column, destination column) for the eight kinds of transition.
template <typename A, typename B, typename F>
void for_each_column(const TransitionTable<A>& from, TransitionTable<B>& to, F f) {
  f(from.bm, to.bm);
  f(from.mm, to.mm);
  f(from.im, to.im);
  f(from.dm, to.dm);
  f(from.md, to.md);
  f(from.mi, to.mi);
  f(from.ii, to.ii);
  f(from.dd, to.dd);
}

LengthModel make_length_model(int L, float n_j) {
  LengthModel model;
  model.L = L;
  model.move = (2.0f + n_j) / (static_cast<float>(L) + 2.0f + n_j);
  model.loop = 1.0f - model.move;
  model.e_to_j = n_j > 0 ? 0.5f : 0.0f;
  model.e_to_c = 1.0f - model.e_to_j;
  return model;
}

// Background-weighted mean of the members' log-odds.
float degenerate_log_odds(const std::array<float, bio::kNumCanonical>& scores, bio::Code x) {
  float sum = 0, weight = 0;
  for (bio::Code a : bio::members(x)) {
    sum += scores[a] * kBackground[a];
    weight += kBackground[a];
  }
  return sum / weight;
}

constexpr float kByteScale = static_cast<float>(3.0 / kLn2);

// Cost in third-bits of log_prob <= 0.
int byte_of(float log_prob) {
  const float cost = -std::round(kByteScale * log_prob);
  return cost > 255.0f ? 255 : static_cast<int>(cost);
}

}  // namespace

LengthModel LengthModel::multihit(int L) { return make_length_model(L, 1.0f); }
LengthModel LengthModel::unihit(int L) { return make_length_model(L, 0.0f); }

Profile::Profile(const CoreModel& core)
    : core_(core),
      q_(std::max(2, (core.M + kLanes - 1) / kLanes)),
      byte_scale_(kByteScale),
      word_scale_(static_cast<float>(500.0 / kLn2)) {
  if (core.M < 1) base::throw_internal("profile '{}': the model has no nodes", core.name);
  set_log_odds();
  set_log_transitions();
  set_odds();
  set_bytes();
  set_words();
  set_striped_tables();
}

void Profile::set_log_odds() {
  log_odds_.assign(static_cast<size_t>(bio::kNumCodes) * (core_.M + 1), kMinusInfinity);
  for (int k = 1; k <= core_.M; ++k) {
    std::array<float, bio::kNumCanonical> scores;
    for (bio::Code a = 0; a < bio::kNumCanonical; ++a) {
      scores[a] = static_cast<float>(std::log(static_cast<double>(core_.mat[k][a]) / kBackground[a]));
      log_odds_[row(a) + k] = scores[a];
    }
    for (bio::Code x = bio::kNumCanonical; x < bio::kNumCodes; ++x) {
      if (bio::is_residue(x)) log_odds_[row(x) + k] = degenerate_log_odds(scores, x);
    }
  }
}

void Profile::set_log_transitions() {
  const int M = core_.M;
  TransitionTable<float>& t = log_transitions_;
  t = make_table(M + 1, kMinusInfinity);

  // A path enters at k in proportion to the occupancy of k and to the number of places it may leave from.
  const std::vector<float> occupancy = match_occupancy(core_);
  float norm = 0;
  for (int k = 1; k <= M; ++k) norm += occupancy[k] * static_cast<float>(M - k + 1);
  for (int k = 1; k <= M && norm > 0; ++k) t.bm[k] = static_cast<float>(log_of(occupancy[k] / norm));

  for (int k = 1; k < M; ++k) {
    const auto log_t = [&](Transition kind) { return static_cast<float>(log_of(core_.t[k][kind])); };
    t.mm[k + 1] = log_t(kMM);
    t.im[k + 1] = log_t(kIM);
    t.dm[k + 1] = log_t(kDM);
    t.md[k] = log_t(kMD);
    t.mi[k] = log_t(kMI);
    t.ii[k] = log_t(kII);
    t.dd[k] = log_t(kDD);
  }
}

void Profile::set_odds() {
  odds_.assign(static_cast<size_t>(bio::kNumCodes) * row_size(), 0.0f);
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    float* odds = odds_.data() + static_cast<size_t>(x) * row_size();
    for (int k = 1; k <= core_.M; ++k) odds[k] = polynomial_exp(match_score(k, x));
  }
  odds_transitions_ = make_table(row_size(), 0.0f);
  for_each_column(log_transitions_, odds_transitions_, [](const auto& from, auto& to) {
    std::transform(from.begin(), from.end(), to.begin(), polynomial_exp);
  });
  float_tables_ = FloatTables(*this);
}

int Profile::byte_move(int L) {
  static const LengthTable<uint8_t> table([](int length) {
    return static_cast<uint8_t>(byte_of(std::log(3.0f / static_cast<float>(length + 3))));
  });
  return table(L);
}

void Profile::set_bytes() {
  const float M = static_cast<float>(core_.M);
  float best = 0;
  for (bio::Code a = 0; a < bio::kNumCanonical; ++a) {
    for (int k = 1; k <= core_.M; ++k) best = std::max(best, match_score(k, a));
  }
  byte_bias_ = byte_of(-best);
  byte_entry_ = byte_of(std::log(2.0f / (M * (M + 1.0f))));
  byte_end_ = byte_of(std::log(0.5f));

  byte_cost_.assign(log_odds_.size(), 255);
  diagonal_cost_.assign(log_odds_.size(), 127);
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    for (int k = 1; k <= core_.M; ++k) {
      const float cost = -std::round(byte_scale_ * match_score(k, x));
      const int biased =
          cost > static_cast<float>(255 - byte_bias_) ? 255 : static_cast<int>(cost) + byte_bias_;
      byte_cost_[row(x) + k] = static_cast<uint8_t>(biased);
      diagonal_cost_[row(x) + k] = static_cast<int16_t>(std::min(biased - byte_bias_, 127));
    }
  }
}

void Profile::set_striped_tables() {
  diagonal_table_ = make_diagonal_table(*this);
  pair_table_ = make_pair_table(*this);
  striped_byte_costs_ = make_striped_table<uint8_t>(
      bio::kNumCodes, core_.M, 255, [&](size_t x, int k) { return byte_cost(static_cast<bio::Code>(x))[k]; });
  striped_words_ = make_striped_words(*this);
}

int16_t Profile::word_of(float log_prob) const {
  return static_cast<int16_t>(std::clamp(std::round(word_scale_ * log_prob), -32768.0f, 32767.0f));
}

int Profile::word_move(int L) const { return word_of(std::log(LengthModel::multihit(L).move)); }

void Profile::set_words() {
  word_end_ = word_of(static_cast<float>(-kLn2));
  word_score_.resize(log_odds_.size());
  std::transform(log_odds_.begin(), log_odds_.end(), word_score_.begin(),
                 [&](float s) { return word_of(s); });

  word_transitions_ = make_table<int16_t>(core_.M + 1, kWordImpossible);
  for_each_column(log_transitions_, word_transitions_, [&](const auto& from, auto& to) {
    std::transform(from.begin(), from.end(), to.begin(),
                   [&](float log_prob) { return std::min<int16_t>(word_of(log_prob), 0); });
  });
  // The reference never lets an insertion extend for free after rounding; scores depend on it.
  for (int16_t& score : word_transitions_.ii) score = std::min<int16_t>(score, -1);
}

}  // namespace foldmesh::hmm
