#include "apps/foldmesh/machines.h"

#include <map>
#include <string>

namespace foldmesh::apps {

void add_mpi_option(CLI::App& app, comm::UseMpi& mpi) {
  static const std::map<std::string, comm::UseMpi> kChoices = {
      {"auto", comm::UseMpi::kAuto}, {"on", comm::UseMpi::kOn}, {"off", comm::UseMpi::kOff}};
  app.add_option("--mpi", mpi,
                 "work together with the other processes that mpirun or srun started: auto (if there are "
                 "any), on, off")
      ->transform(CLI::CheckedTransformer(kChoices))
      ->default_str("auto")
      ->group("Machine");
}

Machines::Machines(comm::UseMpi mpi, base::ThreadPool& pool) : communicator_(comm::join(mpi)) {
  if (!communicator_) return;
  if (communicator_->rank() == 0) {
    crew_.emplace(*communicator_);
  } else {
    search::help(*communicator_, pool);
    communicator_->finish();
    was_helper_ = true;
  }
}

void Machines::dismiss() {
  if (!crew_) return;
  crew_->dismiss();
  communicator_->finish();
}

}  // namespace foldmesh::apps
