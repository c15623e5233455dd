#include "foldmesh/plan/plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/plan/chain_dp.h"

namespace foldmesh::plan {
namespace {

// Times are compared and added up in whole nanoseconds: sums are then the same in whatever order they are
// made, and ties are ties.
constexpr double kNanosecond = 1e-9;
double whole_nanoseconds(double seconds) { return std::round(seconds / kNanosecond); }

struct State {
  Layout other = Layout::kWhole, pair = Layout::kWhole;
};

// What it takes to change a tensor's layout, for every pair of resting layouts.
class Moves {
 public:
  Moves() = default;
  Moves(const Extents& tensor, const Machine& machine, int n_devices) {
    for (const Layout from : kRestingLayouts) {
      for (const Layout to : kRestingLayouts) {
        Entry& entry = entries_[static_cast<size_t>(from)][static_cast<size_t>(to)];
        entry.message.kind = to == Layout::kWhole ? CollectiveKind::kAllGather : CollectiveKind::kAllToAll;
        entry.message.bytes = reshard_elements(tensor, from, to, n_devices) * kResidualBytes;
        entry.message.rounds = exchange_rounds(
            std::max(shard_elements(tensor, from, n_devices), shard_elements(tensor, to, n_devices)));
        entry.staging = change_staging(tensor, from, to, n_devices) * kResidualBytes;
        entry.nanoseconds = whole_nanoseconds(collective_seconds(machine, n_devices, entry.message));
      }
      shards_[static_cast<size_t>(from)] = shard_elements(tensor, from, n_devices) * kResidualBytes;
    }
  }
  int64_t shard(Layout layout) const { return shards_[static_cast<size_t>(layout)]; }
  const Collective& message(Layout from, Layout to) const { return entry(from, to).message; }
  double nanoseconds(Layout from, Layout to) const { return entry(from, to).nanoseconds; }
  // Bytes for the new part beside the old, and for what is copied on its way.
  int64_t arriving(Layout from, Layout to) const { return shard(to) + entry(from, to).staging; }

 private:
  struct Entry {
    Collective message;
    double nanoseconds = 0;
    int64_t staging = 0;
  };
  const Entry& entry(Layout from, Layout to) const {
    return entries_[static_cast<size_t>(from)][static_cast<size_t>(to)];
  }
  std::array<std::array<Entry, kRestingLayouts.size()>, kRestingLayouts.size()> entries_;
  std::array<int64_t, kRestingLayouts.size()> shards_{};
};

}  // namespace

// All that is known about a network on n devices: the strategies of each class of steps, what each takes, and
// what it takes to change layouts before it.
class Planner::Problem {
 public:
  Problem(const Planner& planner, int n_devices)
      : planner_(planner),
        n_(n_devices),
        n_layouts_(n_devices == 1 ? 1 : static_cast<int>(kRestingLayouts.size())),
        pair_(planner.network_.pair, planner.machine_, n_devices) {
    for (const Step* step : planner.representatives_) tables_.push_back(table(*step));
    // Between passes the pair tensor is split by rows, as the structure module leaves it: all passes are
    // alike.
    starts_.push_back(index({Layout::kWhole, n_layouts_ == 1 ? Layout::kWhole : Layout::kFirst}));
  }

  double seconds() const {
    const int n_passes = planner_.options_.n_passes;
    return kNanosecond * cheapest_cost(matrices(Objective::kSum), runs(), n_passes, starts_, Objective::kSum);
  }

  Floor floor() const {
    const Path path = cheapest_path(matrices(Objective::kMax), runs(), planner_.options_.n_passes, starts_,
                                    Objective::kMax);
    Floor floor;
    int from = path.start;
    for (size_t i = 0; i < path.states.size(); ++i) {
      const Step& step = planner_.network_.steps[i % planner_.network_.steps.size()];
      const auto bytes =
          static_cast<int64_t>(best(step.step_class, from, path.states[i], Objective::kMax).value);
      if (bytes > floor.bytes) floor = {bytes, step.node->name};
      from = path.states[i];
    }
    return floor;
  }

