#include "foldmesh/plan/chain_dp.h"

#include <algorithm>

namespace foldmesh::plan {
namespace {

double combine(double a, double b, Objective objective) {
  return objective == Objective::kSum ? a + b : std::max(a, b);
}

// Product of a list of matrices, with enough memory to walk back along any of its paths.
class Product {
 public:
  explicit Product(Objective objective) : objective_(objective) {}

  void multiply(const CostMatrix& next) {
    if (n_factors_++ == 0) {
      total_ = next;
      return;
    }
    const int n = next.n_states();
    CostMatrix product(n);
    std::vector<int8_t> via(static_cast<size_t>(n) * n, -1);
    for (int from = 0; from < n; ++from) {
      for (int to = 0; to < n; ++to) {
        int best = to;  // among equals: be there already
        double best_cost = combine(total_(from, to), next(to, to), objective_);
        for (int middle = 0; middle < n; ++middle) {
          const double cost = combine(total_(from, middle), next(middle, to), objective_);
          if (cost < best_cost) best = middle, best_cost = cost;
        }
        product(from, to) = best_cost;
        via[static_cast<size_t>(from) * n + to] = static_cast<int8_t>(best);
      }
    }
    total_ = std::move(product);
    via_.push_back(std::move(via));
  }

  const CostMatrix& total() const { return total_; }

  // State after each factor on the best way from `from` to `to`.
  std::vector<int> states(int from, int to) const {
    std::vector<int> result(static_cast<size_t>(n_factors_), to);
    for (size_t factor = via_.size(); factor-- > 0;) {
      to = via_[factor][static_cast<size_t>(from) * total_.n_states() + to];
      result[factor] = to;
    }
    return result;
  }

 private:
  Objective objective_;
  int n_factors_ = 0;
  CostMatrix total_;
  std::vector<std::vector<int8_t>> via_;  // of factor k + 1: best state between factors k and k + 1
};

// The matrices of all levels: steps in a body, repeats of a body, runs in a pass, passes.
class Stack {
 public:
  Stack(std::span<const CostMatrix> matrices, std::span<const Run> runs, int passes, Objective objective)
      : pass_(objective), passes_(objective) {
    for (const Run& run : runs) {
      Product body(objective), repeats(objective);
      for (const int step : run.steps) body.multiply(matrices[static_cast<size_t>(step)]);
      for (int i = 0; i < run.repeats; ++i) repeats.multiply(body.total());
      pass_.multiply(repeats.total());
      bodies_.push_back(std::move(body));
      repeats_.push_back(std::move(repeats));
    }
    for (int i = 0; i < passes; ++i) passes_.multiply(pass_.total());
  }

  const CostMatrix& total() const { return passes_.total(); }

  std::vector<int> states(int from, int to) const {
    std::vector<int> result;
    for (const int pass_end : passes_.states(from, to)) {
      const std::vector<int> run_ends = pass_.states(from, pass_end);
      for (size_t run = 0; run < run_ends.size(); ++run) {
        for (const int body_end : repeats_[run].states(from, run_ends[run])) {
          const std::vector<int> steps = bodies_[run].states(from, body_end);
          result.insert(result.end(), steps.begin(), steps.end());
          from = body_end;
        }
      }
    }
    return result;
  }

 private:
  std::vector<Product> bodies_, repeats_;
  Product pass_, passes_;
};

struct Ends {
  double cost = kImpossible;
  int from = -1, to = -1;
};

Ends cheapest_ends(const CostMatrix& total, std::span<const int> starts) {
  Ends best;
  for (const int from : starts) {
    for (int to = 0; to < total.n_states(); ++to) {
      if (total(from, to) < best.cost) best = {total(from, to), from, to};
    }
  }
  return best;
}

}  // namespace

std::vector<Run> find_runs(std::span<const int> steps, int longest_body) {
  std::vector<Run> runs;
  const auto append_single = [&](int step) {
    if (runs.empty() || runs.back().repeats > 1) runs.emplace_back();
    runs.back().steps.push_back(step);
  };
  for (size_t at = 0; at < steps.size();) {
    size_t best_body = 1, best_repeats = 1;
    for (size_t body = 1; body <= static_cast<size_t>(longest_body) && at + 2 * body <= steps.size();
         ++body) {
      size_t end = at + body;
      while (end < steps.size() && steps[end] == steps[end - body]) ++end;
      const size_t repeats = (end - at) / body;
      if (repeats > 1 && body * repeats > best_body * best_repeats) best_body = body, best_repeats = repeats;
    }
    if (best_repeats == 1) {
      append_single(steps[at++]);
      continue;
    }
    const auto first = steps.begin() + static_cast<ptrdiff_t>(at);
    runs.push_back({{first, first + static_cast<ptrdiff_t>(best_body)}, static_cast<int>(best_repeats)});
    at += best_body * best_repeats;
  }
  return runs;
}

Path cheapest_path(std::span<const CostMatrix> matrices, std::span<const Run> runs, int passes,
                   std::span<const int> starts, Objective objective) {
  const Stack stack(matrices, runs, passes, objective);
  const Ends ends = cheapest_ends(stack.total(), starts);
  if (ends.from < 0) return {};
  return {ends.cost, ends.from, stack.states(ends.from, ends.to)};
}

double cheapest_cost(std::span<const CostMatrix> matrices, std::span<const Run> runs, int passes,
                     std::span<const int> starts, Objective objective) {
  return cheapest_ends(Stack(matrices, runs, passes, objective).total(), starts).cost;
}

}  // namespace foldmesh::plan
