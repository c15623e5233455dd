// Where the floating-point stages of a profile search spend their time: real queries against real targets,
// stage by stage, one thread.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/domains/domain_definition_ref.h"
#include "foldmesh/hmm/domains/optimal_accuracy.h"
#include "foldmesh/hmm/domains/stochastic_trace.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh {
namespace {

using Residues = std::vector<bio::Code>;

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Stage {
  const char* name;
  double seconds = 0;
  double cells = 0;
  int64_t calls = 0;
  template <typename F>
  auto time(double n, F f) {
    const double start = cpu_seconds();
    const auto finish = [&] {
      seconds += cpu_seconds() - start;
      cells += n;
      ++calls;
    };
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      finish();
    } else {
      auto r = f();
      finish();
      return r;
    }
  }
};

std::vector<bio::Sequence> read(const std::string& path, size_t limit) {
  seqio::FastaReader reader(path);
  std::vector<bio::Sequence> all;
  bio::Sequence one;
  while (all.size() < limit && reader.next(one)) all.push_back(one);
  return all;
}

// Targets that reach Forward.
std::vector<int> survivors(const hmm::Profile& profile, const std::vector<Residues>& targets,
                           const hmm::PipelineOptions& o) {
  using namespace hmm;
  const BiasFilter bias(profile.core());
  const EvalueParameters& fit = profile.core().evalue;
  UngappedScratch u;
  ViterbiScratch v;
  std::vector<int> out;
  for (size_t t = 0; t < targets.size(); ++t) {
    const Residues& x = targets[t];
    const float msv = msv_filter_ref(profile, x, u).nats;
    if (gumbel_survival(bit_score(msv, null_score((int)x.size())), fit.mu_msv, fit.lambda) > o.F1) continue;
    const float null = bias.null_score(x);
    double p = gumbel_survival(bit_score(msv, null), fit.mu_msv, fit.lambda);
    if (p > o.F1) continue;
    if (p > o.F2) {
      p = gumbel_survival(bit_score(viterbi_filter_ref(profile, x, v).nats, null), fit.mu_viterbi,
                          fit.lambda);
      if (p > o.F2) continue;
    }
    out.push_back((int)t);
  }
  return out;
}

