// What to do when a minimisation fails.
//
// AlphaFold gives the same minimisation to the same platform up to a hundred times. Where equal inputs give
// equal results (the CPU platform with one thread, Reference) this only repeats the failure, so here each
// attempt differs from the one before, except on GPUs, which may fail by accident.
#ifndef FOLDMESH_RELAX_ATTEMPTS_H_
#define FOLDMESH_RELAX_ATTEMPTS_H_

#include <fmt/format.h>

#include <string>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/engine.h"

namespace foldmesh::relax {

// With the platform left to us: the best one, then the CPU, then Reference, whose double precision does not
// overflow where single precision does. A GPU that was asked for gets three attempts, anything else one.
inline std::vector<std::string> platforms_to_try(const std::string& asked) {
  if (asked == "auto") return {"auto", "CPU", "Reference"};
  if (asked == "CUDA" || asked == "OpenCL") return {asked, asked, asked};
  return {asked};
}

// Calls `run(platform, used)` until it neither throws kMachine nor comes back diverged; it puts the name of
// the platform that it got into `used`. The last attempt counts as it is. `notes` get a line for each that
// failed. Returns what run returns, with the number of attempts in `attempts`.
template <typename Run>
auto run_with_attempts(const std::string& asked, const Run& run, std::string& used,
                       std::vector<std::string>& notes) {
  const std::vector<std::string> platforms = platforms_to_try(asked);
  int n_attempts = 0;
  for (size_t k = 0;; ++k) {
    // What "auto" has settled on need not be tried again.
    if (k > 0 && asked == "auto" && platforms[k] == used && k + 1 < platforms.size()) continue;
    const auto is_last = [&] {
      return k + 1 == platforms.size() || (asked == "auto" && used == "Reference");
    };
    std::string why;
    ++n_attempts;
    try {
      auto done = run(platforms[k], used);
      done.attempts = n_attempts;
      if (is_last() || done.stop != Stop::kDiverged) return done;
      why = "the minimisation diverged";
    } catch (const base::Error& error) {
      if (is_last() || error.kind() != base::ErrorKind::kMachine) throw;
      why = error.what();
    }
    notes.push_back(fmt::format("attempt {} on {} failed ({})", n_attempts, used, why));
  }
}

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_ATTEMPTS_H_
