// The program's log: one line per decision or event, on standard error. `--quiet` leaves warnings and errors.
#ifndef FOLDMESH_BASE_LOG_H_
#define FOLDMESH_BASE_LOG_H_

#include <spdlog/spdlog.h>

namespace foldmesh::base {

namespace log = spdlog;

enum class Verbosity { kQuiet, kNormal, kVerbose };
// Call once from main, before anything is logged.
void set_up_log(Verbosity verbosity);

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_LOG_H_
