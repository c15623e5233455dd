// From a PDB or mmCIF file to a molecule with parameters: whatever is accepted is complete and finite, and
// the atoms that were there have not moved. No OpenMM: minimisation is its own business.
#include <cmath>

#include "foldmesh/base/log.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/relax/separate.h"
#include "foldmesh/relax/violations.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/structio/structure_reader.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

bool is_finite(const relax::Vec3& p) {
  return std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]);
}

void check(const bio::Structure& structure) {
  const relax::Prepared prepared = relax::prepare(structure, relax::amber99sb());
  const relax::Molecule& molecule = prepared.molecule;
  std::vector<relax::Vec3> positions;
  for (const relax::Atom& atom : molecule.atoms) {
    fuzz::require(is_finite(atom.position), "every atom has a position");
    positions.push_back(atom.position);
  }
  for (const relax::Residue& residue : molecule.residues) {
    fuzz::require(residue.n_atoms == residue.form->atoms.size(), "residues are complete");
  }
  const relax::Terms terms = relax::assign_parameters(molecule);
  fuzz::require(terms.particles.size() == positions.size(), "every atom has parameters");
  const bio::Structure out = relax::to_structure(prepared, structure);
  fuzz::require(out.n_res() + prepared.dropped.size() == structure.n_res(), "no residue is lost");
  if (prepared.dropped.empty()) {
    for (size_t i = 0; i < out.n_res(); ++i) {
      for (size_t a = 0; a + 1 < bio::kNumAtom37; ++a) {
        const bool kept = structure.atom_mask[i][a] == 0 || out.atom_mask[i][a] == 0 ||
                          structure.atom_position[i][a] == out.atom_position[i][a];
        fuzz::require(kept, "atoms that were there have not moved");
      }
    }
  }
  relax::find_violations(relax::violation_input(out));
  structio::to_mmcif(out, {});
  relax::separate_atoms(positions);
  for (const relax::Vec3& p : positions) fuzz::require(is_finite(p), "separated atoms have a position");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::log::set_level(base::log::level::off);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    const structio::Entry entry = structio::parse_structure(bytes, "input");
    structio::changes(entry);
    const bio::Structure structure = structio::to_structure(entry);
    if (structure.n_res() > 0) check(structure);
  });
  return 0;
}
