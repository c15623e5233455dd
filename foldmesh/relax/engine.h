// The door to OpenMM: energies and minimisation of a molecule's terms. Builds without OpenMM have the same
// functions; has_openmm() says no, and an Engine cannot be made.
#ifndef FOLDMESH_RELAX_ENGINE_H_
#define FOLDMESH_RELAX_ENGINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "foldmesh/relax/molecule.h"

namespace foldmesh::relax {

bool has_openmm();
std::string openmm_version();               // "7.7", empty without OpenMM
std::vector<std::string> list_platforms();  // that this machine's OpenMM has loaded: "Reference", "CPU", ...

// Why there is no relaxation; what to do about it.
inline constexpr const char* kNoOpenMm =
    "this foldmesh was built without OpenMM, which relaxation needs (expected Debian's libopenmm-dev and "
    "libopenmm-plugins at build time)";

struct EngineOptions {
  // Name of an OpenMM platform, or "auto": CUDA, CPU or Reference, the first that works.
  std::string platform = "auto";
  int n_threads = 1;  // of the CPU platform
};

// Throws kInput when the platform is not there.
void check_platform(const EngineOptions& options);

// Holds an atom where it is: k/2 |x - position|^2.
struct Restraint {
  size_t atom = 0;
  Vec3 position{};  // Å
};

struct Energies {  // kJ/mol
  double bonds = 0, angles = 0, torsions = 0, nonbonded = 0, restraints = 0;
  double total() const { return bonds + angles + torsions + nonbonded + restraints; }
};

struct MinimiseOptions {
  double tolerance = 10;       // kJ/mol/nm, root mean square of force components (OpenMM 7.x's meaning)
  int64_t max_iterations = 0;  // 0: until it converges
  double max_seconds = 0;      // 0: as long as it takes; looked at between blocks of iterations
  int64_t block = 0;           // iterations; 0: as many as the number of atoms suggests
};

enum class Stop : uint8_t { kConverged, kIterations, kSeconds, kDiverged };
const char* to_string(Stop stop);

struct Minimised {
  Energies before, after;
  int64_t n_evaluations = 0;
  Stop stop = Stop::kConverged;
};

class Engine {
 public:
  // No cutoff, no solvent. `positions` (Å) are those to start from; `stiffness` is k of the restraints,
  // kJ/mol/nm^2. Throws kInput for a platform that is not there, kMachine when OpenMM fails and in builds
  // without it.
  Engine(const Terms& terms, const std::vector<Vec3>& positions, const std::vector<Restraint>& restraints,
         double stiffness, const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  std::string platform() const;
  // At positions in Å.
  Energies energies(const std::vector<Vec3>& positions);
  // OpenMM's L-BFGS. Positions end at the lowest energy that was seen at the end of a block of iterations,
  // even when time is up or numbers overflow. The length of blocks follows from the number of atoms alone, so
  // results do not depend on the clock unless it strikes.
  Minimised minimise(std::vector<Vec3>& positions, const MinimiseOptions& options);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_ENGINE_H_
