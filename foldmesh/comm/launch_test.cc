#include "foldmesh/comm/launch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "foldmesh/base/error.h"

namespace foldmesh::comm {
namespace {

bool launched(const std::map<std::string, std::string>& environment) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK", "SLURM_STEP_ID",
                           "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}) {
    ::unsetenv(name);
  }
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  return started_by_launcher();
}

TEST(StartedByLauncher, KnowsLaunchersAndBatchScriptsApart) {
  EXPECT_FALSE(launched({}));
  EXPECT_TRUE(launched({{"OMPI_COMM_WORLD_SIZE", "4"}, {"PMIX_RANK", "0"}}));
  EXPECT_FALSE(launched({{"OMPI_COMM_WORLD_SIZE", "1"}})) << "mpirun -n 1 is nobody else";
  EXPECT_TRUE(launched({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}}));
  EXPECT_FALSE(launched({{"SLURM_PROCID", "0"}})) << "a batch script";
  EXPECT_FALSE(launched({{"SLURM_PROCID", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "8"}}))
      << "srun of a program that is no MPI program: every task works alone";
  EXPECT_TRUE(launched(
      {{"SLURM_PROCID", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "8"}, {"PMIX_RANK", "0"}}));
  launched({});
}

TEST(Join, AloneWithoutLauncher) {
  launched({});
  EXPECT_EQ(join(UseMpi::kAuto), nullptr);
  launched({{"OMPI_COMM_WORLD_SIZE", "4"}});
  EXPECT_EQ(join(UseMpi::kOff), nullptr);
  if (!built_with_mpi()) {
    EXPECT_THROW(join(UseMpi::kAuto), base::Error);
  }
  launched({});
}

}  // namespace
}  // namespace foldmesh::comm
