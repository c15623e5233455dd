// Names of files that survive a power cut.
#ifndef FOLDMESH_BASE_SYNC_FOLDER_H_
#define FOLDMESH_BASE_SYNC_FOLDER_H_

#include <filesystem>

namespace foldmesh::base {

// Puts on disk which names stand in a folder (empty: the current one); a file's own sync does not. Does what
// it can: not every file system knows of it.
void sync_folder(const std::filesystem::path& folder);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_SYNC_FOLDER_H_
