#include "foldmesh/seqio/fasta.h"

#include <gtest/gtest.h>

#include <fstream>

#include "foldmesh/base/temp_folder.h"

namespace foldmesh::seqio {
namespace {

std::vector<bio::Sequence> parse(std::string_view text, FastaOptions options = {}) {
  FastaReader reader(open_memory(text, "t.fasta"), options);
  std::vector<bio::Sequence> records;
  bio::Sequence record;
  while (reader.next(record)) records.push_back(record);
  return records;
}

std::string error_of(std::string_view text, FastaOptions options = {}) {
  try {
    parse(text, options);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "no error";
}

TEST(Fasta, HeaderIsNameThenDescription) {
  const auto records = parse(
      ">a\nMKV\n>  b \t two\twords  \nACD\nEF\n>c d\x01"
      "e f\nWY\n>x\x01y z\nG\n");
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].name, "a");
  EXPECT_EQ(records[0].description, "");
  EXPECT_EQ(records[0].residues, "MKV");
  EXPECT_EQ(records[1].name, "b");
  EXPECT_EQ(records[1].description, "two\twords  ");  // trailing blanks stay
  EXPECT_EQ(records[1].residues, "ACDEF");
  EXPECT_EQ(records[2].description, "d");
  EXPECT_EQ(records[3].name, "x");
  EXPECT_EQ(records[3].description, "");
}

TEST(Fasta, SequenceKeepsCaseAndAllSymbols) {
  const auto records = parse("\n \n>a\nacdefghiklmnpqrstvwy\n ACDEF GHIK\tL\n\nUOBZJXuobzjx*\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].residues, "acdefghiklmnpqrstvwyACDEFGHIKLUOBZJXuobzjx*");
}

TEST(Fasta, AllLineEnds) {
  for (const char* text : {">a d\nMK\nV\n>b\nA\n", ">a d\r\nMK\r\nV\r\n>b\r\nA\r\n", ">a d\rMK\rV\r>b\rA\r",
                           ">a d\nMK\nV\n>b\nA"}) {
    const auto records = parse(text);
    ASSERT_EQ(records.size(), 2u) << text;
    EXPECT_EQ(records[0].description, "d");
    EXPECT_EQ(records[0].residues, "MKV");
    EXPECT_EQ(records[1].residues, "A");
  }
}

TEST(Fasta, RefusesWithFileAndLine) {
  EXPECT_EQ(error_of(""), "t.fasta: is empty (expected at least one FASTA record)");
  EXPECT_EQ(error_of(" \n\n"), "t.fasta: is empty (expected at least one FASTA record)");
  EXPECT_EQ(error_of("\nMKV\n>a\nM\n"),
            "t.fasta:2: expected FASTA, a line that starts with '>', but found 'MKV'");
  EXPECT_EQ(error_of(">\nMKV\n"), "t.fasta:1: the header has no name (expected '>NAME description')");
  EXPECT_EQ(error_of(">a\nM\n>  \nMKV\n"),
            "t.fasta:3: the header has no name (expected '>NAME description')");
  EXPECT_EQ(error_of(std::string_view(">a\0b\nMKV\n", 9)),
            "t.fasta:1: the header holds the control character '\\x00' (is this a text file?)");
  for (const auto& [symbol, shown] :
       std::vector<std::pair<std::string, std::string>>{{"-", "-"},
                                                        {".", "."},
                                                        {"_", "_"},
                                                        {"~", "~"},
                                                        {"7", "7"},
                                                        {">", ">"},
                                                        {"\x80", "\\x80"},
                                                        {std::string(1, '\0'), "\\x00"},
                                                        {"@", "@"},
                                                        {"[", "["},
                                                        {"`", "`"},
                                                        {"{", "{"}}) {
    EXPECT_EQ(error_of(">a x\nMK\nM" + symbol + "V\n"),
              "t.fasta:3: illegal character '" + shown +
                  "' in the sequence of 'a' (expected amino acid letters or '*')");
  }
}

TEST(Fasta, RecordWithoutSequence) {
  const std::string text = ">a\nM\n>b\n\n>c\nM\n>d";
  EXPECT_EQ(error_of(text), "t.fasta:3: the record 'b' has no sequence");
  const auto records = parse(text, {.allow_empty = true});
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[1].name, "b");
  EXPECT_EQ(records[1].residues, "");
  EXPECT_EQ(records[3].name, "d");
}

TEST(Fasta, LengthLimit) {
  const std::string exactly = ">a\n" + std::string(100'000, 'M') + "\n";
  EXPECT_EQ(parse(exactly).at(0).residues.size(), 100'000u);
  EXPECT_EQ(error_of(">x\nM\n" + exactly + "M\n"),
            "t.fasta:3: the sequence 'a' is longer than the limit of 100000 residues");
  EXPECT_EQ(parse(exactly + "M\n", {.max_residues = 0}).at(0).residues.size(), 100'001u);
}

TEST(Fasta, LongLinesCrossBuffers) {
  const std::string a(300'000, 'A'), header(300'000, 'h');
  const auto records = parse(">" + header + " d\r\n" + a + "\r\nC\r\n>b\nD\n", {.max_residues = 0});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].name, header);
  EXPECT_EQ(records[0].residues, a + "C");
}

TEST(Fasta, WritingAndReadingGivesTheSame) {
  const std::vector<bio::Sequence> records = {
      {"a", "", "with two  words ", std::string(61, 'M') + "*"}, {"b", "", "", "acdX"}, {"c", "", "", ""}};
  for (size_t width : {size_t{0}, size_t{1}, size_t{60}, size_t{62}}) {
    std::string text;
    for (const auto& record : records) append_fasta(text, record, width);
    const auto again = parse(text, {.allow_empty = true});
    ASSERT_EQ(again.size(), records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(again[i].name, records[i].name);
      EXPECT_EQ(again[i].description, records[i].description);
      EXPECT_EQ(again[i].residues, records[i].residues);
    }
  }
  std::string text;
  append_fasta(text, records[0], 60);
  EXPECT_EQ(text, ">a with two  words \n" + std::string(60, 'M') + "\nM*\n");
}

TEST(Fasta, QueriesMustHaveDifferentNames) {
  const base::TempFolder folder("fasta_test");
  const std::string path = folder.path() / "queries.fasta";
  std::ofstream(path) << ">a one\nMKV\n>b\nM\n";
  EXPECT_EQ(read_queries(path).size(), 2u);
  std::ofstream(path) << ">a one\nMKV\n>b\nM\n>a two\nMKV\n";
  try {
    read_queries(path);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.what(), path + ":5: the name 'a' was used before, in line 1 (query names must differ)");
  }
}

}  // namespace
}  // namespace foldmesh::seqio
