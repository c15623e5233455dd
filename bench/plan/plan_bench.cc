// How long planning takes: from dimensions to a plan on up to so many devices, all smaller numbers of devices
// looked at as well. Best of several runs. There is no peer to compare with; the goal is 50 ms.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "foldmesh/model/monomer.h"
#include "foldmesh/plan/plan.h"

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void measure(const std::string& mesh_text, int64_t n_res) {
  constexpr int kRuns = 5;
  const foldmesh::plan::Mesh mesh = foldmesh::plan::parse_mesh(mesh_text);
  double graph_ms = 1e9, plan_ms = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    Clock::time_point start = Clock::now();
    const auto graph =
        foldmesh::model::build_monomer(foldmesh::model::model_by_name("model_1_ptm"),
                                       {.n_res = n_res, .n_seq = 508, .n_extra = 5120, .n_templates = 4});
    graph_ms = std::min(graph_ms, milliseconds(start));
    start = Clock::now();
    foldmesh::plan::Planner planner(graph, mesh.machine, {.precision = foldmesh::plan::Precision::kBf16});
    (void)planner.plan(mesh.n_devices);
    plan_ms = std::min(plan_ms, milliseconds(start));
  }
  fmt::print("{:<10} {:>6} residues: graph {:.2f} ms, plan {:.2f} ms\n", mesh_text, n_res, graph_ms, plan_ms);
}

}  // namespace

int main() {
  for (const char* mesh : {"cpu:2", "h200", "8xh200", "64xh200"}) {
    for (const int64_t n_res : {128, 2048, 30'000}) measure(mesh, n_res);
  }
}
