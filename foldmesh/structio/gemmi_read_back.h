// For tests: what gemmi makes of a file. Standard types only, because gemmi 0.5's headers are C++17 (clang 14
// refuses them as C++20), which the source file is compiled as.
#ifndef FOLDMESH_STRUCTIO_GEMMI_READ_BACK_H_
#define FOLDMESH_STRUCTIO_GEMMI_READ_BACK_H_

#include <string>
#include <vector>

namespace foldmesh::structio {

struct ReadAtom {
  std::string chain, residue_name, name, element;
  int residue_number;  // of the author
  double x, y, z, occupancy, b_factor;
};
struct ReadEntity {
  std::vector<std::string> sequence, subchains;
};
struct ReadStructure {
  size_t n_models;
  std::vector<ReadAtom> atoms;
  std::vector<ReadEntity> entities;
};
// PDB or mmCIF, by the file's extension.
ReadStructure gemmi_read_structure(const std::string& path);

// The only block of CIF text: values of `tags` (without the category) row by row, unquoted.
struct ReadTable {
  std::string block_name;
  std::vector<std::vector<std::string>> rows;
};
ReadTable gemmi_read_table(const std::string& cif_text, const std::string& category,
                           const std::vector<std::string>& tags);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_GEMMI_READ_BACK_H_
