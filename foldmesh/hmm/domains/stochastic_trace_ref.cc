// Sampling written plainly; the definition that trace_sampler.cc is tested against.
#include <algorithm>
#include <array>
#include <span>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {
namespace {

enum class State { kB, kM, kI, kD, kE, kN, kJ, kC };

// Walks from the end of the target back to its start; (state, i, k) is the present cell.
class Walk {
 public:
  Walk(const Profile& profile, const LengthModel& length, const DpMatrix& forward, Lcg& rng)
      : profile_(profile), length_(length), forward_(forward), rng_(rng), i_(forward.L()) {}

  std::vector<SampledDomain> run() {
    while (state_ != State::kN) step();  // N leads to the start without a choice
    std::reverse(domains_.begin(), domains_.end());
    return std::move(domains_);
  }

 private:
  void step() {
    switch (state_) {
      case State::kC:
        from_flank(State::kC, forward_.specials[previous_row()].C, length_.e_to_c);
        break;
      case State::kJ:
        from_flank(State::kJ, forward_.specials[previous_row()].J, length_.e_to_j);
        break;
      case State::kE:
        choose_exit();
        break;
      case State::kM:
        from_match();
        break;
      case State::kD:
        from_delete();
        break;
      case State::kI:
        from_insert();
        break;
      case State::kB:
        from_begin();
        break;
      case State::kN:
        break;
    }
  }

  [[noreturn]] void lost() const {
    base::throw_internal("sampled alignment with '{}' left the matrix at residue {}, node {}",
                         profile_.core().name, i_, k_);
  }

  int previous_row() const {
    if (i_ < 1) lost();
    return i_ - 1;
  }

  int previous_node() const {
    if (k_ < 1) lost();
    return k_ - 1;
  }

  template <size_t n>
  State choose(std::array<float, n> weights, std::array<State, n> states) {
    normalise(std::span<float>(weights));
    return states[rng_.choose(weights)];
  }

  // C and J emit on their self-transition.
  void from_flank(State self, float previous, float leave_e) {
    const SpecialRow& row = forward_.specials[i_];
    state_ = choose<2>({previous * length_.loop, row.E * leave_e * row.scale}, {self, State::kE});
    if (state_ == self) --i_;
  }

  // Picks the match or delete state that the domain leaves from. The scan order is the reference's: vector by
  // vector, and in each the match lanes, then the delete lanes. Rounding may leave the sum short of the roll:
  // then it goes on from the start.
  void choose_exit() {
    const float inverse = static_cast<float>(1.0 / forward_.specials[i_].E);
    const float *m = forward_.m(i_), *d = forward_.d(i_);
    const double roll = rng_.uniform();
    const int Q = profile_.Q();
    double sum = 0;
    do {
      for (int q = 0; q < Q; ++q) {
        for (const float* cells : {m, d}) {
          for (int r = 0; r < Profile::kLanes; ++r) {
            sum += cells[r * Q + q + 1] * inverse;
            if (roll < sum) return leave_from(cells == m ? State::kM : State::kD, r * Q + q + 1);
          }
        }
      }
    } while (sum > 0);
    lost();
  }

  void leave_from(State state, int k) {
    state_ = state;
    k_ = k;
    domains_.emplace_back();
    if (state == State::kM) visit_match();
  }

  // Walking back, so the first match state seen is the last of the domain.
  void visit_match() {
    SampledDomain& domain = domains_.back();
    if (domain.seq_to == 0) {
      domain.seq_to = i_;
      domain.hmm_to = k_;
    }
    domain.seq_from = i_;
    domain.hmm_from = k_;
    domain.emitting.push_back(k_);
  }

  void from_match() {
    const TransitionTable<float>& t = profile_.odds_transitions();
    const int row = previous_row(), k = previous_node();
    state_ = choose<4>({forward_.specials[row].B * t.bm[k_], forward_.m(row)[k] * t.mm[k_],
                        forward_.i(row)[k] * t.im[k_], forward_.d(row)[k] * t.dm[k_]},
                       {State::kB, State::kM, State::kI, State::kD});
    i_ = row;
    k_ = k;
    if (state_ == State::kM) visit_match();
    if (state_ == State::kI) domains_.back().emitting.push_back(k_);
  }

  void from_delete() {
    const TransitionTable<float>& t = profile_.odds_transitions();
    k_ = previous_node();
    state_ =
        choose<2>({forward_.m(i_)[k_] * t.md[k_], forward_.d(i_)[k_] * t.dd[k_]}, {State::kM, State::kD});
    if (state_ == State::kM) visit_match();
  }

  void from_insert() {
    const TransitionTable<float>& t = profile_.odds_transitions();
    const int row = previous_row();
    state_ =
        choose<2>({forward_.m(row)[k_] * t.mi[k_], forward_.i(row)[k_] * t.ii[k_]}, {State::kM, State::kI});
    i_ = row;
    if (state_ == State::kM) visit_match();
    if (state_ == State::kI) domains_.back().emitting.push_back(k_);
  }

  void from_begin() {
    const SpecialRow& row = forward_.specials[i_];
    state_ = choose<2>({row.N * length_.move, row.J * length_.move}, {State::kN, State::kJ});
  }

  const Profile& profile_;
  const LengthModel& length_;
  const DpMatrix& forward_;
  Lcg& rng_;
  State state_ = State::kC;
  int i_, k_ = 0;
  std::vector<SampledDomain> domains_;
};

}  // namespace

std::vector<SampledDomain> sample_trace_ref(const Profile& profile, const LengthModel& length,
                                            const DpMatrix& forward, Lcg& rng) {
  return Walk(profile, length, forward, rng).run();
}

}  // namespace foldmesh::hmm