  std::optional<Plan> plan() const {
    const int n_passes = planner_.options_.n_passes;
    const Path path = cheapest_path(matrices(Objective::kSum), runs(), n_passes, starts_, Objective::kSum);
    if (path.start < 0) return std::nullopt;
    Plan plan;
    plan.n_devices = n_;
    plan.weight_bytes = weight_bytes();
    plan.fixed_bytes = planner_.machine_.fixed_bytes;
    plan.host_bytes = host_bytes();
    int from = path.start;
    for (int pass = 0; pass < n_passes; ++pass) {
      std::vector<PlannedStep>& steps = plan.passes.emplace_back();
      for (size_t i = 0; i < planner_.network_.steps.size(); ++i) {
        const int to = path.states[static_cast<size_t>(pass) * planner_.network_.steps.size() + i];
        steps.push_back(planned(planner_.network_.steps[i], from, to));
        from = to;
      }
    }
    add_up(&plan);
    return plan;
  }

 private:
  struct Option {
    Strategy strategy;
    double kernel = 0, messages = 0;  // nanoseconds
    double nanoseconds() const { return kernel + messages; }
  };
  // Of one class of steps. By state while the step runs: the fastest option that fits, and the one of least
  // memory.
  struct Table {
    const Step* step = nullptr;
    Moves other;           // of the other tensor; of nothing when there is none
    int64_t standing = 0;  // bytes whatever the layouts of the two big tensors
    std::vector<Option> options;
    std::vector<int> fastest, smallest;  // -1: none
  };
  struct Change {
    double nanoseconds = 0;
    int64_t peak = 0;
  };
  struct Choice {
    double value = kImpossible;
    int during = -1;  // state while the step runs
  };

  Layout layout(int number) const { return kRestingLayouts.at(static_cast<size_t>(number)); }
  int n_states() const { return n_layouts_ * n_layouts_; }
  int index(const State& state) const {
    return static_cast<int>(state.other) * n_layouts_ + static_cast<int>(state.pair);
  }
  State state(int index) const { return {layout(index / n_layouts_), layout(index % n_layouts_)}; }

  std::vector<Run> runs() const { return find_runs(planner_.classes_); }

  int64_t weight_bytes() const {
    return planner_.network_.weight_elements *
           std::max(operand_bytes(planner_.options_.precision), planner_.machine_.stored_weight_bytes);
  }
  int64_t host_bytes() const {
    if (!planner_.machine_.is_host) return 0;
    return planner_.network_.input_bytes + result_bytes(planner_.network_.pair.rows, n_ > 1);
  }

  // What a device holds whatever the layouts of the two big tensors.
  int64_t standing_bytes(const Step& step) const {
    const int64_t rows = planner_.network_.pair.rows;
    return planner_.machine_.fixed_bytes + weight_bytes() + host_bytes() + step.small_bytes +
           step.resting_bytes / rows * largest_part(rows, n_);
  }
  int64_t peak(const Table& table, const State& during, const Strategy& strategy) const {
    return table.standing + pair_.shard(during.pair) + table.other.shard(during.other) + used_by(strategy);
  }
  int64_t used_by(const Strategy& strategy) const { return strategy.used_bytes(planner_.machine_.workers); }
  bool fits(int64_t bytes) const { return planner_.budget_ == 0 || bytes <= planner_.budget_; }

  // A tensor beside the pair tensor that is not there has the layout kWhole.
  bool can_be(const Step& step, const State& during) const {
    return step.other.rows > 0 || during.other == Layout::kWhole;
  }

  Table table(const Step& step) const {
    Table table;
    table.step = &step;
    table.other = Moves(step.other, planner_.machine_, n_);
    table.standing = standing_bytes(step);
    for (Strategy& strategy :
         enumerate_strategies(planner_.network_, step, n_, planner_.options_.precision)) {
      Option option{std::move(strategy)};
      option.kernel = whole_nanoseconds(kernel_seconds(planner_.machine_, step.node->kind,
                                                       planner_.options_.precision, option.strategy.work));
      for (int i = 0; i < option.strategy.n_messages; ++i) {
        option.messages += whole_nanoseconds(
            collective_seconds(planner_.machine_, n_, option.strategy.messages[static_cast<size_t>(i)]));
      }
      table.options.push_back(std::move(option));
    }
    for (int s = 0; s < n_states(); ++s) choose(&table, state(s));
    return table;
  }

