// What `fold` was asked to fold: one target per sequence, from FASTA files, A3M files and folders of them.
#ifndef FOLDMESH_PIPELINE_TARGETS_H_
#define FOLDMESH_PIPELINE_TARGETS_H_

#include <filesystem>
#include <string>
#include <vector>

namespace foldmesh::pipeline {

struct Target {
  std::string name;             // of the result folder, made safe by search::folder_name
  std::string description;      // header of the sequence
  std::string sequence;         // upper case, letters of the 20 residues or B, J, O, U, X, Z
  std::filesystem::path input;  // the file it came from
  bool has_msa = false;         // `input` is an A3M alignment of this sequence: nothing is searched
};

// Reads every input; a folder stands for its *.fasta, *.fa, *.faa and *.a3m files in name order.
// A FASTA file with one record is named after the file, as AlphaFold does; with several, after the records,
// as ColabFold does. The same sequence under the same name is kept once; two sequences under one name, an
// empty input, and characters that are no residues are kInput.
std::vector<Target> read_targets(const std::vector<std::filesystem::path>& inputs);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_TARGETS_H_
