// One restrained minimisation: ours next to OpenMM's Python package as AlphaFold 2 uses it. The same atoms,
// positions, restraints, tolerance, platform and threads.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/base/version.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/structio/structure_file.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::relax {
namespace {

constexpr double kKcal = 4.184;  // kJ

struct Times {
  double set_up = 0, minimising = 0, processor = 0;  // seconds
  double before = 0, after = 0;                      // kcal/mol
  double wall() const { return set_up + minimising; }
};

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

using Clock = std::chrono::steady_clock;
double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

Times ours(const Molecule& molecule, const EngineOptions& how) {
  const auto start = Clock::now();
  const double processor = processor_seconds();
  std::vector<Vec3> positions;
  std::vector<Restraint> restraints;
  for (size_t a = 0; a < molecule.atoms.size(); ++a) {
    positions.push_back(molecule.atoms[a].position);
    if (!molecule.atoms[a].is_hydrogen) restraints.push_back({a, positions.back()});
  }
  Engine engine(assign_parameters(molecule), positions, restraints, 10 * kKcal * 100, how);
  const auto set_up = Clock::now();
  const Minimised done = engine.minimise(positions, {});
  return {seconds_between(start, set_up), seconds_between(set_up, Clock::now()),
          processor_seconds() - processor, done.before.total() / kKcal, done.after.total() / kKcal};
}

Times theirs(const Prepared& prepared, const bio::Structure& structure, const EngineOptions& how) {
  const base::TempFolder folder("relax_bench");
  const std::string stem = (folder.path() / "start").string();
  structio::write_pdb(to_structure(prepared, structure), {}, stem + ".pdb");
  std::string xyz;
  for (const Atom& atom : prepared.molecule.atoms) {
    for (const double x : atom.position) xyz += fmt::format("{:.17g} ", x * 0.1);
  }
  base::write_file_atomically(stem + ".xyz", xyz);
  const std::string command = fmt::format("/usr/bin/python3 {} {} {} {} > {}.txt", FOLDMESH_MINIMISE_PY, stem,
                                          how.platform, how.n_threads, stem);
  if (std::system(command.c_str()) != 0) base::throw_machine("{} failed", command);
  std::istringstream words(base::read_file(stem + ".txt"));
  Times out;
  words >> out.set_up >> out.minimising >> out.processor >> out.before >> out.after;
  return out;
}

void print(const char* who, const Times& t) {
  fmt::print(
      "{:<10} set up {:7.2f} s, minimising {:8.2f} s, processor {:8.2f} s, energy {:.1f} to {:.1f} "
      "kcal/mol\n",
      who, t.set_up, t.minimising, t.processor, t.before, t.after);
}

void run(size_t n_res, const EngineOptions& how) {
  bio::Structure structure = ideal_peptide(random_sequence(n_res, 7), {.phi = -65, .psi = -40});
  shake(structure, 0.2, 3);
  const Prepared prepared = prepare(structure, amber99sb());
  fmt::print("foldmesh {}, OpenMM {}, {} residues, {} atoms, platform {}, {} threads\n",
             base::version_string(), openmm_version(), n_res, prepared.molecule.atoms.size(), how.platform,
             how.n_threads);
  const Times a = ours(prepared.molecule, how), b = theirs(prepared, structure, how);
  print("foldmesh", a);
  print("Python", b);
  fmt::print("ratio {:.1f} by the clock, {:.1f} in processor time\n", b.wall() / a.wall(),
             b.processor / a.processor);
}

}  // namespace
}  // namespace foldmesh::relax

int main(int argc, char** argv) {
  CLI::App app("Restrained minimisation: foldmesh against OpenMM's Python package");
  size_t n_res = 100;
  foldmesh::relax::EngineOptions how{.platform = "CPU"};
  app.add_option("--n-res", n_res, "residues of a shaken helix")->capture_default_str();
  app.add_option("--platform", how.platform, "of OpenMM")->capture_default_str();
  app.add_option("--threads", how.n_threads, "of the CPU platform")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    foldmesh::relax::run(n_res, how);
  } catch (const foldmesh::base::Error& error) {
    std::fprintf(stderr, "relax_bench: %s\n", error.what());
    return error.exit_code();
  }
  return 0;
}