  void choose(Table* table, const State& during) const {
    int fastest = -1, smallest = -1;
    for (size_t i = 0; i < table->options.size() && can_be(*table->step, during); ++i) {
      const Option& option = table->options[i];
      if (option.strategy.other.value_or(during.other) != during.other ||
          option.strategy.pair.value_or(during.pair) != during.pair) {
        continue;
      }
      const auto less = [&](int current, const auto& measure) {
        return current < 0 || measure(option) < measure(table->options[static_cast<size_t>(current)]);
      };
      if (fits(peak(*table, during, option.strategy)) &&
          less(fastest, [](const Option& o) { return o.nanoseconds(); })) {
        fastest = static_cast<int>(i);
      }
      if (less(smallest, [&](const Option& o) { return used_by(o.strategy); }))
        smallest = static_cast<int>(i);
    }
    table->fastest.push_back(fastest);
    table->smallest.push_back(smallest);
  }

  // Whether the other tensor is there before the step, so that it may have to move.
  static bool has_other_before(const Step& step) { return step.other.rows > 0 && !step.is_other_born; }

  // The other tensor first, then the pair tensor; while one moves, its old and its new parts are both there.
  Change change(const Table& table, const State& from, const State& during) const {
    Change change;
    const bool has_other = has_other_before(*table.step);
    if (has_other && from.other != during.other) {
      change.nanoseconds += table.other.nanoseconds(from.other, during.other);
      change.peak = table.standing + pair_.shard(from.pair) + table.other.shard(from.other) +
                    table.other.arriving(from.other, during.other);
    }
    if (from.pair != during.pair) {
      change.nanoseconds += pair_.nanoseconds(from.pair, during.pair);
      change.peak = std::max(change.peak, table.standing + pair_.shard(from.pair) +
                                              pair_.arriving(from.pair, during.pair) +
                                              (has_other ? table.other.shard(during.other) : 0));
    }
    return change;
  }

  // After the step: a tensor that has died or gone to rest counts as whole.
  int after(const Step& step, int during) const {
    State result = state(during);
    if (!step.is_other_alive_after) result.other = Layout::kWhole;
    return index(result);
  }

  // The best way through a step of this class between two states.
  Choice best(int step_class, int from, int to, Objective objective) const {
    const Table& table = tables_[static_cast<size_t>(step_class)];
    Choice best;
    for (int during = 0; during < n_states(); ++during) {
      if (after(*table.step, during) != to) continue;
      const double value = cost(table, from, during, objective);
      if (value < best.value) best = {value, during};
    }
    return best;
  }

  double cost(const Table& table, int from, int during, Objective objective) const {
    const bool by_time = objective == Objective::kSum;
    const int chosen = (by_time ? table.fastest : table.smallest)[static_cast<size_t>(during)];
    if (chosen < 0) return kImpossible;
    const Option& option = table.options[static_cast<size_t>(chosen)];
    const Change moved = change(table, state(from), state(during));
    if (by_time) return fits(moved.peak) ? moved.nanoseconds + option.nanoseconds() : kImpossible;
    return static_cast<double>(std::max(moved.peak, peak(table, state(during), option.strategy)));
  }

  std::vector<CostMatrix> matrices(Objective objective) const {
    std::vector<CostMatrix> result;
    for (const Table& table : tables_) {
      CostMatrix& matrix = result.emplace_back(n_states());
      for (int from = 0; from < n_states(); ++from) {
        for (int during = 0; during < n_states(); ++during) {
          double& entry = matrix(from, after(*table.step, during));
          entry = std::min(entry, cost(table, from, during, objective));
        }
      }
    }
    return result;
  }

