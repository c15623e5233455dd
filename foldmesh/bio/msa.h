// Two views of a multiple sequence alignment.
#ifndef FOLDMESH_BIO_MSA_H_
#define FOLDMESH_BIO_MSA_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace foldmesh::bio {

// One row of a column alignment. All rows of an Msa have the same length.
struct MsaRow {
  std::string name;         // `target/from-to` for a hit
  std::string accession;    // may be empty
  std::string description;  // may be empty
  std::string aligned;      // letters and gap characters, one per column
  std::string pp;           // posterior letters, one per column, or empty when unknown
};

// Curated score thresholds of a family in bits, {sequence, domain} (Pfam: gathering, trusted, noise).
struct ScoreCutoffs {
  std::optional<std::array<float, 2>> gathering, trusted, noise;  // GA, TC, NC
};

// A column alignment, as a Stockholm file holds it.
struct Msa {
  std::string name, accession, description, author;  // #=GF ID / AC / DE / AU, each may be empty
  std::vector<MsaRow> rows;
  std::string pp_cons;   // #=GC PP_cons, one per column, or empty
  std::string rf;        // #=GC RF, one per column, 'x' on model columns, or empty
  std::string ss_cons;   // #=GC SS_cons, consensus secondary structure, or empty
  std::string mm;        // #=GC MM, 'm' on columns whose composition a model shall ignore, or empty
  ScoreCutoffs cutoffs;  // #=GF GA / TC / NC

  size_t n_columns() const { return rows.empty() ? rf.size() : rows.front().aligned.size(); }
};

// An alignment seen from its query (row 0), as AlphaFold consumes it: columns are exactly the query's
// residues; residues that other rows insert between them are removed and counted.
struct QueryMsa {
  std::vector<std::string> sequences;             // [n_seq], each n_res upper-case letters or '-'
  std::vector<std::vector<int>> deletion_matrix;  // [n_seq][n_res]: residues removed right before this column
  std::vector<std::string> descriptions;          // [n_seq]: row names (Stockholm) or header lines (A3M)

  size_t n_seq() const { return sequences.size(); }
  size_t n_res() const { return sequences.empty() ? 0 : sequences.front().size(); }
};

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_MSA_H_
