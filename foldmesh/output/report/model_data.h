// One model as the page's script takes it.
#ifndef FOLDMESH_OUTPUT_REPORT_MODEL_DATA_H_
#define FOLDMESH_OUTPUT_REPORT_MODEL_DATA_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/output/report/result_reader.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::output::report {

// The residues that all models of a target share.
struct Layout {
  struct Chain {
    std::string id;
    size_t first = 0, length = 0;  // residues over all chains are counted from 0
  };
  std::vector<Chain> chains;
  std::string letters;
  std::vector<int> types;    // 0..20
  std::vector<int> numbers;  // as in the files
};
Layout layout_of(const structio::Entry& entry);

// Atoms of all residues of the layout: counts per residue, atom37 slots, and coordinates in thousandths of A
// around their centre.
nlohmann::ordered_json atoms_json(const structio::Entry& entry);
// A digit per cell, in steps of 0.5 A; several residues share a cell where there are very many.
nlohmann::ordered_json pae_json(const AlignedErrors& errors);

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_MODEL_DATA_H_
