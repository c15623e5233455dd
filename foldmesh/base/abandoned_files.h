// Temporary files of outputs (AtomicFile) that were never finished because their process was killed.
#ifndef FOLDMESH_BASE_ABANDONED_FILES_H_
#define FOLDMESH_BASE_ABANDONED_FILES_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

namespace foldmesh::base {

// Of files of processes on other hosts: nobody can see from here whether they live, but a file that was not
// written to for so long is not being written.
inline constexpr std::chrono::hours kAbandonedAfter{7 * 24};

// `.<name>.tmp.<host>.<pid>.<n>`. <host> stands for this machine and its numbering of processes, which
// containers have of their own: 8 digits of a hash.
std::string temporary_name(const std::string& name, unsigned n);

// Removes temporary files of `path` that nobody writes any more: those of this host whose process has ended,
// and those of others after kAbandonedAfter. Never one of a living process. Returns how many; failures are
// passed over, as a leftover does no harm.
size_t remove_abandoned(const std::filesystem::path& path);
// Those of all files in a folder and in the folders below.
size_t remove_abandoned_below(const std::filesystem::path& folder);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_ABANDONED_FILES_H_
