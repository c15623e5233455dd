// Walks of sampled alignments through the full Forward matrix of one region. Most walks meet the same cells,
// so the chances at a cell are kept: the weights are normalised and summed once, as bounds that the raw
// random numbers are compared with.
#ifndef FOLDMESH_HMM_DOMAINS_TRACE_WALK_H_
#define FOLDMESH_HMM_DOMAINS_TRACE_WALK_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "foldmesh/hmm/domains/trace_sampler.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/lcg.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// The region's cells. Node k = r * Q + q + 1 lies at q * vector + r of the match cells, `insert` behind them
// of the insert cells; q * delete_vector + r of the delete cells.
struct RegionCells {
  const float *match, *deletes;  // row `first`
  size_t match_row, deletes_row;
  size_t match_vector, delete_vector, insert;
  int first, last;                    // rows that are in memory; load() changes them
  std::function<void(int row)> load;  // the rows around this one, where not all are in memory
};

class TraceWalk {
 public:
  TraceWalk(const Profile& profile, const LengthModel& length, std::span<const SpecialRow> rows,
            const RegionCells& cells);  // `cells` must outlive this

  // The next alignment's domains, in sequence order; valid until the next call.
  std::span<const TraceDomain> next(Lcg& rng);

 private:
  // The first of n choices whose bound exceeds the draw; the last has none.
  template <int n>
  struct Choice {
    uint64_t below[n - 1];
    int pick(uint32_t x) const;
  };
  struct MatchChoice {
    uint64_t cell = 0;
    Choice<4> choice;
  };
  // What is kept per row.
  struct RowChoices {
    bool has_c = false, has_j = false, has_b = false;
    Choice<2> c, j, b;
    int exit = -1;  // index of its running sums
  };
  enum class State { kB, kM, kI, kD, kE, kN, kJ, kC };

  template <int n>
  static Choice<n> choice_of(const float (&weights)[n]);
  [[noreturn]] void lost(int i, int k) const;
  int previous_row() const;
  int previous_node() const;

  void step(Lcg& rng);
  void from_flank(Lcg& rng, State self);
  void from_begin(Lcg& rng);
  void from_match(Lcg& rng);
  void from_insert(Lcg& rng);
  void from_delete(Lcg& rng);
  void choose_exit(Lcg& rng);
  int add_exits(int q, float inverse, double roll, double& sum) const;
  const std::vector<double>& exit_sums(float inverse);
  void visit_match();

  size_t row_of(int i) const {
    if (i < cells_.first || i > cells_.last) cells_.load(i);
    return static_cast<size_t>(i - cells_.first);
  }
  size_t match_at(int i, int k) const { return row_of(i) * cells_.match_row + match_cell_[k]; }
  float m(int i, int k) const { return cells_.match[match_at(i, k)]; }
  float ins(int i, int k) const { return cells_.match[match_at(i, k) + cells_.insert]; }
  float d(int i, int k) const { return cells_.deletes[row_of(i) * cells_.deletes_row + delete_cell_[k]]; }

  const Profile& profile_;
  const TransitionTable<float>& t_;
  const LengthModel length_;
  const std::span<const SpecialRow> rows_;
  const RegionCells& cells_;
  std::vector<uint32_t> match_cell_, delete_cell_;  // [M+1]; node 0 stands at node 1, its weights are 0

  std::vector<MatchChoice> matches_;  // a cache: the cells of residue i share kNodesKept places
  uint32_t match_rows_mask_;
  std::vector<RowChoices> row_choices_;
  std::vector<std::vector<double>> exits_;  // running sums over the vectors of a row
  std::vector<int> exit_rows_;              // which rows they are

  State state_ = State::kC;
  int i_ = 0, k_ = 0;
  std::vector<TraceDomain> domains_;
  std::vector<int> nodes_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_TRACE_WALK_H_
