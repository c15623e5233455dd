// Components of the PDB by name. Standard types only, and nothing newer than C++17: the source file is the
// one that includes gemmi's headers, which clang 14 refuses as C++20.
#ifndef FOLDMESH_STRUCTIO_RESIDUE_NAMES_H_
#define FOLDMESH_STRUCTIO_RESIDUE_NAMES_H_

#include <string>

namespace foldmesh::structio {

enum class ComponentKind { kUnknown, kAminoAcid, kNucleotide, kOther };

struct Component {
  ComponentKind kind = ComponentKind::kUnknown;
  char letter = 'X';  // of an amino acid, or of the one that it is a modification of
};

// From gemmi's table of the most frequent components; kUnknown for all others.
Component find_component(const std::string& name);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_RESIDUE_NAMES_H_
