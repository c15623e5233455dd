// The door to MPI. Internal to comm.
#ifndef FOLDMESH_COMM_MPI_COMM_H_
#define FOLDMESH_COMM_MPI_COMM_H_

#include <memory>

#include "foldmesh/comm/communicator.h"

namespace foldmesh::comm {

// Initialises MPI, which can be done once per process. Only where built_with_mpi().
std::unique_ptr<Communicator> join_mpi();

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_MPI_COMM_H_
