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

// `.<name>.tmp.<pid>.<n>-<host>`. <host> stands for this machine and its numbering of processes, which
// containers have of their own: 8 digits of a hash.
std::string temporary_name(const std::string& name, unsigned n);

// Removes temporary files in a folder that nobody writes any more: those of this host whose process has
// ended, and those of others after kAbandonedAfter. Never one of a living process. Looks into a folder (by
// its name) once in the life of this process, so that writing many files into one stays cheap. Returns how
// many it has removed; failures are passed over, as a leftover does no harm. Thread-safe.
size_t remove_abandoned_in(const std::filesystem::path& folder);
// Those in a folder and in the folders below, each time that it is called.
size_t remove_abandoned_below(const std::filesystem::path& folder);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_ABANDONED_FILES_H_
