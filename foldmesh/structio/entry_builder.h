// From atoms as files list them to chains of residues: what both readers share.
#ifndef FOLDMESH_STRUCTIO_ENTRY_BUILDER_H_
#define FOLDMESH_STRUCTIO_ENTRY_BUILDER_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::structio {

// An atom record of either format. Blank fields are ' '.
struct AtomRecord {
  std::string component, name;
  int position = 0;  // 1-based in the chain's sequence; 0: unknown
  int author_number = 0;
  char insertion_code = ' ';
  float occupancy = 1, b_factor = 0;
  std::array<float, 3> xyz = {};
};

// A polymer chain before its residues are made.
struct ChainRecord {
  std::string author_id, label_id;
  // Components of the full sequence, several per position where the file leaves a choice; empty: unknown.
  std::vector<std::vector<std::string>> sequence;
  std::vector<AtomRecord> atoms;  // in file order
};

// A decimal number, or a hybrid-36 one of `width` characters (A000 follows 9999). False if it is neither.
bool parse_number(std::string_view text, size_t width, int* value);
// A finite number within the range that coordinates may have. Blanks around it are ignored.
bool parse_coordinate(std::string_view text, float* value);
// Blank or missing gives `fallback`; false if it is no number.
bool parse_real(std::string_view text, float fallback, float* value);

// What the file itself says of modified components: component -> the one that it was made of.
using Parents = std::map<std::string, std::string>;

// More residues in all chains than in any structure there is: kInput.
inline constexpr size_t kMostResidues = 1'000'000;

// Chain ids that a chain may have: printable, no blanks.
bool is_chain_id(std::string_view id);

// Adds the chain's residues. Atoms with a position beyond the sequence throw kInput.
void add_chain(const ChainRecord& chain, const Parents& parents, Entry& entry);

// A residue as its number, insertion code and component: where numbers overflow, water has those of the
// protein again.
using ResidueKey = std::tuple<int, char, std::string>;
inline ResidueKey key_of(const AtomRecord& atom) {
  return {atom.author_number, atom.insertion_code, atom.component};
}
// The residues that are amino acids, judged by their component's name and, where it is unknown, by whether N,
// CA and C are there.
std::set<ResidueKey> amino_acids(const std::vector<AtomRecord>& atoms);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_ENTRY_BUILDER_H_
