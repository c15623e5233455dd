#include <gemmi/cif.hpp>
#include <gemmi/mmread.hpp>

#include "foldmesh/structio/gemmi_read_back.h"

namespace foldmesh::structio {

ReadStructure gemmi_read_structure(const std::string& path) {
  const gemmi::Structure structure = gemmi::read_structure_file(path);
  ReadStructure out{structure.models.size(), {}, {}};
  for (const gemmi::Chain& chain : structure.models.at(0).chains) {
    for (const gemmi::Residue& residue : chain.residues) {
      for (const gemmi::Atom& atom : residue.atoms) {
        out.atoms.push_back({chain.name, residue.name, atom.name, atom.element.name(),
                             residue.seqid.num.value, atom.pos.x, atom.pos.y, atom.pos.z,
                             static_cast<double>(atom.occ), static_cast<double>(atom.b_iso)});
      }
    }
  }
  for (const gemmi::Entity& entity : structure.entities) {
    out.entities.push_back({entity.full_sequence, entity.subchains});
  }
  return out;
}

ReadTable gemmi_read_table(const std::string& cif_text, const std::string& category,
                           const std::vector<std::string>& tags) {
  gemmi::cif::Document document = gemmi::cif::read_string(cif_text);
  gemmi::cif::Block& block = document.sole_block();
  ReadTable out{block.name, {}};
  for (const gemmi::cif::Table::Row row : block.find(category + ".", tags)) {
    std::vector<std::string>& values = out.rows.emplace_back();
    for (const std::string& value : row) values.push_back(gemmi::cif::as_string(value));
  }
  return out;
}

}  // namespace foldmesh::structio
