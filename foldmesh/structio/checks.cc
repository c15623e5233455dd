#include "foldmesh/structio/checks.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/structio/atoms.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::structio {
namespace {

void check_residue(const bio::Structure& structure, size_t i) {
  const int chain = structure.chain_index[i];
  const bool chain_fits = chain >= 0 && chain < static_cast<int>(structure.chain_ids.size()) &&
                          (i == 0 || chain >= structure.chain_index[i - 1]);
  if (!chain_fits || structure.aatype[i] < 0 || structure.aatype[i] >= bio::kNumRestypes) {
    base::throw_internal("structure: residue {} has type {} and chain {}", i, structure.aatype[i], chain);
  }
  const auto residue = [&] { return fmt::format("residue {}", structure.residue_index[i] + 1); };
  if (!std::isfinite(structure.plddt[i])) base::throw_input("structure: {} has no finite pLDDT", residue());
  for_each_atom(structure, i, [&](std::string_view name, const std::array<float, 3>& position) {
    for (const float x : position) {
      if (!std::isfinite(x)) {
        base::throw_input(
            "structure: atom {} of {} has no finite position (check the parameters and features)", name,
            residue());
      }
    }
  });
}

}  // namespace

double replacement_b_factor(double plddt) {
  constexpr double kPi = 3.14159265358979323846, kMostInColumns = 999.99;
  const double rmsd = 1.5 * std::exp(4 * (0.7 - plddt / 100));
  return std::min(8 * kPi * kPi / 3 * rmsd * rmsd, kMostInColumns);
}

void check(const bio::Structure& structure) {
  const size_t n = structure.n_res();
  if (n == 0 || structure.atom_position.size() != n || structure.atom_mask.size() != n ||
      structure.residue_index.size() != n || structure.chain_index.size() != n ||
      structure.plddt.size() != n || (!structure.hydrogens.empty() && structure.hydrogens.size() != n)) {
    base::throw_internal("structure: arrays of different lengths, {} residues", n);
  }
  for (const std::string& id : structure.chain_ids) {
    const bool plain =
        std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
    if (id.empty() || !plain) base::throw_internal("structure: chain name '{}'", base::printable(id));
  }
  for (size_t i = 0; i < n; ++i) check_residue(structure, i);
}

}  // namespace foldmesh::structio
