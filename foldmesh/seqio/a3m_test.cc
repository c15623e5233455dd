#include "foldmesh/seqio/a3m.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"

namespace foldmesh::seqio {
namespace {

using namespace std::string_literals;

A3m parse(std::string_view text) { return read_a3m(open_memory(text, "t.a3m")); }

std::string error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "no error";
}

TEST(A3m, RowsAndComment) {
  const A3m a3m =
      parse("#6,5\t1,1\r\n>101\t102\r\nMKVAC\r\n\r\n>hit one\tsome  words \r\nM-\r\nvaVAC\r\n>x\nm.MKV*-\n");
  EXPECT_EQ(a3m.comment, "6,5\t1,1");
  ASSERT_EQ(a3m.rows.size(), 3u);
  EXPECT_EQ(a3m.rows[0].header, "101\t102");
  EXPECT_EQ(a3m.rows[1].header, "hit one\tsome  words ");
  EXPECT_EQ(a3m.rows[1].text, "M-vaVAC");
  EXPECT_EQ(a3m.rows[2].text, "m.MKV*-");
  EXPECT_EQ(to_text(a3m), "#6,5\t1,1\n>101\t102\nMKVAC\n>hit one\tsome  words \nM-vaVAC\n>x\nm.MKV*-\n");
}

TEST(A3m, NulSeparatesAlignments) {
  const std::string text = ">a\nMK\n>b\nM-\n\0>c\nMKV\n\0#1\t1\n>d\nA\n\0"s;
  A3mReader reader(open_memory(text, "t.a3m"));
  A3mRow row;
  ASSERT_TRUE(reader.next_alignment());
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.header, "a");
  ASSERT_TRUE(reader.next_alignment());  // passes over b
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.header, "c");
  EXPECT_EQ(row.text, "MKV");
  EXPECT_EQ(reader.location().line, 5);
  EXPECT_FALSE(reader.next(row));
  ASSERT_TRUE(reader.next_alignment());
  EXPECT_EQ(reader.comment(), "1\t1");
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.header, "d");
  EXPECT_FALSE(reader.next(row));
  EXPECT_FALSE(reader.next_alignment());
  EXPECT_FALSE(reader.next_alignment());

  EXPECT_EQ(error_of(text), "t.a3m: holds several alignments (expected one)");
  EXPECT_EQ(parse(">a\nMK\n\0"s).rows.size(), 1u);
  EXPECT_EQ(parse("\0>a\nMK\n"s).rows.size(), 1u);
}

TEST(A3m, RefusesWithFileAndLine) {
  EXPECT_EQ(error_of(""), "t.a3m: is empty (expected an A3M alignment)");
  EXPECT_EQ(error_of("\n\0\n"s), "t.a3m: is empty (expected an A3M alignment)");
  EXPECT_EQ(error_of("MKV\n"), "t.a3m:1: expected A3M, a line that starts with '>', but found 'MKV'");
  EXPECT_EQ(error_of("#1\t1\n"), "t.a3m:1: the '#' line is not followed by an alignment");
  EXPECT_EQ(error_of("#1\t1\n\0>a\nM\n"s), "t.a3m:2: the '#' line is not followed by an alignment");
  EXPECT_EQ(error_of(">a\nMKV\n>b\n>c\nMKV\n"), "t.a3m:3: the row 'b' has no sequence");
  EXPECT_EQ(error_of(">a\nMKV\n>\nMKV\n"), "t.a3m:3: the row has an empty header (expected '>NAME')");
  EXPECT_EQ(error_of(">a\nMKV\n>b\nMaKVA\n"),
            "t.a3m:3: the row 'b' has 4 columns, the first row 3 (upper-case letters and '-' count)");
  EXPECT_EQ(error_of(">a\nMKV\n>b\nM7V\n"),
            "t.a3m:4: illegal character '7' in row 'b' (expected letters, '-' or '.')");
  EXPECT_EQ(error_of(">a\nM\0V\n"s),
            "t.a3m:2: illegal character '\\x00' in row 'a' (expected letters, '-' or '.')");
  EXPECT_EQ(error_of(">a\x1b\nMKV\n"),
            "t.a3m:1: the header holds the control character '\\x1b' (is this a text file?)");
}

}  // namespace
}  // namespace foldmesh::seqio
