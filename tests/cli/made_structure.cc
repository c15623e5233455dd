#include "tests/cli/made_structure.h"

#include <fmt/format.h>

#include <cmath>

#include "foldmesh/base/rng.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::tests {

std::string structure_text(const std::string& sequence, const std::string& date) {
  base::Rng rng(sequence.size());
  bio::Structure out;
  out.chain_ids = {"A"};
  for (size_t i = 0; i < sequence.size(); ++i) {
    const int type = bio::restype_of(sequence[i]);
    const double angle = 1.75 * static_cast<double>(i);
    out.aatype.push_back(type);
    out.residue_index.push_back(static_cast<int>(i));
    out.chain_index.push_back(0);
    out.plddt.push_back(10);
    auto& mask = out.atom_mask.emplace_back();
    auto& position = out.atom_position.emplace_back();
    for (int a = 0; a < bio::kNumAtom37; ++a) {
      mask[a] = bio::kAtom37Mask[type][a];
      if (mask[a] == 0) continue;
      const double at[3] = {2.3 * std::cos(angle), 2.3 * std::sin(angle), 1.5 * static_cast<double>(i)};
      for (size_t k = 0; k < 3; ++k) position[a][k] = static_cast<float>(at[k] + 2 * rng.uniform());
    }
  }
  return structio::to_mmcif(out, {}) + fmt::format(
                                           "loop_\n_pdbx_audit_revision_history.ordinal\n_pdbx_audit_"
                                           "revision_history.revision_date\n1 {}\n",
                                           date);
}

}  // namespace foldmesh::tests
