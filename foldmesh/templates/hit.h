// A chain of the PDB that a search has aligned to the query, before its structure is looked at.
#ifndef FOLDMESH_TEMPLATES_HIT_H_
#define FOLDMESH_TEMPLATES_HIT_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foldmesh::templates {

// Which residue of a template stands for which residue of the query; both 0-based, both ascending.
using Mapping = std::vector<std::pair<int, int>>;

struct Hit {
  std::string pdb_id;    // lower case
  std::string chain_id;  // of the author, case as written
  int aligned_columns = 0;
  std::optional<double> sum_probs;  // HHsearch only
  std::string sequence;             // the hit's residues from the first to the last aligned one, upper case
  Mapping mapping;                  // query -> index into `sequence`

  std::string name() const { return pdb_id + "_" + chain_id; }
};

// "1abc_A some words" -> ("1abc", "A"). Nothing for names of another kind.
std::optional<std::pair<std::string, std::string>> parse_name(std::string_view name);

// Hits of hmmsearch in sequences named as in pdb_seqres.txt, from its alignment file (Stockholm, -A), whose
// match columns are the query's residues. Hits that say they are no protein (`mol:na`) are left out. An empty
// file has no hits. Throws kInput for a damaged file and when the match columns are not `query_length`.
std::vector<Hit> read_hmmsearch_hits(const std::filesystem::path& path, size_t query_length);

// Hits of HHsearch in PDB70, from its report (.hhr). The summary table is not looked at: the blocks of the
// hits say everything. Blocks whose query is not part of `query` throw kInput, and so does a damaged file.
std::vector<Hit> read_hhr_hits(const std::filesystem::path& path, const std::string& query);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_HIT_H_
