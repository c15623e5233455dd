// Options that `fold` and `relax` share.
#ifndef FOLDMESH_APPS_RELAX_OPTIONS_H_
#define FOLDMESH_APPS_RELAX_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "foldmesh/relax/relax.h"

namespace foldmesh::apps {

inline void add_relax_options(CLI::App& command, relax::Options& options) {
  command
      .add_option("--relax-platform", options.engine.platform,
                  "OpenMM platform of relaxation: CPU, CUDA, OpenCL, Reference; auto takes CUDA if it works, "
                  "else CPU")
      ->capture_default_str();
  command
      .add_option("--relax-threads", options.engine.n_threads,
                  "threads of OpenMM's CPU platform; with one, the same input gives the same bytes each time")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command
      .add_option("--relax-max-rounds,--relax-max-outer-iterations", options.max_rounds,
                  "minimisations; after each, residues that violate stereochemistry lose their restraints")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      .add_option("--relax-max-iterations", options.max_iterations,
                  "of each minimisation; 0 goes on until it converges")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000}))
      ->capture_default_str();
  command
      .add_option("--relax-stiffness", options.stiffness,
                  "of the springs that hold heavy atoms, kcal/mol/A^2; 0: none")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command
      .add_option("--relax-tolerance", options.tolerance,
                  "a minimisation has converged when forces are below this, kcal/mol/nm")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  command
      .add_option("--relax-max-seconds", options.max_seconds,
                  "time for relaxing one model; then the best so far is taken; 0: no bound")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
}

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_RELAX_OPTIONS_H_
