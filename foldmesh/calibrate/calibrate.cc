#include "foldmesh/calibrate/calibrate.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/comm/collectives.h"
#include "foldmesh/comm/local_group.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/plan/plan.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/executor.h"
#include "foldmesh/runtime/made_up_input.h"

namespace foldmesh::calibrate {
namespace {

using Clock = std::chrono::steady_clock;
using tensor::DType;
using tensor::Tensor;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Shortest of several runs: other work on the machine can only add.
template <typename Body>
double shortest(int n_rounds, const Body& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < n_rounds; ++i) {
    const auto start = Clock::now();
    body();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

// Of all operators of one kind in a pass.
struct KindTotal {
  plan::Work work;
  double seconds = 0;
};
using KindTotals = std::vector<KindTotal>;

model::ModelConfig shallow_model() {
  model::ModelConfig config = model::model_by_name("model_1_ptm");
  config.n_evoformer_blocks = config.n_extra_msa_blocks = config.n_template_blocks = 1;
  return config;
}

// The work as the planner counts it, and the time as the executor takes it.
KindTotals measure_network(const model::Dims& dims, const model::ParamStore& params,
                           plan::Precision precision, int cores, int n_rounds) {
  const graph::Graph network =
      model::build_network(shallow_model(), dims, {.distogram = true, .all_heads = true});
  plan::PlanOptions plan_options;
  plan_options.precision = precision;
  plan_options.n_passes = 1;
  const plan::Machine analytic = plan::parse_mesh(fmt::format("cpu:{}", cores)).machine;
  plan::Planner planner(network, analytic, plan_options);
  const std::optional<plan::Plan> plan = planner.plan_on(1);
  if (!plan) base::throw_internal("a plan without a limit does not fit");
  const lower::Program program = lower::lower(network, lower::strategies_of(plan->passes.front()), 1, 0);
  const runtime::CpuBackend backend(precision);
  runtime::Executor executor(
      program.graph, backend, runtime::plan_memory(program.graph, backend, cores),
      [&](const graph::ParamRef& param) { return params.view(param); }, cores);

  std::vector<double> best(program.step.size(), std::numeric_limits<double>::infinity()), seconds;
  base::Rng rng(1);
  for (int round = 0; round < n_rounds; ++round) {
    for (const graph::Value& value : network.values()) {
      if (value.role == graph::Role::kInput)
        executor.set(value.name, runtime::made_up_input(value, rng).view());
    }
    executor.run({.progress = {}, .node_seconds = &seconds});
    for (size_t i = 0; i < best.size(); ++i) best[i] = std::min(best[i], seconds[i]);
  }
  KindTotals totals(graph::catalogue().size());
  const auto kind_of = [](const graph::Node& node) { return static_cast<size_t>(node.kind); };
  for (size_t i = 0; i < best.size(); ++i) {
    totals[kind_of(network.nodes()[static_cast<size_t>(program.step[i])])].seconds += best[i];
  }
  for (const plan::PlannedStep& step : plan->passes.front()) {
    plan::Work& work = totals[kind_of(*step.step->node)].work;
    work.flops += step.strategy.work.flops;
    work.bytes += step.strategy.work.bytes;
    work.launches += step.strategy.work.launches;
  }
  return totals;
}

// Bytes read and written per second by threads that copy.
double copy_rate(base::ThreadPool& pool) {
  constexpr size_t kBytes = size_t{64} << 20;
  const size_t part = kBytes / static_cast<size_t>(pool.size());
  std::vector<std::byte> from(kBytes, std::byte{1}), to(kBytes, std::byte{2});
  const double seconds = shortest(7, [&] {
    pool.parallel_for(pool.size(), [&](int64_t i, int) {
      std::memcpy(to.data() + static_cast<size_t>(i) * part, from.data() + static_cast<size_t>(i) * part,
                  part);
    });
  });
  return 2 * static_cast<double>(part) * pool.size() / seconds;
}

double launch_seconds(base::ThreadPool& pool) {
  constexpr int kLoops = 200;
  return shortest(5,
                  [&] {
                    for (int i = 0; i < kLoops; ++i) pool.parallel_for(pool.size(), [](int64_t, int) {});
                  }) /
         kLoops;
}

// Rates with which kernel_seconds() gives back what was measured: all of the time is put down to arithmetic,
// and memory is at least as fast as it has to be for that.
struct Fit {
  double flops = 0, bytes = 0;
};
Fit fit(const KindTotal& total, double launch, double copy) {
  constexpr double kLeastShare = 0.2;  // of the time that is not starting kernels, for very small ones
  const double seconds = std::max(total.seconds - static_cast<double>(total.work.launches) * launch,
                                  kLeastShare * total.seconds);
  return {total.work.flops / seconds, std::max(copy, total.work.bytes / seconds)};
}

KindTotal sum_of(const KindTotals& totals) {
  KindTotal sum;
  for (const KindTotal& total : totals) {
    sum.work.flops += total.work.flops;
    sum.seconds += total.seconds;
  }
  return sum;
}

plan::MeasuredMachine::Device measure_device(const CalibrateOptions& options, const model::ParamStore& params,
                                             int cores) {
  base::ThreadPool pool(cores);
  plan::MeasuredMachine::Device device;
  device.launch = launch_seconds(pool);
  const double copy = copy_rate(pool);
  std::array<KindTotals, 2> totals;
  for (const plan::Precision precision : {plan::Precision::kFp32, plan::Precision::kBf16}) {
    const bool is_bf16 = precision == plan::Precision::kBf16;
    options.report(
        fmt::format("{} with {} thread{}", is_bf16 ? "bf16" : "fp32", cores, cores == 1 ? "" : "s"));
    totals[is_bf16 ? 1 : 0] = measure_network(options.dims, params, precision, cores, options.n_rounds);
  }
  // For kinds that this network does not have.
  const std::array<KindTotal, 2> all = {sum_of(totals[0]), sum_of(totals[1])};
  const auto rate_of = [&](size_t type, size_t kind) {
    const KindTotal& total = totals.at(type)[kind];
    const KindTotal& usual = total.seconds > 0 && total.work.flops > 0 ? total : all.at(type);
    Fit rates = fit(usual, device.launch, copy);
    if (total.seconds > 0) rates.bytes = fit(total, device.launch, copy).bytes;
    return rates;
  };
  for (size_t kind = 0; kind < totals[0].size(); ++kind) {
    const Fit fp32 = rate_of(0, kind), bf16 = rate_of(1, kind);
    device.rates.push_back({fp32.flops, bf16.flops, std::max(fp32.bytes, bf16.bytes)});
  }
  return device;
}

// Of an all-gather between two threads: of one byte, and per byte.
plan::Link measure_link() {
  constexpr int kCalls = 300, kRounds = 5;
  constexpr int64_t kLarge = int64_t{32} << 20;
  const auto seconds_of = [](int64_t bytes, int n_calls) {
    double best = 0;
    comm::run_local(2, [&](comm::Group& group) {
      const std::vector<std::byte> own(static_cast<size_t>(bytes), std::byte{1});
      std::vector<std::byte> all(2 * own.size());
      const std::vector<int64_t> counts(2, bytes);
      const double seconds = shortest(kRounds, [&] {
        for (int i = 0; i < n_calls; ++i) comm::all_gather(group, own, counts, all);
      });
      if (group.rank() == 0) best = seconds / n_calls;
    });
    return best;
  };
  const double latency = seconds_of(1, kCalls);
  return {latency, static_cast<double>(kLarge) / std::max(seconds_of(kLarge, 1) - latency, 1e-9)};
}

// Of one thread that computes for a moment.
double processor_share() {
  constexpr double kSeconds = 0.3;
  const auto processor_seconds = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  const double before = processor_seconds();
  const auto start = Clock::now();
  while (seconds_since(start) < kSeconds) {
  }
  return (processor_seconds() - before) / seconds_since(start);
}

}  // namespace

Calibration calibrate(const CalibrateOptions& options) {
  Calibration result;
  plan::MeasuredMachine& machine = result.machine;
  machine.fingerprint = fingerprint();
  base::ThreadPool pool(base::available_cores());
  const model::ParamStore params = model::ParamStore::from_formula(shallow_model(), "", pool);
  std::vector<double> shares(static_cast<size_t>(pool.size()), 1);
  const auto look_around = [&] {
    pool.parallel_for(pool.size(), [&](int64_t i, int) {
      shares[static_cast<size_t>(i)] = std::min(shares[static_cast<size_t>(i)], processor_share());
    });
  };
  for (const int cores : options.cores) {
    look_around();
    machine.devices[cores] = measure_device(options, params, cores);
  }
  look_around();
  result.processor_share = *std::min_element(shares.begin(), shares.end());
  options.report("exchange between two threads");
  machine.link = measure_link();
  return result;
}

}  // namespace foldmesh::calibrate
