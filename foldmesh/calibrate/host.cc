#include "foldmesh/calibrate/host.h"

#include <fmt/format.h>

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/base/version.h"
#include "foldmesh/plan/machine_file.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"

namespace foldmesh::calibrate {
namespace {

namespace fs = std::filesystem;

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    if (line.starts_with("model name") || line.starts_with("CPU part")) {
      return base::printable(line.substr(colon + 2), 100);
    }
  }
  return "unknown";
}

// Of the machine, not those that this process is bound to: an MPI rank on one core finds what was measured
// with all.
long machine_cores() { return ::sysconf(_SC_NPROCESSORS_ONLN); }

}  // namespace

std::map<std::string, std::string> fingerprint() {
  return {{"cpu", cpu_model()},
          {"instruction_set", base::instruction_set()},
          {"bf16", runtime::cpu::name_of(runtime::cpu::bf16_unit())},
          {"cores", std::to_string(machine_cores())},
          {"program", base::version_string()}};
}

fs::path default_machine_file() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache != '\0') {
    folder = cache;
  } else if (home != nullptr && *home != '\0') {
    folder = fs::path(home) / ".cache";
  } else {
    folder = fs::temp_directory_path();
  }
  base::Hasher hasher;
  for (const auto& [name, value] : fingerprint()) hasher.add(name).add(value);
  return folder / "foldmesh" / fmt::format("machine-{}.json", hasher.hex().substr(0, 16));
}

ChosenMesh choose_mesh(std::string_view text, const fs::path& machine_file) {
  const bool is_here = text == "here";
  ChosenMesh chosen;
  chosen.mesh =
      plan::parse_mesh(is_here ? fmt::format("cpu:{}", base::available_cores()) : std::string(text));
  constexpr std::string_view kCpu = "cpu:";
  const std::string& name = chosen.mesh.machine.name;
  if (!name.starts_with(kCpu)) return chosen;
  int cores = 0;
  std::from_chars(name.data() + kCpu.size(), name.data() + name.size(), cores);

  const bool asked = !machine_file.empty();
  const fs::path path = asked ? machine_file : default_machine_file();
  if (!asked && !fs::exists(path)) return chosen;
  try {
    const plan::MeasuredMachine measured = plan::read_machine_file(path, fingerprint());
    if (!measured.devices.contains(cores)) {
      if (asked || is_here)
        chosen.refused =
            fmt::format("{}: {} was not measured (`foldmesh bench inference --calibrate --cores {}` does)",
                        path.string(), name, cores);
      return chosen;
    }
    chosen.mesh.machine = measured.machine(cores);
    chosen.is_measured = true;
    chosen.machine_file = path.string();
  } catch (const base::Error& error) {
    chosen.refused = error.what();
  }
  return chosen;
}

}  // namespace foldmesh::calibrate
