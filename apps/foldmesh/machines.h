// Searches on several machines: the part of a command that is about them.
#ifndef FOLDMESH_APPS_MACHINES_H_
#define FOLDMESH_APPS_MACHINES_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/search/crew.h"

namespace foldmesh::apps {

// --mpi.
void add_mpi_option(CLI::App& app, comm::UseMpi& mpi);

// Joins the other processes that mpirun has started, if any. A command makes one of these first and, if it
// was a helper, has nothing else to do.
class Machines {
 public:
  Machines(comm::UseMpi mpi, base::ThreadPool& pool);

  bool was_helper() const { return was_helper_; }
  search::Crew* crew() { return crew_ ? &*crew_ : nullptr; }
  // Lets the helpers go; at the end of a command that succeeded.
  void dismiss();

 private:
  std::unique_ptr<comm::Communicator> communicator_;
  std::optional<search::Crew> crew_;
  bool was_helper_ = false;
};

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_MACHINES_H_
