// Structures for tests of templates, which need files of the PDB but must not contain any.
#ifndef FOLDMESH_TESTS_CLI_MADE_STRUCTURE_H_
#define FOLDMESH_TESTS_CLI_MADE_STRUCTURE_H_

#include <string>

namespace foldmesh::tests {

// An mmCIF file with one chain A, a coil: every atom of residue i near a point of a helix. `date`
// (YYYY-MM-DD): of its release.
std::string structure_text(const std::string& sequence, const std::string& date);

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_CLI_MADE_STRUCTURE_H_
