#include <gtest/gtest.h>

#include "foldmesh/search/alignment_blocks.h"
#include "foldmesh/search/alignment_output.h"

namespace foldmesh::search {
namespace {

// 90 nodes against a target that lacks nodes 11-60 and inserts 50 residues after node 70.
hmm::DomainAlignment gapped() {
  hmm::DomainAlignment a;
  a.hmm_from = 1;
  a.hmm_to = 90;
  a.seq_from = 101;
  a.seq_to = 190;
  a.model = std::string(70, 'm') + std::string(50, '.') + std::string(20, 'm');
  a.match = std::string(10, 'm') + std::string(110, ' ') + std::string(20, 'm');
  a.aligned = std::string(10, 'M') + std::string(50, '-') + std::string(10, 'A') + std::string(50, 'w') +
              std::string(20, 'M');
  a.pp = std::string(10, '*') + std::string(50, '.') + std::string(80, '9');
  return a;
}

// What the reference prints for blocks without residues ("-") and without nodes (an empty range).
TEST(AlignmentBlocks, NumbersBlocksWithoutResiduesOrNodes) {
  std::string text;
  append_alignment_blocks(text, gapped(), "query", "t", 50);
  const std::string expected =
      "  query   1 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm 40 \n"
      "            mmmmmmmmmm                              \n"
      "      t 101 MMMMMMMMMM------------------------------ 110\n"
      "            **********.............................. PP\n\n"
      "  query  41 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmm.......... 70 \n"
      "                                                    \n"
      "      t 111 --------------------AAAAAAAAAAwwwwwwwwww 130\n"
      "            ....................99999999999999999999 PP\n\n"
      "  query  71 ........................................ 70 \n"
      "                                                    \n"
      "      t 131 wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww 170\n"
      "            9999999999999999999999999999999999999999 PP\n\n"
      "  query  71 mmmmmmmmmmmmmmmmmmmm 90 \n"
      "            mmmmmmmmmmmmmmmmmmmm\n"
      "      t 171 MMMMMMMMMMMMMMMMMMMM 190\n"
      "            99999999999999999999 PP\n\n";
  EXPECT_EQ(text, expected);

  hmm::DomainAlignment deletion = gapped();
  deletion.model = std::string(80, 'm');
  deletion.match = std::string(80, ' ');
  deletion.aligned = std::string(40, '-') + std::string(40, 'A');
  deletion.pp = std::string(40, '.') + std::string(40, '9');
  text.clear();
  append_alignment_blocks(text, deletion, "q", "t", 50);
  EXPECT_NE(text.find("  t   - ---------------------------------------- "
                      "  -\n"),
            std::string::npos)
      << text;
}

TEST(AlignmentBlocks, UnlimitedWidthGivesOneBlock) {
  std::string text;
  append_alignment_blocks(text, gapped(), "q", "t", 0);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
}

hmm::Hit hit_with(const std::string& name, int from, const std::string& model, const std::string& aligned) {
  hmm::Hit hit;
  hit.name = name;
  hit.ln_p = -100;
  hit.target_length = 100;
  hmm::Domain domain;
  domain.ln_p = -100;
  domain.alignment.hmm_from = from;
  domain.alignment.seq_from = 1;
  domain.alignment.seq_to = 1;
  for (char c : aligned) domain.alignment.seq_to += c != '-';
  --domain.alignment.seq_to;
  domain.alignment.model = model;
  domain.alignment.aligned = aligned;
  for (char c : aligned) domain.alignment.pp += c == '-' ? '.' : '9';
  hit.domains = {domain};
  return hit;
}

TopHits three_hits() {
  TopHits hits((Thresholds()));
  HitList found;
  found.add(hit_with("a", 1, "acd..ef", "ACDggEF"), {});
  found.add(hit_with("b", 2, "cd.....ef", "C-hhhhhEF"), {});
  found.add(hit_with("c", 1, "acd.ef", "ACDkEF"), {});
  hits.add(std::move(found));
  hits.finish(3);
  return hits;
}

TEST(AlignmentOfHits, SplitsInsertionsAndKeepsAllModelColumns) {
  const TopHits hits = three_hits();
  const bio::Msa lower_case = alignment_of_hits(hits, 6, {});
  ASSERT_EQ(lower_case.rows.size(), 3u);
  EXPECT_EQ(lower_case.rows[0].name, "a/1-7");
  EXPECT_EQ(lower_case.rows[0].description, "[subseq from] a");
  EXPECT_EQ(lower_case.rows[0].aligned, "ACDg...gEF-");
  EXPECT_EQ(lower_case.rows[1].aligned, "-C-hhhhhEF-");
  EXPECT_EQ(lower_case.rows[2].aligned, "ACD....kEF-") << "a single residue stands right";
  EXPECT_EQ(lower_case.rows[0].pp, "9999...999.");
  EXPECT_EQ(lower_case.rf, "xxx.....xxx");
  EXPECT_EQ(lower_case.pp_cons, "999.....99.");

  const bio::Sequence query{"q", "", "the query", "acdefg"};
  AlignmentOptions options;
  options.style = InsertStyle::kJackhmmer;
  options.query = &query;
  const bio::Msa upper_case = alignment_of_hits(hits, 6, options);
  ASSERT_EQ(upper_case.rows.size(), 4u);
  EXPECT_EQ(upper_case.rows[0].aligned, "ACD-----EFG");
  EXPECT_EQ(upper_case.rows[0].name, "q");
  EXPECT_TRUE(upper_case.rows[0].pp.empty());
  EXPECT_EQ(upper_case.rows[1].aligned, "ACDG---GEF-");

  options.max_rows = 2;
  EXPECT_EQ(alignment_of_hits(hits, 6, options).rows.size(), 2u);
}

TEST(AlignmentOfHits, WithoutHitsHoldsTheQueryOnly) {
  TopHits hits((Thresholds()));
  hits.finish(10);
  EXPECT_TRUE(alignment_of_hits(hits, 6, {}).rows.empty());
  const bio::Sequence query{"q", "", "", "ACDEFG"};
  AlignmentOptions options;
  options.query = &query;
  const bio::Msa msa = alignment_of_hits(hits, 6, options);
  ASSERT_EQ(msa.rows.size(), 1u);
  EXPECT_EQ(msa.rf, "xxxxxx");
  EXPECT_TRUE(msa.pp_cons.empty());
}

}  // namespace
}  // namespace foldmesh::search
