// The machine that the program runs on: what it is known by, where its measurements lie, which mesh to plan
// for.
#ifndef FOLDMESH_CALIBRATE_HOST_H_
#define FOLDMESH_CALIBRATE_HOST_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "foldmesh/plan/machine.h"

namespace foldmesh::calibrate {

// CPU, instruction set, cores of the machine, program version: other values, other times. The same for every
// process on the machine, whatever cores it is bound to.
std::map<std::string, std::string> fingerprint();

// $XDG_CACHE_HOME (or ~/.cache)/foldmesh/machine-<hash of the fingerprint>.json
std::filesystem::path default_machine_file();

struct ChosenMesh {
  plan::Mesh mesh;
  bool is_measured = false;
  std::string machine_file;  // that was used
  // Why a file was not used though one was there or asked for, in one line; else empty.
  std::string refused;
};

// "here" is one process on all cores of this machine; all else is as for plan::parse_mesh. Meshes of CPUs use
// what was measured here, if there is a file with as many cores; a file that cannot be used is reported in
// `refused`, and the analytic machine taken. An empty path is the default one, which need not be there.
ChosenMesh choose_mesh(std::string_view text, const std::filesystem::path& machine_file);

}  // namespace foldmesh::calibrate

#endif  // FOLDMESH_CALIBRATE_HOST_H_
