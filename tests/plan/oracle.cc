#include "tests/plan/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "foldmesh/base/temp_folder.h"

namespace foldmesh::tests {
namespace {

using plan::Layout;

struct State {
  Layout other, pair;
};

std::vector<State> states(int n_devices) {
  if (n_devices == 1) return {{Layout::kWhole, Layout::kWhole}};
  std::vector<State> all;
  for (const Layout other : plan::kRestingLayouts) {
    for (const Layout pair : plan::kRestingLayouts) all.push_back({other, pair});
  }
  return all;
}

double nanoseconds(double seconds) { return std::round(seconds / 1e-9); }

class Writer {
 public:
  Writer(const plan::Network& network, const plan::Machine& machine, plan::Precision precision,
         int64_t budget, int n_devices)
      : network_(network),
        machine_(machine),
        precision_(precision),
        budget_(budget),
        n_(n_devices),
        states_(states(n_devices)) {}

  ChainProblem write() {
    ChainProblem problem;
    for (size_t i = 0; i < network_.steps.size(); ++i) {
      const plan::Step& step = network_.steps[i];
      problem.steps.push_back(step_costs(step));
      std::vector<std::vector<double>> matrix;
      for (const State& from : states_) {
        std::vector<double>& row = matrix.emplace_back();
        for (const State& to : states_) row.push_back(i == 0 ? 0 : change(step, from, to));
      }
      // Before the first step the pair tensor is split by rows.
      for (size_t s = 0; i == 0 && s < states_.size(); ++s) {
        const State start = {Layout::kWhole, n_ == 1 ? Layout::kWhole : Layout::kFirst};
        problem.steps[0][s] += change(step, start, states_[s]);
      }
      problem.changes.push_back(std::move(matrix));
    }
    return problem;
  }

 private:
  bool fits(int64_t bytes) const { return budget_ == 0 || bytes <= budget_; }
  int64_t bytes(const plan::Extents& tensor, Layout layout) const {
    return plan::shard_elements(tensor, layout, n_) * 4;
  }
  int64_t standing(const plan::Step& step) const {
    const int64_t rows = network_.pair.rows;
    const int64_t weight = std::max(plan::operand_bytes(precision_), machine_.stored_weight_bytes);
    const int64_t host = machine_.is_host ? network_.input_bytes + plan::result_bytes(rows, n_ > 1) : 0;
    return machine_.fixed_bytes + network_.weight_elements * weight + host + step.small_bytes +
           step.resting_bytes / rows * plan::largest_part(rows, n_);
  }

  std::vector<double> step_costs(const plan::Step& step) const {
    std::vector<double> costs;
    const auto strategies = plan::enumerate_strategies(network_, step, n_, precision_);
    for (const State& state : states_) {
      double best = kImpossible;
      for (const plan::Strategy& strategy : strategies) {
        if (step.other.rows == 0 && state.other != Layout::kWhole) continue;
        if (strategy.other && *strategy.other != state.other) continue;
        if (strategy.pair && *strategy.pair != state.pair) continue;
        if (!fits(standing(step) + bytes(network_.pair, state.pair) + bytes(step.other, state.other) +
                  strategy.used_bytes(machine_.workers))) {
          continue;
        }
        double cost = nanoseconds(plan::kernel_seconds(machine_, step.node->kind, precision_, strategy.work));
        for (int m = 0; m < strategy.n_messages; ++m) {
          cost +=
              nanoseconds(plan::collective_seconds(machine_, n_, strategy.messages[static_cast<size_t>(m)]));
        }
        best = std::min(best, cost);
      }
      costs.push_back(best);
    }
    return costs;
  }

  double move(const plan::Extents& tensor, Layout from, Layout to, int64_t beside) const {
    if (from == to) return 0;
    const int64_t received = plan::reshard_elements(tensor, from, to, n_) * 4;
    const int64_t staging = plan::change_staging(tensor, from, to, n_) * 4;
    if (!fits(beside + bytes(tensor, from) + bytes(tensor, to) + staging)) return kImpossible;
    const auto kind =
        to == Layout::kWhole ? plan::CollectiveKind::kAllGather : plan::CollectiveKind::kAllToAll;
    return nanoseconds(
        plan::collective_seconds(machine_, n_,
                                 {kind, received,
                                  plan::exchange_rounds(std::max(plan::shard_elements(tensor, from, n_),
                                                                 plan::shard_elements(tensor, to, n_)))}));
  }

  double change(const plan::Step& step, const State& from, const State& to) const {
    const bool has_other = step.other.rows > 0 && !step.is_other_born;
    double cost = 0;
    if (has_other)
      cost += move(step.other, from.other, to.other, standing(step) + bytes(network_.pair, from.pair));
    return cost + move(network_.pair, from.pair, to.pair,
                       standing(step) + (has_other ? bytes(step.other, to.other) : 0));
  }

