// What the floating-point stages of a profile search cost: every query is searched against every target, and
// the targets that pass the integer filters go through Forward, Backward and domain definition, stage by
// stage, on one thread. The scalar definitions of the same stages are timed next to them.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/domains/domain_definition.h"
#include "foldmesh/hmm/domains/domain_definition_ref.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/seqio/fasta.h"
#include "foldmesh/simd/target.h"

namespace foldmesh {
namespace {

using Residues = std::vector<bio::Code>;

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// One stage of all queries.
struct Stage {
  std::string name;
  double seconds = 0, cells = 0;
  int64_t n_targets = 0;

  template <typename Body>
  void time(Body body) {
    const double start = cpu_seconds();
    body();
    seconds += cpu_seconds() - start;
  }
};

std::vector<bio::Sequence> read(const std::string& path) {
  seqio::FastaReader reader(path);
  std::vector<bio::Sequence> all;
  for (bio::Sequence one; reader.next(one);) all.push_back(one);
  return all;
}

struct Stages {
  Stage build{"build and calibrate"}, forward{"Forward"}, backward{"Backward"}, define{"domains"};
  Stage forward_ref{"Forward, scalar"}, backward_ref{"Backward, scalar"}, define_ref{"domains, scalar"};
  int64_t n_regions = 0, n_clustered = 0, n_domains = 0;
};

double n_cells(const hmm::Profile& profile, const std::vector<hmm::ForwardTask>& tasks) {
  double n = 0;
  for (const hmm::ForwardTask& task : tasks) n += static_cast<double>(task.residues.size());
  return n * profile.M();
}

void run_scalar(const hmm::Profile& profile, const std::vector<hmm::ForwardTask>& tasks, Stages& stages) {
  hmm::DpMatrix forward, backward;
  hmm::DomainDefinerRef definer(profile, 42);
  using Keep = hmm::DpMatrix::Keep;
  for (const hmm::ForwardTask& task : tasks) {
    stages.forward_ref.time(
        [&] { hmm::forward_ref(profile, task.length, task.residues, Keep::kSpecials, forward); });
    stages.backward_ref.time(
        [&] { hmm::backward_ref(profile, task.length, task.residues, forward, Keep::kSpecials, backward); });
    stages.define_ref.time([&] { definer.define(task.residues, forward, backward); });
  }
  for (Stage* stage : {&stages.forward_ref, &stages.backward_ref, &stages.define_ref}) {
    stage->cells += n_cells(profile, tasks);
    stage->n_targets += static_cast<int64_t>(tasks.size());
  }
}

// Working memory, as a search keeps it from query to query.
struct Work {
  hmm::ForwardParser parser;
  hmm::DomainDefiner definer;
  std::vector<hmm::Specials> forward, backward;
  std::vector<hmm::DomainDefinition> definitions;
};

void run_query(const bio::Sequence& query, const std::vector<Residues>& targets, bool scalar, Work& work,
               Stages& stages) {
  hmm::CoreModel model;
  stages.build.time([&] { model = hmm::build_from_sequence(query); });
  ++stages.build.n_targets;
  const hmm::Profile profile(model);
  hmm::PipelineOptions options;
  options.F1 = 5e-4;
  options.F2 = 5e-5;
  options.F3 = 5e-7;
  hmm::FilterCascade cascade(profile, options);
  std::vector<hmm::ForwardTask> tasks;
  std::vector<hmm::FilterOutcome> outcomes;
  for (const Residues& target : targets) {
    const hmm::FilterOutcome outcome = cascade.run(target);
    if (!outcome.past_viterbi) continue;
    outcomes.push_back(outcome);
    tasks.push_back({hmm::LengthModel::multihit(static_cast<int>(target.size())), target});
  }
  const size_t n_max = std::max(work.forward.size(), tasks.size());
  work.forward.resize(n_max);
  work.backward.resize(n_max);
  work.definitions.resize(n_max);
  const auto of = [](auto& values, size_t n) { return std::span(values).first(n); };

  stages.forward.time([&] { work.parser.forward(profile, tasks, of(work.forward, tasks.size())); });
  stages.forward.cells += n_cells(profile, tasks);
  stages.forward.n_targets += static_cast<int64_t>(tasks.size());

  size_t n = 0;
  for (size_t s = 0; s < tasks.size(); ++s) {
    cascade.judge_forward(work.forward[s].nats, outcomes[s]);
    if (!outcomes[s].past_forward) continue;
    std::swap(work.forward[n], work.forward[s]);
    tasks[n++] = tasks[s];
  }
  tasks.resize(n);
  stages.backward.time(
      [&] { work.parser.backward(profile, tasks, of(work.forward, n), of(work.backward, n)); });
  std::vector<hmm::DefinitionTask> definition_tasks;
  for (size_t s = 0; s < n; ++s) {
    definition_tasks.push_back({tasks[s].residues, &work.forward[s], &work.backward[s]});
  }
  stages.define.time([&] { work.definer.define(profile, 42, definition_tasks, of(work.definitions, n)); });
  for (Stage* stage : {&stages.backward, &stages.define}) {
    stage->cells += n_cells(profile, tasks);
    stage->n_targets += static_cast<int64_t>(n);
  }
  for (size_t s = 0; s < n; ++s) {
    stages.n_regions += work.definitions[s].n_regions;
    stages.n_clustered += work.definitions[s].n_clustered;
    stages.n_domains += static_cast<int64_t>(work.definitions[s].domains.size());
  }
  if (scalar) run_scalar(profile, tasks, stages);
}

void print(const Stages& stages, bool scalar) {
  fmt::print("{:<22} {:>8} {:>10} {:>9} {:>9}\n", "", "targets", "Mcells", "CPU s", "ns/cell");
  std::vector<const Stage*> all = {&stages.build, &stages.forward, &stages.backward, &stages.define};
  if (scalar) all.insert(all.end(), {&stages.forward_ref, &stages.backward_ref, &stages.define_ref});
  for (const Stage* s : all) {
    fmt::print("{:<22} {:>8} {:>10.1f} {:>9.3f} {:>9}\n", s->name, s->n_targets, s->cells / 1e6, s->seconds,
               s->cells > 0 ? fmt::format("{:.3f}", s->seconds / s->cells * 1e9) : "-");
  }
  fmt::print("{} regions, {} of them sampled; {} domains; {}\n", stages.n_regions, stages.n_clustered,
             stages.n_domains, simd::target_name(simd::current_target()));
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  CLI::App app("Cost of the floating-point stages of a profile search");
  std::string queries, targets;
  bool scalar = false;
  app.add_option("queries", queries, "FASTA of the queries")->required();
  app.add_option("targets", targets, "FASTA of the targets")->required();
  app.add_flag("--scalar", scalar, "Time the scalar definitions, too (on the targets that pass Forward)");
  CLI11_PARSE(app, argc, argv);
  try {
    using namespace foldmesh;
    std::vector<Residues> codes;
    for (const bio::Sequence& target : read(targets)) codes.push_back(bio::digitize(target.residues));
    Work work;
    Stages stages;
    for (const bio::Sequence& query : read(queries)) run_query(query, codes, scalar, work, stages);
    print(stages, scalar);
  } catch (const std::exception& error) {
    fmt::print(stderr, "search_floats_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
