#include "foldmesh/seqio/query_msa.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::seqio {
namespace {

using Deletions = std::vector<std::vector<int>>;

TEST(QueryMsa, FromA3mCountsInsertionsIntoTheNextColumn) {
  const A3m a3m{"", {{"q desc", "MKV"}, {"a\tb", "aaMK.bV"}, {"c", "M--tail"}, {"d", "x*-cV"}}};
  const bio::QueryMsa msa = to_query_msa(a3m, "t.a3m");
  EXPECT_EQ(msa.sequences, (std::vector<std::string>{"MKV", "MKV", "M--", "X-V"}));
  EXPECT_EQ(msa.deletion_matrix, (Deletions{{0, 0, 0}, {2, 0, 1}, {0, 0, 0}, {1, 0, 1}}));
  EXPECT_EQ(msa.descriptions, (std::vector<std::string>{"q desc", "a\tb", "c", "d"}));
  EXPECT_EQ(to_query_msa(a3m, "t.a3m", 2).n_seq(), 2u);
}

TEST(QueryMsa, A3mQueryMustBePlain) {
  for (const char* query : {"M-V", "MkV"}) {
    EXPECT_THROW(to_query_msa(A3m{"", {{"q", query}}}, "t.a3m"), base::Error);
  }
}

TEST(QueryMsa, FromColumnsRemovesQueryGaps) {
  bio::Msa msa;
  msa.rows = {
      {"q", "", "", "-MK-.V~", ""}, {"a/1-4", "", "one", "AM-CDVE", ""}, {"b/2-3", "", "", ".mk_gv-", ""}};
  const bio::QueryMsa query_msa = to_query_msa(msa);
  EXPECT_EQ(query_msa.sequences, (std::vector<std::string>{"MKV", "M-V", "MKV"}));
  EXPECT_EQ(query_msa.deletion_matrix, (Deletions{{0, 0, 0}, {1, 0, 2}, {0, 0, 1}}));
  EXPECT_EQ(query_msa.descriptions, (std::vector<std::string>{"q", "a/1-4", "b/2-3"}));
  EXPECT_EQ(to_query_msa(msa, 1).n_seq(), 1u);

  const A3m a3m = to_a3m(msa);
  EXPECT_EQ(to_text(a3m), ">q\nMKV\n>a/1-4 one\naM-cdVe\n>b/2-3\nMKgV\n");
  const bio::QueryMsa again = to_query_msa(a3m, "t.a3m");
  EXPECT_EQ(again.sequences, query_msa.sequences);
  EXPECT_EQ(again.deletion_matrix, query_msa.deletion_matrix);
}

TEST(QueryMsa, RealSearchResult) {
  // Row and column counts of the file; the query row itself must come out as the query sequence without
  // deletions.
  const bio::Msa msa = read_stockholm(FOLDMESH_TESTS_DIR "/golden/hmmer/cli/s08.sto");
  const bio::QueryMsa query_msa = to_query_msa(msa);
  std::string query = msa.rows[0].aligned;
  std::erase(query, '-');
  EXPECT_EQ(query_msa.sequences[0], query);
  EXPECT_EQ(query_msa.n_seq(), msa.rows.size());
  EXPECT_EQ(query_msa.deletion_matrix[0], std::vector<int>(query.size(), 0));
  // Nothing is lost: kept residues and deletions of a row add up to its residues up to the last kept column.
  for (size_t i = 0; i < msa.rows.size(); ++i) {
    const size_t last = msa.rows[0].aligned.find_last_not_of('-');
    const std::string counted = msa.rows[i].aligned.substr(0, last + 1);
    long total = 0;
    for (int n : query_msa.deletion_matrix[i]) total += n;
    for (char c : query_msa.sequences[i]) total += c != '-';
    EXPECT_EQ(total, static_cast<long>(counted.size()) - std::count(counted.begin(), counted.end(), '-'));
  }
  const A3m a3m = to_a3m(query_msa);
  const bio::QueryMsa again = to_query_msa(a3m, "t.a3m");
  EXPECT_EQ(again.sequences, query_msa.sequences);
  EXPECT_EQ(again.deletion_matrix, query_msa.deletion_matrix);
  EXPECT_EQ(again.descriptions, query_msa.descriptions);
}

}  // namespace
}  // namespace foldmesh::seqio
