// The option that `fold` and `predict` share.
#ifndef FOLDMESH_APPS_RECYCLE_OPTIONS_H_
#define FOLDMESH_APPS_RECYCLE_OPTIONS_H_

#include <CLI/CLI.hpp>

namespace foldmesh::apps {

inline CLI::Option* add_recycle_tolerance_option(CLI::App& command, double& tolerance) {
  return command
      .add_option(
          "--recycle-early-stop-tolerance", tolerance,
          "Angstrom: once a pass changes the distances between C-alpha atoms by no more than this "
          "(root mean square), one more pass runs and ends the prediction. AlphaFold-Multimer takes 0.5, "
          "as multimer models do here; 0 runs all passes")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_RECYCLE_OPTIONS_H_
