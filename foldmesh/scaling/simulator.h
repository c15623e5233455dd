// How long a search takes on machines that nobody has in the room: a discrete-event simulation of the
// schedule, fed with measured times of its units of work.
#ifndef FOLDMESH_SCALING_SIMULATOR_H_
#define FOLDMESH_SCALING_SIMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace foldmesh::scaling {

// One query against consecutive targets of one database.
struct WorkUnit {
  size_t database = 0;
  double seconds = 0;  // on one worker
  int64_t n_residues = 0;
};

// Workers that get their units one at a time from one coordinator.
struct Machine {
  int n_workers = 1;
  double grant_seconds = 0;    // the coordinator is busy so long with one request
  double latency_seconds = 0;  // a message needs so long, each way
  bool prefetch = false;       // a worker asks for its next unit when it begins one, not when it is done
};

struct Simulation {
  double makespan = 0;          // seconds until the last worker is done
  double work = 0;              // seconds of all units together
  double coordinator_busy = 0;  // seconds
  // Share of the workers' time spent in units; 1 for no work.
  double efficiency(int n_workers) const { return makespan > 0 ? work / (makespan * n_workers) : 1; }
};

// Units go out in the order given, each to the worker whose request comes first, equals in order of workers.
Simulation simulate_shared_queue(std::span<const WorkUnit> units, const Machine& machine);

// One process per database, as AlphaFold's scripts do it: whole databases, longest first, each to the
// processor that is free first.
Simulation simulate_database_per_process(std::span<const WorkUnit> units, int n_processors);

}  // namespace foldmesh::scaling

#endif  // FOLDMESH_SCALING_SIMULATOR_H_
