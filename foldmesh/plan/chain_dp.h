// Exact optimisation over a chain of steps with few states between them: products of small matrices in the
// (min, +) or (min, max) sense. A stack of equal blocks is one block's matrix multiplied with itself, so that
// the work does not depend on how many different plans there are. Knows nothing about networks.
#ifndef FOLDMESH_PLAN_CHAIN_DP_H_
#define FOLDMESH_PLAN_CHAIN_DP_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace foldmesh::plan {

inline constexpr double kImpossible = std::numeric_limits<double>::infinity();

enum class Objective : uint8_t {
  kSum,  // seconds add up along a path
  kMax,  // a peak is the largest value along a path
};

// cost(from, to) of one step or of several; kImpossible where there is no way.
class CostMatrix {
 public:
  CostMatrix() = default;
  explicit CostMatrix(int n_states) : n_(n_states), cost_(static_cast<size_t>(n_) * n_, kImpossible) {}
  int n_states() const { return n_; }
  double operator()(int from, int to) const { return cost_[static_cast<size_t>(from) * n_ + to]; }
  double& operator()(int from, int to) { return cost_[static_cast<size_t>(from) * n_ + to]; }

 private:
  int n_ = 0;
  std::vector<double> cost_;
};

// Steps that follow each other, all together `repeats` times; numbers index a table of matrices.
struct Run {
  std::vector<int> steps;
  int repeats = 1;
  bool operator==(const Run&) const = default;
};

// Cuts a sequence into runs: at every place the repetition that covers most, found with bodies of up to
// `longest_body` steps. Unrolled, the runs are the sequence again.
std::vector<Run> find_runs(std::span<const int> steps, int longest_body = 16);

struct Path {
  double cost = kImpossible;
  int start = -1;           // state before the first step
  std::vector<int> states;  // after each step, unrolled: passes x all runs; empty when there is no path
};

// The cheapest path through all runs, `passes` times over, from any state of `starts` to any state. Among
// equal costs states change as early as they can, then the first of `starts` and the lowest number win, so
// that the answer is always the same; costs should be whole numbers, since equal sums are then equal however
// they are made.
Path cheapest_path(std::span<const CostMatrix> matrices, std::span<const Run> runs, int passes,
                   std::span<const int> starts, Objective objective);
// Its cost alone.
double cheapest_cost(std::span<const CostMatrix> matrices, std::span<const Run> runs, int passes,
                     std::span<const int> starts, Objective objective);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_CHAIN_DP_H_
