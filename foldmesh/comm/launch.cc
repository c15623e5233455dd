#include "foldmesh/comm/launch.h"

#include <cstdlib>

#include "foldmesh/base/error.h"
#include "foldmesh/comm/mpi_comm.h"

namespace foldmesh::comm {
namespace {

bool above_one(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::atoi(value) > 1;
}

bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }

}  // namespace

// Launchers tell each process its place. Slurm sets SLURM_PROCID in batch scripts, too, where nobody else has
// been started; only a step with several tasks is a launch.
bool started_by_launcher() {
  if (above_one("OMPI_COMM_WORLD_SIZE")) return true;            // Open MPI
  if (is_set("PMI_RANK") && above_one("PMI_SIZE")) return true;  // MPICH, Intel MPI
  return is_set("SLURM_STEP_ID") && is_set("SLURM_PROCID") && above_one("SLURM_STEP_NUM_TASKS") &&
         (is_set("PMIX_RANK") || is_set("PMI_RANK"));
}

std::unique_ptr<Communicator> join(UseMpi choice) {
  if (choice == UseMpi::kOff || (choice == UseMpi::kAuto && !started_by_launcher())) return nullptr;
  if (!built_with_mpi()) {
    base::throw_input(
        "started as one of several processes, but this program was built without MPI (build it with "
        "-DFOLDMESH_MPI=ON, or give --mpi off to let every process work alone)");
  }
  std::unique_ptr<Communicator> communicator = join_mpi();
  if (communicator->size() > 1) return communicator;
  communicator->finish();
  return nullptr;
}

}  // namespace foldmesh::comm