void run(const std::string& queries_path, const std::string& targets_path, const std::string& cache) {
  using namespace hmm;
  std::vector<bio::Sequence> queries = read(queries_path, 50);
  std::vector<Residues> targets;
  for (const auto& s : read(targets_path, 1u << 30)) {
    Residues r(s.residues.size());
    for (size_t i = 0; i < r.size(); ++i) r[i] = bio::code_of(s.residues[i]);
    targets.push_back(std::move(r));
  }
  PipelineOptions o;
  o.F1 = 5e-4;
  o.F2 = 5e-5;
  o.F3 = 5e-7;
  Stage build{"build"}, fwd{"forward parser"}, bck{"backward parser"}, define{"define"};
  std::vector<std::vector<int>> lists(queries.size());
  std::vector<Profile> profiles;
  for (auto& q : queries)
    profiles.emplace_back(build.time((double)q.residues.size(), [&] { return build_from_sequence(q); }));
  std::ifstream in(cache);
  if (in) {
    for (auto& l : lists) {
      size_t n;
      in >> n;
      l.resize(n);
      for (int& t : l) in >> t;
    }
  } else {
    std::ofstream out(cache);
    for (size_t q = 0; q < queries.size(); ++q) {
      lists[q] = survivors(profiles[q], targets, o);
      out << lists[q].size();
      for (int t : lists[q]) out << ' ' << t;
      out << '\n';
    }
  }
  Stage vf{"vector forward"}, vb{"vector backward"}, vd{"vector define"};
  for (size_t q = 0; q < queries.size(); ++q) {
    std::vector<ForwardTask> tasks, passed;
    const Profile& p = profiles[q];
    double cells = 0;
    for (int t : lists[q]) {
      tasks.push_back({LengthModel::multihit((int)targets[t].size()), targets[t]});
      cells += (double)targets[t].size() * p.M();
    }
    ForwardParser parser;
    static std::vector<Specials> f, b;
    static std::vector<DomainDefinition> defs;
    if (f.size() < tasks.size()) {
      f.resize(tasks.size());
      b.resize(tasks.size());
      defs.resize(tasks.size());
    }
    vf.time(cells, [&] { parser.forward(p, tasks, std::span(f).first(tasks.size())); });
    const BiasFilter bias(p.core());
    std::vector<Specials> pf;
    cells = 0;
    for (size_t n = 0; n < tasks.size(); ++n) {
      if (exponential_survival(bit_score(f[n].nats, bias.null_score(tasks[n].residues)), p.core().evalue.tau,
                               p.core().evalue.lambda) > o.F3)
        continue;
      passed.push_back(tasks[n]);
      pf.push_back(f[n]);
      cells += (double)tasks[n].residues.size() * p.M();
    }
    vb.time(cells, [&] { parser.backward(p, passed, pf, std::span(b).first(passed.size())); });
    std::vector<DefinitionTask> dt;
    for (size_t n = 0; n < passed.size(); ++n) dt.push_back({passed[n].residues, &pf[n], &b[n]});
    static DomainDefiner* definer = nullptr;
    if (!definer) definer = new DomainDefiner();
    vd.time(cells, [&] { definer->define(p, 42, dt, std::span(defs).first(dt.size())); });
  }
  for (const Stage& s : {build, vf, vb, vd})
    fmt::print("{:<20} {:>8} calls {:>10.4f} Mcells {:>8.3f} s {:>8.3f} ns/cell\n", s.name, s.calls,
               s.cells / 1e6, s.seconds, s.seconds / s.cells * 1e9);
  if (getenv("NOREF")) return;
  int64_t regions = 0, clustered = 0, envelopes = 0, domains = 0, n_hits = 0;
  double env_cells = 0;
  for (size_t q = 0; q < queries.size(); ++q) {
    const Profile& p = profiles[q];
    const BiasFilter bias(p.core());
    DpMatrix f, b;
    DomainDefinerRef definer(p, 42);
    for (int t : lists[q]) {
      const Residues& x = targets[t];
      const int L = (int)x.size();
      const double cells = (double)L * p.M();
      const LengthModel length = LengthModel::multihit(L);
      const float nats =
          fwd.time(cells, [&] { return forward_ref(p, length, x, DpMatrix::Keep::kSpecials, f); });
      const double pv = exponential_survival(bit_score(nats, bias.null_score(x)), p.core().evalue.tau,
                                             p.core().evalue.lambda);
      if (pv > o.F3) continue;
      ++n_hits;
      bck.time(cells, [&] { return backward_ref(p, length, x, f, DpMatrix::Keep::kSpecials, b); });
      const DomainDefinition& d = *define.time(cells, [&] { return &definer.define(x, f, b); });
      regions += d.n_regions;
      clustered += d.n_clustered;
      envelopes += d.n_envelopes;
      domains += (int64_t)d.domains.size();
      for (auto& dom : d.domains) env_cells += (double)p.M() * (dom.env_to - dom.env_from + 1);
    }
  }
  for (const Stage& s : {fwd, bck, define})
    fmt::print("{:<20} {:>8} calls {:>10.4f} Mcells {:>8.3f} s {:>8.3f} ns/cell\n", s.name, s.calls,
               s.cells / 1e6, s.seconds, s.seconds / s.cells * 1e9);
  fmt::print("hits {} regions {} clustered {} envelopes {} domains {} env Mcells {:.1f}\n", n_hits, regions,
             clustered, envelopes, domains, env_cells / 1e6);
}

}  // namespace
}  // namespace foldmesh

int main(int, char** argv) {
  foldmesh::run(argv[1], argv[2], argv[3]);
  return 0;
}
