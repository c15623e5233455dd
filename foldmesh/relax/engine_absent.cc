// What a build without OpenMM has in the place of engine_openmm.cc.
#ifndef FOLDMESH_HAVE_OPENMM

#include "foldmesh/base/error.h"
#include "foldmesh/relax/engine.h"

namespace foldmesh::relax {

struct Engine::State {};

bool has_openmm() { return false; }
std::string openmm_version() { return {}; }
std::vector<std::string> list_platforms() { return {}; }
void check_platform(const EngineOptions&) {}

Engine::Engine(const Terms&, const std::vector<Vec3>&, const std::vector<Restraint>&, double,
               const EngineOptions&) {
  base::throw_machine("{}", kNoOpenMm);
}
Engine::~Engine() = default;
std::string Engine::platform() const { return {}; }
Energies Engine::energies(const std::vector<Vec3>&) { base::throw_machine("{}", kNoOpenMm); }
Minimised Engine::minimise(std::vector<Vec3>&, const MinimiseOptions&) {
  base::throw_machine("{}", kNoOpenMm);
}

}  // namespace foldmesh::relax

#endif  // FOLDMESH_HAVE_OPENMM
