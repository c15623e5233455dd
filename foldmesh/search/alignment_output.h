// Hits as a multiple sequence alignment: the content of -A and --chkali.
#ifndef FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_
#define FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_

#include <cstddef>
#include <limits>

#include "foldmesh/bio/msa.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/search/top_hits.h"

namespace foldmesh::search {

// How residues in insert columns and gaps are written.
enum class InsertStyle {
  kJackhmmer,  // upper case; '-' in every gap
  kLowerCase,  // phmmer, hmmsearch: lower case; '.' in gaps of insert columns, '-' in gaps of match columns
};

struct AlignmentOptions {
  InsertStyle style = InsertStyle::kLowerCase;
  const bio::Sequence* query = nullptr;                  // if given, row 0: it fills all match columns
  size_t max_rows = std::numeric_limits<size_t>::max();  // rows beyond are left out, the query's row counted
};

// One row per included domain, in the order of `hits` (which must be finished), named `target/from-to`. All
// `n_nodes` match columns are there; after each as many insert columns as its longest insertion needs. A
// block of insertions is split: its first half stands left, the rest right. No rows if nothing is included
// and there is no query row. Name, accession, description and author of the result are left empty.
bio::Msa alignment_of_hits(const TopHits& hits, int n_nodes, const AlignmentOptions& options);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_
