#include "foldmesh/seqio/stockholm.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "foldmesh/base/file.h"

namespace foldmesh::seqio {
namespace {

namespace fs = std::filesystem;

std::vector<bio::Msa> parse(std::string_view text) {
  StockholmReader reader(open_memory(text, "t.sto"));
  std::vector<bio::Msa> all;
  bio::Msa msa;
  while (reader.next(msa)) all.push_back(msa);
  return all;
}

std::string error_of(const std::string& body) {
  try {
    parse("# STOCKHOLM 1.0\n" + body);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "no error";
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(FOLDMESH_TESTS_DIR "/golden/hmmer")) {
    if (entry.path().extension() == ".sto") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Stockholm, HmmerFilesComeBackByteForByte) {
  int n_exact = 0;
  for (const fs::path& path : golden_files()) {
    const std::string text = base::read_file(path);
    const bio::Msa msa = read_stockholm(path);
    const std::string written = to_stockholm(msa);
    if (msa.author.find("(HMMER 3.4)") == std::string::npos) {
      // A curated family: other layout and more annotation than we keep, so only the content can be compared.
      EXPECT_EQ(to_stockholm(parse(written).at(0)), written) << path;
      continue;
    }
    EXPECT_TRUE(written == text) << path;
    ++n_exact;
  }
  EXPECT_EQ(n_exact, 26);
}

TEST(Stockholm, CuratedFamily) {
  const bio::Msa fn3 = read_stockholm(FOLDMESH_TESTS_DIR "/golden/hmmer/msa/fn3.sto");
  EXPECT_EQ(fn3.name, "fn3");
  EXPECT_EQ(fn3.accession, "PF00041.20");
  EXPECT_EQ(fn3.rows.size(), 98u);
  EXPECT_EQ(fn3.rows[0].accession, "P16621.2");
  ASSERT_TRUE(fn3.cutoffs.gathering && fn3.cutoffs.noise);
  EXPECT_EQ((*fn3.cutoffs.gathering)[0], 24.5f);
  EXPECT_EQ((*fn3.cutoffs.noise)[1], 24.4f);
  EXPECT_EQ(fn3.ss_cons.size(), fn3.n_columns());
}

TEST(Stockholm, DuplicateNamesAreRestored) {
  const bio::Msa msa = read_stockholm(FOLDMESH_TESTS_DIR "/golden/hmmer/edge/dup.sto");
  EXPECT_EQ(msa.rows[1].name, "s05_self/1-128");
  EXPECT_EQ(msa.rows[2].name, "s05_self/1-128");
  EXPECT_EQ(msa.rows[2].description, "[subseq from] the query itself");
}

TEST(Stockholm, PrefixesStayUnlessAllFit) {
  const std::string warning =
      "# STOCKHOLM 1.0\n# WARNING: seq names have been made unique by adding a prefix of \"<seq#>|\"\n";
  EXPECT_EQ(parse(warning + "0|a A\n1|a C\n//\n")[0].rows[1].name, "a");
  EXPECT_EQ(parse(warning + "0|a A\n2|a C\n//\n")[0].rows[1].name, "2|a");
  EXPECT_EQ(parse(warning + "0|a A\n1| C\n//\n")[0].rows[0].name, "0|a");
  EXPECT_EQ(parse(warning + "0|# A\n//\n")[0].rows[0].name, "0|#");
  EXPECT_EQ(parse(warning + "0|//a A\n//\n")[0].rows[0].name, "0|//a");
  EXPECT_EQ(parse("# STOCKHOLM 1.0\n0|a A\n1|a C\n//\n")[0].rows[0].name, "0|a");
}

TEST(Stockholm, ToleratesOtherLayouts) {
  const auto all = parse(
      "\n# STOCKHOLM 1.0\r\n#=GF ID  two words \r\n#=GF CC a comment\r\n# free comment\r\n#=GS b/1-3 DE "
      "later first\r\n"
      "#=GS gone DE no such row\r\n#=GS b/1-3 WT 0.5\r\na\tAC-.\r\nb/1-3     acd~  \r\n#=GR a SS "
      "HHHH\r\n#=GR a PP 98.*\r\n"
      "#=GC RF xx..\r\n\r\n \r\na  W\r\nb/1-3  _\r\n#=GR a PP 1\r\n#=GC RF x\r\n//\r\n\r\n"
      "# STOCKHOLM 1.0\nx MKV\n//");
  ASSERT_EQ(all.size(), 2u);
  const bio::Msa& msa = all[0];
  EXPECT_EQ(msa.name, "two words");
  ASSERT_EQ(msa.rows.size(), 2u);
  EXPECT_EQ(msa.rows[0].name, "a");
  EXPECT_EQ(msa.rows[0].aligned, "AC-.W");
  EXPECT_EQ(msa.rows[0].pp, "98.*1");
  EXPECT_EQ(msa.rows[1].aligned, "acd~_");
  EXPECT_EQ(msa.rows[1].description, "later first");
  EXPECT_EQ(msa.rf, "xx..x");
  EXPECT_EQ(all[1].rows[0].aligned, "MKV");
}

TEST(Stockholm, RefusesWithFileAndLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "t.sto:1: the alignment does not end with '//' (file cut short?)"},
      {"a AC\n", "t.sto:2: the alignment does not end with '//' (file cut short?)"},
      {"#=GS a DE x\n//\n", "t.sto:3: the alignment has no rows"},
      {"a AC\na AC\n//\n", "t.sto:3: the row 'a' stands twice in this block (names must differ)"},
      {"a AC\nb ACD\n//\n", "t.sto:3: the row 'b' has 3 columns in this block, the rows before it 2"},
      {"a AC\nb AC\n\na A\n//\n", "t.sto:6: the row 'b' is missing from the last block"},
      {"a AC\nb AC\n\na A\n\nb C\n//\n", "t.sto:7: the row 'b' is missing from an earlier block"},
      {"a AC\n\na A\nb A\n//\n", "t.sto:5: the row 'b' is missing from an earlier block"},
      {"a\n//\n", "t.sto:2: the row 'a' has no aligned sequence"},
      {"a A1\n//\n", "t.sto:2: illegal character '1' in row 'a' (expected letters and gaps)"},
      {"a AC DE\n//\n", "t.sto:2: illegal character ' ' in row 'a' (expected letters and gaps)"},
      {"a AC\n#=GR a PP 9\n//\n", "t.sto:4: the PP lines of row 'a' have 1 columns, the alignment 2"},
      {"a AC\n#=GC RF xxx\n//\n", "t.sto:4: the RF lines have 3 columns, the alignment 2"},
      {"a AC\n#=GC RF x\x80\n//\n",
       "t.sto:3: illegal character '\\x80' in an annotation line (expected one letter per column)"},
      {"#=GF GA 1.0 many;\na AC\n//\n",
       "t.sto:2: '1.0 many;' are no score thresholds (expected two numbers, sequence and domain bits)"},
      {"#=GS a DE \x1b[1m\na AC\n//\n", "t.sto:2: an annotation line holds a control character"},
      {"a\x02 AC\n//\n", "t.sto:2: the row name 'a\\x02' holds a control character (is this a text file?)"},
  };
  for (const auto& [body, message] : cases) EXPECT_EQ(error_of(body), message);
  EXPECT_THROW(parse(">a\nMKV\n"), base::Error);
  EXPECT_TRUE(parse("").empty());
}

TEST(Stockholm, WriterLayout) {
  bio::Msa msa;
  msa.name = "q";
  msa.rows = {{"q", "", "", std::string(201, 'A'), ""}};
  EXPECT_EQ(to_stockholm(msa),
            "# STOCKHOLM 1.0\n#=GF ID q\n\nq       " + std::string(200, 'A') + "\n\nq       A\n//\n");
  EXPECT_EQ(to_stockholm(msa, 0),
            "# STOCKHOLM 1.0\n#=GF ID q\n\nq       " + std::string(201, 'A') + "\n//\n");
  msa.rows.push_back({"r", "", "", "A", ""});
  EXPECT_THROW(to_stockholm(msa), base::Error);
}

}  // namespace
}  // namespace foldmesh::seqio
