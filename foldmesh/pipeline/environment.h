// What sites set in the environment for everybody.
#ifndef FOLDMESH_PIPELINE_ENVIRONMENT_H_
#define FOLDMESH_PIPELINE_ENVIRONMENT_H_

#include <filesystem>

#include "foldmesh/pipeline/databases.h"

namespace foldmesh::pipeline {

// Where no database is named at all, ALPHAFOLD_DATA_DIR is the data folder (said in the log). Where no folder
// of parameters is named (and `params_dir` is not null), it is params/ in the data folder, if there is one.
void take_environment(DatabaseOptions& databases, std::filesystem::path* params_dir);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_ENVIRONMENT_H_
