// Is the planner's choice the fastest? Runs its plan of a small network on devices that are threads of this
// process, and other legal plans: for every kind of operator, each other way to run it, and mixtures drawn at
// random. Of ways that differ in their chunks only the largest chunks run: smaller ones are there to save
// memory. Times are by the clock, the best of several passes.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/comm/collectives.h"
#include "foldmesh/comm/local_group.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/plan/plan.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/executor.h"
#include "foldmesh/runtime/made_up_input.h"

namespace foldmesh {
namespace {

struct Options {
  model::Dims dims = {96, 64, 64, 0};
  int n_blocks = 2, n_devices = 2, n_random = 20, n_repeats = 5;
  tensor::Precision precision = tensor::Precision::kFp32;
};

struct Candidate {
  std::string name;
  std::vector<plan::Strategy> strategies;
  double seconds = 0;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of those that differ in nothing but the chunk, the one with the largest.
std::vector<plan::Strategy> with_largest_chunks(const std::vector<plan::Strategy>& all) {
  std::vector<plan::Strategy> result;
  const auto size = [](const plan::Strategy& s) { return s.chunk.size == 0 ? INT64_MAX : s.chunk.size; };
  for (const plan::Strategy& strategy : all) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const plan::Strategy& other) {
      return other.other == strategy.other && other.pair == strategy.pair &&
             other.algorithm == strategy.algorithm;
    });
    if (same == result.end()) {
      result.push_back(strategy);
    } else if (size(strategy) > size(*same)) {
      *same = strategy;
    }
  }
  return result;
}

std::string describe(const plan::Strategy& strategy) {
  return fmt::format("{} {} {} {}{}", strategy.other ? plan::msa_layout_name(*strategy.other) : "-",
                     strategy.pair ? plan::pair_layout_name(*strategy.pair) : "-",
                     plan::name_of(strategy.algorithm), strategy.chunk.axis, strategy.chunk.size);
}

// A pass of every candidate in turn, several times over, so that a disturbance does not hit one alone.
void measure(const graph::Graph& network, const Options& options, const model::ParamStore& params,
             std::vector<Candidate>* candidates) {
  const runtime::CpuBackend backend(options.precision);
  for (Candidate& candidate : *candidates) candidate.seconds = 1e300;
  for (int repeat = 0; repeat < options.n_repeats; ++repeat) {
    for (Candidate& candidate : *candidates) {
      comm::run_local(options.n_devices, [&](comm::Group& group) {
        const lower::Program program =
            lower::lower(network, candidate.strategies, options.n_devices, group.rank());
        runtime::Executor executor(
            program.graph, backend, runtime::plan_memory(program.graph, backend, 1),
            [&](const graph::ParamRef& param) { return params.view(param); }, 1, &group);
        base::Rng rng(1);
        for (int pass = 0; pass < 2; ++pass) {  // the first one touches the memory
          for (const graph::Value& value : network.values()) {
            if (value.role != graph::Role::kInput) continue;
            executor.set(value.name, runtime::made_up_input(value, rng).view());
          }
          comm::barrier(group);
          const double start = now();
          executor.run();
          comm::barrier(group);
          if (group.rank() == 0 && pass == 1) {
            candidate.seconds = std::min(candidate.seconds, now() - start);
          }
        }
      });
    }
  }
}

int bench(int argc, char** argv) {
  Options options;
  CLI::App app("Runs the planner's choice for a small network against other legal plans.");
  app.add_option("--n-res", options.dims.n_res, "Residues")->capture_default_str();
  app.add_option("--n-seq", options.dims.n_seq, "Clustered MSA rows")->capture_default_str();
  app.add_option("--n-extra", options.dims.n_extra, "Extra MSA rows")->capture_default_str();
  app.add_option("--blocks", options.n_blocks, "Evoformer blocks")->capture_default_str();
  app.add_option("--devices", options.n_devices, "Devices, one thread each")->capture_default_str();
  app.add_option("--random", options.n_random, "Random plans")->capture_default_str();
  app.add_option("--repeats", options.n_repeats, "Passes of each, of which the best counts")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  model::ModelConfig config = model::model_by_name("model_3_ptm");
  config.n_evoformer_blocks = options.n_blocks;
  config.n_extra_msa_blocks = 1;
  const graph::Graph network = model::build_monomer(config, options.dims);
  base::ThreadPool pool(options.n_devices);
  const model::ParamStore params = model::ParamStore::from_formula(config, "", pool);
  const calibrate::ChosenMesh here = calibrate::choose_mesh(fmt::format("{}xcpu:1", options.n_devices), {});
  plan::Planner planner(network, here.mesh.machine, {.n_passes = 1});
  const auto plan = planner.plan_on(options.n_devices);
  if (!plan) base::throw_internal("no plan without a limit");

  std::vector<Candidate> candidates = {{"the planner's", lower::strategies_of(plan->passes.front())}};
  const plan::Network view = plan::read_network(network);
  std::vector<std::vector<plan::Strategy>> all;
  for (const plan::Step& step : view.steps) {
    all.push_back(with_largest_chunks(
        plan::enumerate_strategies(view, step, options.n_devices, plan::Precision::kFp32)));
  }
  // All steps of a class change together.
  std::map<int, std::vector<size_t>> classes;
  for (size_t i = 0; i < view.steps.size(); ++i) classes[view.steps[i].step_class].push_back(i);
  for (const auto& [step_class, members] : classes) {
    for (size_t k = 0; k < all[members.front()].size(); ++k) {
      const std::string change = describe(all[members.front()][k]);
      if (change == describe(candidates.front().strategies[members.front()])) continue;
      Candidate candidate = {fmt::format("{}: {}", view.steps[members.front()].node->name, change),
                             candidates.front().strategies};
      for (const size_t i : members) candidate.strategies[i] = all[i][k];
      candidates.push_back(std::move(candidate));
    }
  }
  base::Rng rng(2);
  for (int n = 0; n < options.n_random; ++n) {
    Candidate candidate = {fmt::format("random {}", n), candidates.front().strategies};
    for (const auto& [step_class, members] : classes) {
      const size_t k = rng.below(all[members.front()].size());
      for (const size_t i : members) candidate.strategies[i] = all[i][k];
    }
    candidates.push_back(std::move(candidate));
  }

  measure(network, options, params, &candidates);
  const double chosen = candidates.front().seconds;
  fmt::print("{} residues, {} rows, {} extra rows, {} blocks, {} devices of one thread, {} plans; times {}\n",
             options.dims.n_res, options.dims.n_seq, options.dims.n_extra, options.n_blocks,
             options.n_devices, candidates.size(), here.is_measured ? "calibrated" : "of the analytic model");
  fmt::print("the planner's choice: {:.2f} ms, predicted {:.2f} ms\n", 1e3 * chosen, 1e3 * plan->seconds);
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.seconds < b.seconds; });
  for (size_t i = 0; i < std::min<size_t>(candidates.size(), 8); ++i) {
    fmt::print("{:8.2f} ms  {}\n", 1e3 * candidates[i].seconds, candidates[i].name);
  }
  fmt::print("slowest {:.2f} ms; the planner's choice / the best executed: {:.3f}\n",
             1e3 * candidates.back().seconds, chosen / candidates.front().seconds);
  return 0;
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  try {
    return foldmesh::bench(argc, argv);
  } catch (const foldmesh::base::Error& error) {
    fmt::print(stderr, "executed_plans_bench: {}\n", error.what());
    return error.exit_code();
  }
}
