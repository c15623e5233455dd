// Alignments as seen from their query (row 0), by AlphaFold 2's rules (docs/formats/sequences.md).
#ifndef FOLDMESH_SEQIO_QUERY_MSA_H_
#define FOLDMESH_SEQIO_QUERY_MSA_H_

#include <cstddef>
#include <limits>
#include <string_view>

#include "foldmesh/bio/msa.h"
#include "foldmesh/seqio/a3m.h"

namespace foldmesh::seqio {

inline constexpr size_t kAllRows = std::numeric_limits<size_t>::max();

// Columns where the query has a gap are removed; a residue that another row has there counts as a deletion
// before the row's next kept column (residues after the last kept column are forgotten). Letters become upper
// case, every gap character '-', a stop '*' in a kept column 'X'. Rows beyond `max_rows` (query included) are
// left out. `descriptions` are the row names. The alignment must have a row, and its rows one length
// (kInternal otherwise).
bio::QueryMsa to_query_msa(const bio::Msa& msa, size_t max_rows = kAllRows);

// The same for A3M, where lower-case letters are the inserted residues; `descriptions` are the header lines.
// Throws kInput naming `path` when the query row has a gap or an insertion, as then its columns are not the
// query's residues.
bio::QueryMsa to_query_msa(const A3m& a3m, const std::string& path, size_t max_rows = kAllRows);

// A column alignment as A3M: residues in columns where the query has a gap become lower case. Headers are the
// row's name and, after a blank, its description.
A3m to_a3m(const bio::Msa& msa);
// One row of it; `query` is row 0's aligned text, which is as long as the row's.
A3mRow to_a3m_row(const bio::MsaRow& row, std::string_view query);

// As A3M. Removed residues are unknown by now, so each is written as 'x'; reading back gives an equal
// QueryMsa.
A3m to_a3m(const bio::QueryMsa& msa);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_QUERY_MSA_H_
