// Whether this process is one of several, and joining the others.
#ifndef FOLDMESH_COMM_LAUNCH_H_
#define FOLDMESH_COMM_LAUNCH_H_

#include <memory>

#include "foldmesh/comm/communicator.h"

namespace foldmesh::comm {

enum class UseMpi { kAuto, kOn, kOff };

// Whether the environment is that of a process started by mpirun, mpiexec or srun, together with others.
bool started_by_launcher();
bool built_with_mpi();

// Joins the other ranks; null when there are none. kAuto: if started_by_launcher(). Throws kInput when MPI is
// needed and was not built in.
std::unique_ptr<Communicator> join(UseMpi choice);

// For a process that is about to end all because of a failure: whether it is the one to say why. Rank 0, and
// who has not joined, always is. Another rank waits here for rank 0, which a group tells of failures, to say
// so and to end all, this process included; if that takes too long it must speak itself.
bool is_to_report();
// Ends all ranks at once, if this process has joined others and not finished with them; returns otherwise.
void end_all(int exit_code);

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_LAUNCH_H_
