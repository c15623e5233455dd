#include "foldmesh/bio/alphabet.h"

#include <gtest/gtest.h>

#include <cctype>

#include "foldmesh/base/error.h"

namespace foldmesh::bio {
namespace {

TEST(Alphabet, SymbolsAndCodesAreInverse) {
  ASSERT_EQ(kCodeSymbols.size(), static_cast<size_t>(kNumCodes));
  for (Code code = 0; code < kNumCodes; ++code) {
    EXPECT_EQ(code_of(symbol_of(code)), code);
    EXPECT_EQ(code_of(static_cast<char>(std::tolower(symbol_of(code)))), code);
  }
  EXPECT_EQ(code_of('A'), 0);
  EXPECT_EQ(code_of('Y'), 19);
  EXPECT_EQ(code_of('-'), kGap);
  EXPECT_EQ(code_of('.'), kGap);
  EXPECT_EQ(code_of('_'), kGap);
  EXPECT_EQ(code_of('B'), kB);
  EXPECT_EQ(code_of('J'), kJ);
  EXPECT_EQ(code_of('Z'), kZ);
  EXPECT_EQ(code_of('O'), kO);
  EXPECT_EQ(code_of('U'), kU);
  EXPECT_EQ(code_of('X'), kX);
  EXPECT_EQ(code_of('*'), kStop);
  EXPECT_EQ(code_of('~'), kMissing);
}

TEST(Alphabet, ExactlyTheLettersAndFiveSignsHaveCodes) {
  int n_known = 0;
  for (int c = 0; c < 256; ++c) n_known += code_of(static_cast<char>(c)) != kNoCode;
  EXPECT_EQ(n_known, 26 * 2 + 5);  // letters of both cases and - . _ * ~
  for (char c : {'0', ' ', '\n', '\0', '@', '[', '`', '{', '\x80', '\xff'}) EXPECT_EQ(code_of(c), kNoCode);
}

TEST(Alphabet, ResiduesAndMembers) {
  for (Code code = 0; code < kNumCodes; ++code) {
    EXPECT_EQ(is_canonical(code), code < 20);
    EXPECT_EQ(is_residue(code), code != kGap && code != kStop && code != kMissing);
    EXPECT_EQ(members(code).empty(), !is_residue(code));
    EXPECT_TRUE(std::is_sorted(members(code).begin(), members(code).end()));
    if (is_canonical(code)) {
      EXPECT_EQ(members(code), std::vector<Code>{code});
    }
  }
  EXPECT_EQ(members(kB), digitize("DN"));
  EXPECT_EQ(members(kJ), digitize("IL"));
  EXPECT_EQ(members(kZ), digitize("EQ"));
  EXPECT_EQ(members(kO), digitize("K"));
  EXPECT_EQ(members(kU), digitize("C"));
  EXPECT_EQ(members(kX).size(), 20u);
}

TEST(Alphabet, DigitizeAndTextize) {
  const std::vector<Code> codes = digitize("acX*-~.");
  EXPECT_EQ(codes, (std::vector<Code>{0, 1, kX, kStop, kGap, kMissing, kGap}));
  EXPECT_EQ(textize(codes.data(), codes.size()), "ACX*-~-");
  EXPECT_TRUE(digitize("").empty());
  EXPECT_THROW(digitize("A1"), base::Error);
}

}  // namespace
}  // namespace foldmesh::bio
