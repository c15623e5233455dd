// What `fold` was asked to fold: targets of one or several chains, from FASTA, A3M, tables, AlphaFold 3's
// jobs, and folders of them (docs/guide/inputs.md).
#ifndef FOLDMESH_PIPELINE_TARGETS_H_
#define FOLDMESH_PIPELINE_TARGETS_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace foldmesh::pipeline {

struct Chain {
  std::string id;           // in outputs: "A", "B", ... in the order of the input
  std::string description;  // header of the sequence
  std::string sequence;     // upper case, letters of the 20 residues or B, J, O, U, X, Z
  // Alignments whose first row is this sequence, made already: nothing is searched.
  std::vector<std::filesystem::path> alignments = {};
  std::filesystem::path msa_folder = {};  // where these are, if it may hold hits of templates, too
  std::string alignment_text = {};        // likewise, an A3M that came within the input
  std::filesystem::path uniprot = {};     // hits in UniProt, for pairing, made already; may be empty
  // Rows of this chain that belong to those of the complex's other chains, as many for each, in A3M.
  std::string paired_text = {};
  std::string source_name = {};  // what the input calls the sequence, where that is not the target's name

  // What to call it in results: a FASTA record's header.
  std::string header() const {
    return source_name + (source_name.empty() || description.empty() ? "" : " ") + description;
  }
};

struct Target {
  std::string name;             // of the result folder, made safe by search::folder_name
  std::vector<Chain> chains;    // one, or those of a complex
  std::filesystem::path input;  // the file it came from

  bool is_complex() const { return chains.size() > 1; }
  size_t n_res() const;                   // of all chains
  bool same_chains(const Target&) const;  // sequences, in the same order
};

// "A" ... "Z", "AA", "AB", ...: the name of chain `index` where the input has none.
std::string chain_letters(size_t index);

// Each chain that came without an alignment gets that of its sequence alone.
void align_to_itself(Target& target);

// Reads every input, by its extension: .a3m, .csv and .tsv, .json, else FASTA. A folder stands for its files
// with these extensions (and .fasta, .fa, .faa) in name order, and for the folders in it that hold an msas/
// folder of alignments, or for itself if it holds one. A FASTA file with one record is named after the file,
// as AlphaFold does; with several, after the records, as ColabFold does. The same sequence under the same
// name is kept once; two sequences under one name, an empty input, and characters that are no residues are
// kInput. An A3M with ColabFold's first line, and a sequence with ':' in it, is a complex (complex_inputs.h).
// With `files_are_complexes` so are all records of a FASTA file together.
std::vector<Target> read_targets(const std::vector<std::filesystem::path>& inputs,
                                 bool files_are_complexes = false);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_TARGETS_H_
