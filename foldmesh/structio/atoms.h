// The atoms of a residue in the order in which files list them.
#ifndef FOLDMESH_STRUCTIO_ATOMS_H_
#define FOLDMESH_STRUCTIO_ATOMS_H_

#include <array>
#include <string_view>

#include "foldmesh/bio/structure.h"

namespace foldmesh::structio {

// Calls body(name, position) for the heavy atoms in atom37 order, then for the hydrogens.
template <typename F>
void for_each_atom(const bio::Structure& structure, size_t i, F&& body) {
  for (size_t a = 0; a < bio::kNumAtom37; ++a) {
    if (structure.atom_mask[i][a] != 0) body(bio::kAtom37Names[a], structure.atom_position[i][a]);
  }
  if (structure.hydrogens.empty()) return;
  for (const bio::Hydrogen& h : structure.hydrogens[i]) body(std::string_view(h.name), h.position);
}

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_ATOMS_H_
