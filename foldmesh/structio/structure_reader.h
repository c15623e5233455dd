// Structures as other people's files have them: PDB and mmCIF, plain, gzip or zstd. What comes out are
// protein chains with their full sequences; nucleic acids, ligands and water are only counted.
#ifndef FOLDMESH_STRUCTIO_STRUCTURE_READER_H_
#define FOLDMESH_STRUCTIO_STRUCTURE_READER_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/bio/structure.h"

namespace foldmesh::structio {

// One position of a chain's sequence, whether its atoms were seen or not.
struct EntryResidue {
  std::string name;  // component as in the file: "ALA", "MSE"
  // Code of the component, or of the amino acid that it is a modification of ('M' for MSE, 'A' for DAL):
  // one of the 20, U, O, B, Z; X when there is none.
  char letter = 'X';
  // Number in the file; residues without atoms of mmCIF files without a numbering scheme keep 0.
  int author_number = 0;
  char insertion_code = ' ';
  bool observed = false;  // has at least one of the atoms below
  // Heavy atoms by name, whatever the residue type is: the OD1 of a hydroxyproline stands in slot OD1. The
  // selenium of MSE and SEC stands in the slot of the sulphur. Of alternate locations the one with the
  // highest occupancy, the first on a tie; occupancy 0 counts. A; 0 where the mask is 0.
  std::array<std::array<float, 3>, bio::kNumAtom37> position = {};
  std::array<uint8_t, bio::kNumAtom37> mask = {};
  float b_factor = 0;  // of CA, or of the first atom there is
};

struct EntryChain {
  std::string author_id;               // what people call the chain
  std::string label_id;                // mmCIF's own name for it; equal to author_id in PDB files
  std::vector<EntryResidue> residues;  // entity_poly_seq or SEQRES, or else what was observed

  std::string sequence() const;
};

struct Entry {
  std::string path;  // for messages
  std::string id;    // "1abc", lower case; may be empty
  std::string title;
  std::string release_date;          // YYYY-MM-DD of the first release; empty when the file does not say it
  std::string method;                // "X-RAY DIFFRACTION"; may be empty
  std::optional<double> resolution;  // A
  std::vector<EntryChain> chains;    // proteins of the first model, in file order
  bool untrained = false;            // carries our note about untrained parameters
  int64_t n_other_residues = 0;      // observed, in no protein chain: nucleic acids, ligands, water
};

// Of several models the first is read. Where a position is several residues at a time (microheterogeneity),
// the one with the highest occupancy is taken, the first on a tie. Throws kInput with file and line for
// damaged files, for a file that is neither format, and for more than 512 MiB of text. A file without protein
// is fine.
Entry read_structure(const std::filesystem::path& path);
// The same from text; `path` is for messages.
Entry parse_structure(std::string_view text, const std::string& path);

// The chain that a user means: by author id, else by label id; null when there is none.
const EntryChain* find_chain(const Entry& entry, std::string_view id);

// Observed residues of all protein chains (or of one, when `chain` is not null) with the atoms that their
// residue types have; X has those of alanine. Types follow the letter (U becomes C, B becomes D, Z becomes E,
// O and X are X). residue_index is the author's number minus 1 where these ascend strictly in a chain, else
// the position in the sequence. Chain ids are the author's if they are letters and digits and no two chains
// share one; else label ids; else A, B, C, ... plddt holds B-factors.
bio::Structure to_structure(const Entry& entry, const EntryChain* chain = nullptr);
// What is not in it as the file has it, for people, a line per chain and kind: modified residues and numbers.
std::vector<std::string> changes(const Entry& entry);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_STRUCTURE_READER_H_
