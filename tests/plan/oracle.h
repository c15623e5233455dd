// The planner's problem written down a second time, from strategies, layouts and the cost model alone: for
// every step and every state the cheapest feasible strategy, between steps the cost of changing layouts.
// Solved without dynamic programming: by trying everything, or as an integer program.
#ifndef FOLDMESH_TESTS_PLAN_ORACLE_H_
#define FOLDMESH_TESTS_PLAN_ORACLE_H_

#include <limits>
#include <optional>
#include <vector>

#include "foldmesh/plan/plan.h"

namespace foldmesh::tests {

inline constexpr double kImpossible = std::numeric_limits<double>::infinity();

struct ChainProblem {
  // [step][state while it runs], nanoseconds
  std::vector<std::vector<double>> steps;
  // [step][state of the step before][state of this step]; nothing before the first
  std::vector<std::vector<std::vector<double>>> changes;
};

// One pass; `budget` 0: no limit.
ChainProblem write_down(const plan::Network& network, const plan::Machine& machine, plan::Precision precision,
                        int64_t budget, int n_devices);

// Tries every path, leaving out only those that cannot be better than the best so far. kImpossible without
// one.
double try_everything(const ChainProblem& problem);

bool has_cbc();  // COIN-OR's solver as a program
// The least cost as an integer program with one variable for each state and each pair of neighbouring states.
double solve_with_cbc(const ChainProblem& problem);

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_PLAN_ORACLE_H_