  PlannedStep planned(const Step& step, int from, int to) const {
    const Choice choice = best(step.step_class, from, to, Objective::kSum);
    const Table& table = tables_[static_cast<size_t>(step.step_class)];
    const Option& option =
        table.options[static_cast<size_t>(table.fastest[static_cast<size_t>(choice.during)])];
    const State before = state(from), during = state(choice.during);
    const Change moved = change(table, before, during);
    PlannedStep result;
    result.step = &step;
    result.strategy = option.strategy;
    if (step.other.rows > 0) result.other = during.other;
    result.pair = during.pair;
    if (has_other_before(step) && before.other != during.other) {
      result.other_change =
          Reshard{before.other, during.other, table.other.message(before.other, during.other)};
    }
    if (before.pair != during.pair) {
      result.pair_change = Reshard{before.pair, during.pair, pair_.message(before.pair, during.pair)};
    }
    result.kernel_seconds = kNanosecond * option.kernel;
    result.message_seconds = kNanosecond * option.messages;
    result.reshard_seconds = kNanosecond * moved.nanoseconds;
    result.traffic = option.strategy.traffic() +
                     (result.other_change ? result.other_change->message.bytes : 0) +
                     (result.pair_change ? result.pair_change->message.bytes : 0);
    result.peak_bytes = std::max(moved.peak, peak(table, during, option.strategy));
    return result;
  }

  static void add_up(Plan* plan) {
    for (const auto& pass : plan->passes) {
      for (const PlannedStep& step : pass) {
        plan->kernel_seconds += step.kernel_seconds;
        plan->message_seconds += step.message_seconds;
        plan->reshard_seconds += step.reshard_seconds;
        plan->flops += step.step->counts.flops;
        plan->traffic += step.traffic;
        if (step.peak_bytes > plan->peak_bytes) {
          plan->peak_bytes = step.peak_bytes;
          plan->worst_step = step.step->node->name;
        }
      }
    }
    plan->seconds = plan->kernel_seconds + plan->message_seconds + plan->reshard_seconds;
  }

  const Planner& planner_;
  int n_, n_layouts_;
  Moves pair_;
  std::vector<Table> tables_;  // by class
  std::vector<int> starts_;
};

Planner::Planner(const graph::Graph& graph, const Machine& machine, const PlanOptions& options)
    : network_(read_network(graph)),
      representatives_(network_.representatives()),
      machine_(machine),
      options_(options) {
  budget_ = options.memory_bytes > 0 ? options.memory_bytes : machine.memory_bytes;
  for (const Step& step : network_.steps) classes_.push_back(step.step_class);
}

Planner::~Planner() = default;

std::optional<double> Planner::seconds_on(int n_devices) {
  const auto number = static_cast<size_t>(n_devices);
  if (seconds_.size() < number) seconds_.resize(number);
  std::optional<double>& known = seconds_[number - 1];
  if (!known) known = Problem(*this, n_devices).seconds();
  return *known == kImpossible ? std::nullopt : known;
}

Planner::Floor Planner::smallest_budget(int n_devices) { return Problem(*this, n_devices).floor(); }

std::optional<Plan> Planner::plan_on(int n_devices) & { return Problem(*this, n_devices).plan(); }

std::variant<Plan, DoesNotFit> Planner::plan(int n_devices) & {
  int best = 0;
  double best_seconds = kImpossible;
  for (int n = 1; n <= n_devices; ++n) {
    const std::optional<double> seconds = seconds_on(n);
    if (seconds && *seconds < best_seconds) best = n, best_seconds = *seconds;
  }
  if (best == 0) return explain_misfit(n_devices);
  return plan_on(best).value();
}

DoesNotFit Planner::explain_misfit(int n_devices) {
  DoesNotFit answer;
  answer.budget = budget_;
  for (int n = 1; n <= n_devices; ++n) {
    const Floor floor = smallest_budget(n);
    if (answer.smallest_budget == 0 || floor.bytes < answer.smallest_budget) {
      answer.smallest_budget = floor.bytes;
      answer.worst_step = floor.worst_step;
    }
  }
  // More devices hardly ever need more memory each, so that halving finds the least number or one close to
  // it.
  int too_few = n_devices, enough = 0;
  for (int n = n_devices; n < kMaxDevices && enough == 0;) {
    n = std::min(2 * n, kMaxDevices);
    if (smallest_budget(n).bytes <= budget_) enough = n;
    if (enough == 0) too_few = n;
  }
  while (enough - too_few > 1) {
    const int middle = (too_few + enough) / 2;
    (smallest_budget(middle).bytes <= budget_ ? enough : too_few) = middle;
  }
  answer.devices_that_would_do = enough;
  return answer;
}

}  // namespace foldmesh::plan
