// A template as AlphaFold's raw features have it: the atoms of another structure, put at the query's
// residues.
#ifndef FOLDMESH_TEMPLATES_TEMPLATE_FEATURES_H_
#define FOLDMESH_TEMPLATES_TEMPLATE_FEATURES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace foldmesh::templates {

// Arrays over the query's n_res residues; 0 where no template residue stands.
struct Template {
  std::string domain_name;       // "1abc_A": PDB id and author chain, or the user's file
  std::string sequence;          // [n_res] the template's letters, '-' where it has none
  std::vector<uint8_t> aatype;   // [n_res] HHblits ids of these letters (gap 21)
  std::vector<float> positions;  // [n_res, 37, 3], A
  std::vector<float> masks;      // [n_res, 37]: 1 where the atom is known
  float sum_probs = 0;           // of HHsearch; 0 for other sources
  // Of the chain that it was taken from: mmCIF's own name, the full sequence, and the runs of residues
  // (first, last; counted from 1) whose letters stand in `sequence`, in this order.
  std::string label_id = {}, chain_sequence = {};
  std::vector<std::pair<int, int>> residues = {};

  int64_t n_res() const { return static_cast<int64_t>(aatype.size()); }
};

// What multimer models get for a chain without templates: no atoms, and all-zero one-hot residue types, which
// read as the first type.
Template all_zero_template(int64_t n_res);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_TEMPLATE_FEATURES_H_