  const plan::Network& network_;
  const plan::Machine& machine_;
  plan::Precision precision_;
  int64_t budget_;
  int n_;
  std::vector<State> states_;
};

// Depth first; `rest` bounds what the remaining steps cost at least.
void search(const ChainProblem& problem, const std::vector<double>& rest, size_t at, size_t state,
            double cost, double* best) {
  if (at == problem.steps.size()) {
    *best = std::min(*best, cost);
    return;
  }
  std::vector<std::pair<double, size_t>> next;
  for (size_t to = 0; to < problem.steps[at].size(); ++to) {
    const double value = cost + problem.steps[at][to] + (at == 0 ? 0 : problem.changes[at][state][to]);
    if (value + rest[at + 1] < *best) next.emplace_back(value, to);
  }
  std::sort(next.begin(), next.end());
  for (const auto& [value, to] : next) {
    if (value + rest[at + 1] < *best) search(problem, rest, at + 1, to, value, best);
  }
}

std::string step_variable(size_t step, size_t state) { return fmt::format("s{}_{}", step, state); }
std::string change_variable(size_t step, size_t from, size_t to) {
  return fmt::format("c{}_{}_{}", step, from, to);
}

std::string linear_program(const ChainProblem& problem) {
  const size_t n = problem.steps.front().size();
  std::string objective = "Minimize\n cost:\n", constraints = "Subject To\n", binaries = "Binary\n";
  const auto allowed = [&](size_t step, size_t state) { return problem.steps[step][state] < kImpossible; };
  for (size_t t = 0; t < problem.steps.size(); ++t) {
    std::string one = fmt::format(" one{}:", t);
    for (size_t to = 0; to < n; ++to) {
      if (!allowed(t, to)) continue;
      one += fmt::format("\n + {}", step_variable(t, to));
      objective += fmt::format(" + {:.0f} {}\n", problem.steps[t][to], step_variable(t, to));
      binaries += fmt::format(" {}\n", step_variable(t, to));
    }
    constraints += one + " = 1\n";
    if (t == 0) continue;
    std::vector<std::string> into(n), out_of(n);
    for (size_t from = 0; from < n; ++from) {
      for (size_t to = 0; to < n; ++to) {
        if (!allowed(t - 1, from) || !allowed(t, to) || problem.changes[t][from][to] == kImpossible) continue;
        const std::string variable = change_variable(t, from, to);
        objective += fmt::format(" + {:.0f} {}\n", problem.changes[t][from][to], variable);
        out_of[from] += fmt::format(" + {}\n", variable);
        into[to] += fmt::format(" + {}\n", variable);
      }
    }
    for (size_t s = 0; s < n; ++s) {
      if (allowed(t - 1, s)) {
        constraints += fmt::format(" o{}_{}:\n{} - {} = 0\n", t, s, out_of[s], step_variable(t - 1, s));
      }
      if (allowed(t, s))
        constraints += fmt::format(" i{}_{}:\n{} - {} = 0\n", t, s, into[s], step_variable(t, s));
    }
  }
  return objective + constraints + binaries + "End\n";
}

}  // namespace

ChainProblem write_down(const plan::Network& network, const plan::Machine& machine, plan::Precision precision,
                        int64_t budget, int n_devices) {
  return Writer(network, machine, precision, budget, n_devices).write();
}

double try_everything(const ChainProblem& problem) {
  std::vector<double> rest(problem.steps.size() + 1, 0);
  for (size_t t = problem.steps.size(); t-- > 0;) {
    rest[t] = rest[t + 1] + *std::min_element(problem.steps[t].begin(), problem.steps[t].end());
  }
  double best = kImpossible;
  search(problem, rest, 0, 0, 0, &best);
  return best;
}

bool has_cbc() { return std::system("command -v cbc > /dev/null 2>&1") == 0; }

double solve_with_cbc(const ChainProblem& problem) {
  const base::TempFolder folder("foldmesh-plan-oracle");
  const std::string model = folder.path() / "model.lp", answer = folder.path() / "answer.txt";
  std::ofstream(model) << linear_program(problem);
  const std::string command = fmt::format("cbc '{}' solve solution '{}' > /dev/null 2>&1", model, answer);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("cbc failed");
  std::ifstream file(answer);
  std::string line;
  std::getline(file, line);
  constexpr std::string_view kOptimal = "Optimal - objective value ";
  if (line.starts_with("Infeasible") || line.starts_with("Integer infeasible")) return kImpossible;
  if (!line.starts_with(kOptimal)) throw std::runtime_error("cbc says: " + line);
  return std::stod(line.substr(kOptimal.size()));
}

}  // namespace foldmesh::tests
