#include "foldmesh/pipeline/environment.h"

#include <cstdlib>
#include <system_error>

#include "foldmesh/base/log.h"

namespace foldmesh::pipeline {

void take_environment(DatabaseOptions& databases, std::filesystem::path* params_dir) {
  const char* data_dir = std::getenv("ALPHAFOLD_DATA_DIR");
  const bool none_named = databases.data_dir.empty() && databases.paths.empty() && databases.more.empty();
  if (none_named && data_dir != nullptr && *data_dir != '\0') {
    databases.data_dir = data_dir;
    base::log::info("data folder {}, from ALPHAFOLD_DATA_DIR", data_dir);
  }
  if (params_dir == nullptr || !params_dir->empty() || databases.data_dir.empty()) return;
  std::error_code error;
  const std::filesystem::path params = databases.data_dir / "params";
  if (std::filesystem::is_directory(params, error)) *params_dir = params;
}

}  // namespace foldmesh::pipeline
