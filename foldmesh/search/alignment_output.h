// Hits as a multiple sequence alignment: the content of -A and --chkali.
#ifndef FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_
#define FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "foldmesh/bio/msa.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/search/text_sink.h"
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
// block of insertions is split: its first half stands left, the rest right. Rows are made anew each time they
// are asked for, so any number of them takes no memory. Hits and query must outlive the object.
class AlignmentRows {
 public:
  AlignmentRows(const TopHits& hits, int n_nodes, const AlignmentOptions& options);
  ~AlignmentRows();

  size_t n_rows() const { return n_domains_ + (options_.query != nullptr); }
  size_t n_columns() const;
  void for_each(const std::function<void(const bio::MsaRow&)>& f) const;
  // The alignment without its rows: rf and pp_cons. Nothing if there are no rows. Name, accession,
  // description and author are left empty.
  bio::Msa frame() const;

  class Layout;  // internal

 private:
  void for_each_domain(const std::function<void(const hmm::Hit&, const hmm::Domain&)>& f) const;
  std::string rf() const;
  std::string pp_cons() const;

  const TopHits& hits_;
  const AlignmentOptions options_;
  std::unique_ptr<Layout> layout_;
  size_t n_domains_ = 0;
};

inline constexpr size_t kStockholmColumns = 200;  // of a block, as HMMER has it

// As Stockholm (seqio/stockholm.h). `head` holds name, accession, description and author. Rows are kept while
// they are written, as each is needed several times, if they take at most `most_bytes`.
void write_alignment(const bio::Msa& head, const AlignmentRows& rows, size_t most_bytes, const TextSink& sink,
                     size_t columns_per_block);

// The same in memory.
bio::Msa alignment_of_hits(const TopHits& hits, int n_nodes, const AlignmentOptions& options);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_OUTPUT_H_
