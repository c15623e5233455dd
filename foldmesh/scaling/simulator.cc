#include "foldmesh/scaling/simulator.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <tuple>
#include <vector>

namespace foldmesh::scaling {
namespace {

double total(std::span<const WorkUnit> units) {
  return std::accumulate(units.begin(), units.end(), 0.0,
                         [](double sum, const WorkUnit& unit) { return sum + unit.seconds; });
}

// A request on its way: when it reaches the coordinator, who sent it, and when the sender will be free.
struct Request {
  double arrival;
  int worker;
  double free_at;
  bool operator>(const Request& other) const {
    return std::tie(arrival, worker) > std::tie(other.arrival, other.worker);
  }
};

}  // namespace

Simulation simulate_shared_queue(std::span<const WorkUnit> units, const Machine& machine) {
  Simulation result;
  result.work = total(units);
  std::priority_queue<Request, std::vector<Request>, std::greater<>> requests;
  for (int worker = 0; worker < machine.n_workers; ++worker) {
    requests.push({machine.latency_seconds, worker, 0});
  }
  double coordinator_free = 0;
  for (const WorkUnit& unit : units) {
    const Request request = requests.top();
    requests.pop();
    coordinator_free = std::max(coordinator_free, request.arrival) + machine.grant_seconds;
    result.coordinator_busy += machine.grant_seconds;
    const double begin = std::max(request.free_at, coordinator_free + machine.latency_seconds);
    const double end = begin + unit.seconds;
    result.makespan = std::max(result.makespan, end);
    requests.push({(machine.prefetch ? begin : end) + machine.latency_seconds, request.worker, end});
  }
  return result;
}

Simulation simulate_database_per_process(std::span<const WorkUnit> units, int n_processors) {
  Simulation result;
  result.work = total(units);
  std::vector<double> databases;
  for (const WorkUnit& unit : units) {
    if (unit.database >= databases.size()) databases.resize(unit.database + 1);
    databases[unit.database] += unit.seconds;
  }
  std::sort(databases.begin(), databases.end(), std::greater<>());
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int i = 0; i < n_processors; ++i) free_at.push(0);
  for (const double seconds : databases) {
    const double end = free_at.top() + seconds;
    free_at.pop();
    free_at.push(end);
    result.makespan = std::max(result.makespan, end);
  }
  return result;
}

}  // namespace foldmesh::scaling
