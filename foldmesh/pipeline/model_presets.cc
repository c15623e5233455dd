#include "foldmesh/pipeline/model_presets.h"

#include <array>
#include <utility>

#include "foldmesh/base/error.h"

namespace foldmesh::pipeline {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPresets = {
    {{"monomer", ""},
     {"monomer_ptm", "_ptm"},
     {"multimer", "_multimer_v3"},
     {"multimer_v2", "_multimer_v2"},
     {"multimer_v1", "_multimer"}}};

}  // namespace

std::vector<std::string> model_presets() {
  std::vector<std::string> names;
  for (const auto& [preset, suffix] : kPresets) names.emplace_back(preset);
  return names;
}

std::string model_suffix(std::string_view preset) {
  for (const auto& [name, suffix] : kPresets) {
    if (name == preset) return std::string(suffix);
  }
  base::throw_input("there is no model preset '{}' (expected one of {})", base::printable(preset),
                    fmt::join(model_presets(), ", "));
}

bool is_multimer(std::string_view preset) { return preset.starts_with("multimer"); }

}  // namespace foldmesh::pipeline
