// A group of MPI ranks. Internal to comm; compiled only with MPI.
#ifndef FOLDMESH_COMM_MPI_GROUP_H_
#define FOLDMESH_COMM_MPI_GROUP_H_

#include <mpi.h>

#include <memory>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

// Throws kMachine with MPI's own explanation.
void check_mpi(int code, const char* what);

// All calls belong to the thread that joined. Nobody else may use the communicator.
std::unique_ptr<Group> make_mpi_group(MPI_Comm communicator, const GroupOptions& options);

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_MPI_GROUP_H_
