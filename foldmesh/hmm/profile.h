// A core model prepared for searching: log-odds against the background, and the same scores as bytes (MSV),
// words (Viterbi filter) and odds ratios (Forward/Backward). Local alignment: entry at any node, exit from
// any node.
//
// Everything here is independent of the target and constant after construction, so threads share one Profile.
// What depends on the target's length is a LengthModel, made per target.
//
// Nodes are k = 1..M. All tables are laid out by k with index 0 unused, so that loops over k are contiguous.
// Source: Eddy 2008 (entry distribution), Eddy 2011 (quantisation), HMMER 3.4 behaviour.
#ifndef FOLDMESH_HMM_PROFILE_H_
#define FOLDMESH_HMM_PROFILE_H_

#include <cstdint>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/core_model.h"
#include "foldmesh/hmm/filters/pair_table.h"
#include "foldmesh/hmm/filters/striped_table.h"
#include "foldmesh/hmm/filters/striped_words.h"
#include "foldmesh/hmm/float_tables.h"

namespace foldmesh::hmm {

// Transition scores of all nodes, one array per kind. "into k" arrays hold what is needed to compute M(i,k)
// in one place: bm[k] is entry B->M_k, mm[k] is M_{k-1}->M_k, im[k] is I_{k-1}->M_k, dm[k] is D_{k-1}->M_k.
// "out of k" arrays: md[k] is M_k->D_{k+1}, mi[k] is M_k->I_k, ii[k] is I_k->I_k, dd[k] is D_k->D_{k+1}.
// Transitions that do not exist (from or to k = 0, out of k = M, and beyond) hold the table's "impossible"
// value.
template <typename T>
struct TransitionTable {
  std::vector<T> bm, mm, im, dm, md, mi, ii, dd;
};

// Transitions of the states that surround the model, as odds; N, C and J share theirs. A target of length L
// expects to be L residues long: with J (multihit) the three flanks share it, without (unihit) the two.
struct LengthModel {
  int L = 0;
  float loop = 0, move = 0;      // N, C, J: stay for one more residue, leave
  float e_to_c = 0, e_to_j = 0;  // after a domain: finish, or look for another one

  static LengthModel multihit(int L);
  static LengthModel unihit(int L);
};

class Profile {
 public:
  // Lanes of the reference's float vectors. Node k lies in vector (k-1) mod Q and lane (k-1) div Q; this
  // fixes the order of float sums and of two scans over nodes, so the scalar code follows it too.
  static constexpr int kLanes = 4;

  // Copies the model. E-value parameters are not looked at, so an uncalibrated model will do for simulations.
  explicit Profile(const CoreModel& core);

  const CoreModel& core() const { return core_; }
  int M() const { return core_.M; }
  int Q() const { return q_; }
  // Cells of a float row: index 0, then kLanes * Q >= M nodes; those beyond M hold zeros.
  int row_size() const { return kLanes * q_ + 1; }

  // Log-odds (nats) of code x at node k; -infinity for gap, stop and missing.
  float match_score(int k, bio::Code x) const { return log_odds_[row(x) + k]; }
  // Log probabilities (nats) in profile form; impossible = -infinity.
  const TransitionTable<float>& log_transitions() const { return log_transitions_; }

  // --- odds ratios (Forward, Backward, null2); impossible = 0; arrays have row_size() cells ---
  const float* match_odds(bio::Code x) const { return odds_.data() + static_cast<size_t>(x) * row_size(); }
  const TransitionTable<float>& odds_transitions() const { return odds_transitions_; }
  // The same in vector order.
  const FloatTables& float_tables() const { return float_tables_; }

  // --- bytes (SSV, MSV): unsigned costs in third-bits above an offset ---
  static constexpr int kByteBase = 190;
  float byte_scale() const { return byte_scale_; }
  int byte_bias() const { return byte_bias_; }    // added to every match cost to make it unsigned
  int byte_entry() const { return byte_entry_; }  // B->M_k, constant over k
  int byte_end() const { return byte_end_; }      // E->C and E->J
  static int byte_move(int L);                    // N, C, J leave; L >= 1
  const uint8_t* byte_cost(bio::Code x) const { return byte_cost_.data() + row(x); }
  // The same without bias, at most 127: what the single-diagonal filter subtracts. Kept wide so that plain
  // loops vectorise.
  const int16_t* diagonal_cost(bio::Code x) const { return diagonal_cost_.data() + row(x); }

  // The byte scores laid out for the vectors of the instruction set in use when the profile was made; empty
  // where there are none.
  const DiagonalTable& diagonal_table() const { return diagonal_table_; }
  const PairTable& pair_table() const { return pair_table_; }
  const StripedTable<uint8_t>& striped_byte_costs() const { return striped_byte_costs_; }

  // --- words (Viterbi filter): scores in 1/500 bits; impossible = -32768 ---
  static constexpr int kWordBase = 12000;
  static constexpr int kWordImpossible = -32768;
  float word_scale() const { return word_scale_; }
  int word_end() const { return word_end_; }  // E->C and E->J
  int word_move(int L) const;                 // N, C, J leave
  const int16_t* word_score(bio::Code x) const { return word_score_.data() + row(x); }
  const TransitionTable<int16_t>& word_transitions() const { return word_transitions_; }
  // Laid out for vectors, as above.
  const StripedWords& striped_words() const { return striped_words_; }

 private:
  size_t row(bio::Code x) const { return static_cast<size_t>(x) * (core_.M + 1); }
  int16_t word_of(float log_prob) const;  // rounded and clamped
  void set_log_odds();
  void set_log_transitions();
  void set_odds();
  void set_bytes();
  void set_words();
  void set_striped_tables();

  CoreModel core_;
  int q_;
  std::vector<float> log_odds_, odds_;
  TransitionTable<float> log_transitions_, odds_transitions_;
  FloatTables float_tables_;
  float byte_scale_, word_scale_;
  int byte_bias_ = 0, byte_entry_ = 0, byte_end_ = 0, word_end_ = 0;
  std::vector<uint8_t> byte_cost_;
  DiagonalTable diagonal_table_;
  PairTable pair_table_;
  StripedTable<uint8_t> striped_byte_costs_;
  StripedWords striped_words_;
  std::vector<int16_t> diagonal_cost_, word_score_;
  TransitionTable<int16_t> word_transitions_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_PROFILE_H_
