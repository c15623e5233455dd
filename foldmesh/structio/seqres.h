// Where the observed residues of a PDB file's chain stand in its SEQRES records, which the format leaves
// open.
#ifndef FOLDMESH_STRUCTIO_SEQRES_H_
#define FOLDMESH_STRUCTIO_SEQRES_H_

#include <string>
#include <vector>

#include "foldmesh/structio/entry_builder.h"

namespace foldmesh::structio {

// Sets the position of every atom; false, and no position, if the residues are not found in order in
// `sequence`. Gaps are put where residue numbers jump, if possible by as much as these do.
bool place_in_sequence(const std::vector<std::string>& sequence, std::vector<AtomRecord>& atoms);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_SEQRES_H_
