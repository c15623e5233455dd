#include "foldmesh/output/replacement_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::output {
namespace {

void check_plddt(const bio::Structure& structure, const std::filesystem::path& path) {
  if (structure.n_res() == 0) base::throw_input("{}: has no protein", path.string());
  const auto [low, high] = std::minmax_element(structure.plddt.begin(), structure.plddt.end());
  if (*low < 0 || *high > 100) {
    base::throw_input("{}: B-factors from {:.2f} to {:.2f} are no pLDDT (expected 0 to 100)", path.string(),
                      *low, *high);
  }
  if (*high <= 1) {
    base::throw_input("{}: B-factors up to {:.2f} are no pLDDT on the scale of 0 to 100", path.string(),
                      *high);
  }
}

bio::Structure keep_confident(const bio::Structure& all, double minimum_plddt) {
  bio::Structure kept;
  std::vector<int> new_index(all.chain_ids.size(), -1);
  for (size_t i = 0; i < all.n_res(); ++i) {
    if (static_cast<double>(all.plddt[i]) < minimum_plddt) continue;
    const auto chain = static_cast<size_t>(all.chain_index[i]);
    if (new_index[chain] < 0) {
      new_index[chain] = static_cast<int>(kept.chain_ids.size());
      kept.chain_ids.push_back(all.chain_ids[chain]);
    }
    kept.aatype.push_back(all.aatype[i]);
    kept.atom_position.push_back(all.atom_position[i]);
    kept.atom_mask.push_back(all.atom_mask[i]);
    kept.residue_index.push_back(all.residue_index[i]);
    kept.chain_index.push_back(new_index[chain]);
    kept.plddt.push_back(all.plddt[i]);
  }
  return kept;
}

}  // namespace

ReplacementModel write_replacement_model(const std::filesystem::path& input,
                                         const std::filesystem::path& output, double minimum_plddt) {
  const bool is_cif = output.extension() == ".cif";
  if (!is_cif && output.extension() != ".pdb") {
    base::throw_input("{}: unknown kind of file (expected .pdb or .cif)", output.string());
  }
  const bio::Structure all = structio::to_structure(structio::read_structure(input));
  check_plddt(all, input);
  const bio::Structure kept = keep_confident(all, minimum_plddt);
  if (kept.n_res() == 0) {
    base::throw_input("{}: no residue has a pLDDT of {:.1f} or more, so nothing is left", input.string(),
                      minimum_plddt);
  }
  structio::Provenance provenance{.entry_id = output.stem().string(),
                                  .title = fmt::format("Search model from {}", input.filename().string()),
                                  .replacement_b_factors = true};
  // Our own marks: the one has to go on, the other says that it is done.
  const std::string text = base::read_file(input);
  provenance.untrained = text.find("UNTRAINED: generated parameters") != std::string::npos;
  if (text.find("B-FACTORS COMPUTED FROM PLDDT") != std::string::npos) {
    base::throw_input("{}: its B-factors were computed from pLDDT already", input.string());
  }
  (is_cif ? structio::write_mmcif : structio::write_pdb)(kept, provenance, output);
  ReplacementModel out{kept.n_res(), all.n_res() - kept.n_res(), 0};
  for (const float plddt : kept.plddt) {
    out.mean_b_factor +=
        structio::replacement_b_factor(static_cast<double>(plddt)) / static_cast<double>(kept.n_res());
  }
  return out;
}

}  // namespace foldmesh::output
