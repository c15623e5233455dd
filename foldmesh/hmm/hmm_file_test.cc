#include "foldmesh/hmm/hmm_file.h"

#include <gtest/gtest.h>

#include <cmath>

namespace foldmesh::hmm {
namespace {

const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(HmmFile, ReadAndWrittenAgainIsByteIdentical) {
  for (const char* name : {"hmm/s03.hmm", "hmm/s04.hmm", "hmm/s05.hmm", "msa/fn3.hmm", "msa/globins4.hmm",
                           "iter/s05.chk-1.hmm", "iter/s05.chk-2.hmm"}) {
    const std::string expected = base::read_file(kGolden + name);
    const std::vector<CoreModel> models = read_hmm_file(kGolden + name);
    ASSERT_EQ(models.size(), 1u);
    EXPECT_TRUE(models[0].calibrated);
    std::string text;
    append_hmm(text, models[0], "3.4 | Aug 2023");
    EXPECT_EQ(text, expected) << name;
  }
}

TEST(HmmFile, HoldsWhatTheHeaderSays) {
  const CoreModel fn3 = read_hmm_file(kGolden + "msa/fn3.hmm").at(0);
  EXPECT_EQ(fn3.name, "fn3");
  EXPECT_EQ(fn3.accession, "PF00041.20");
  EXPECT_EQ(fn3.description, "Fibronectin type III domain");
  EXPECT_EQ(fn3.M, 85);
  EXPECT_EQ(fn3.n_seq, 98);
  EXPECT_EQ(fn3.checksum, 3415176928u);
  ASSERT_TRUE(fn3.cutoffs.gathering.has_value());
  EXPECT_EQ((*fn3.cutoffs.gathering)[1], 24.5f);
  EXPECT_EQ(fn3.evalue.tau, -3.9087f);
  EXPECT_EQ(fn3.cs.size(), 85u);
  EXPECT_TRUE(fn3.rf.empty());
  EXPECT_EQ(fn3.map.back(), 117);
  EXPECT_NEAR(fn3.mat[1][0], std::exp(-2.74005), 1e-7);
  EXPECT_EQ(fn3.t[85][kMD], 0.0f);
}

TEST(HmmFile, StreamsSeveralModels) {
  const std::string both =
      base::read_file(kGolden + "msa/fn3.hmm") + base::read_file(kGolden + "hmm/s03.hmm");
  HmmFileReader reader(both, "both");
  EXPECT_EQ(reader.next()->name, "fn3");
  EXPECT_EQ(reader.next()->name, "s03");
  EXPECT_FALSE(reader.next().has_value());
}

TEST(HmmFile, FillsInWhatOldFilesLack) {
  std::string text = base::read_file(kGolden + "msa/fn3.hmm");
  const CoreModel full = HmmFileReader(text, "fn3").next().value();
  const size_t compo = text.find("  COMPO");
  text.erase(compo, text.find('\n', compo) + 1 - compo);
  text = replaced(text, "CONS  yes", "CONS  no");
  const CoreModel bare = HmmFileReader(text, "bare").next().value();
  EXPECT_EQ(bare.consensus, full.consensus);
  for (int a = 0; a < bio::kNumCanonical; ++a) EXPECT_NEAR(bare.composition[a], full.composition[a], 2e-6);
}

TEST(HmmFile, NamesPlaceAndCauseOfEveryDefect) {
  const std::string good = base::read_file(kGolden + "hmm/s03.hmm");
  const auto message = [](std::string_view text) -> std::string {
    try {
      HmmFileReader reader(text, "x.hmm");
      while (reader.next()) {
      }
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message(good), "accepted");
  EXPECT_EQ(message(""), "x.hmm: is empty (expected at least one profile HMM)");
  EXPECT_NE(message("HMMER2.0\n").find("x.hmm:1: starts with 'HMMER2.0'"), std::string::npos);
  EXPECT_NE(message(">q\nACDE\n").find("x.hmm:1: "), std::string::npos);
  EXPECT_NE(message(replaced(good, "LENG  58", "LENG  999999999999")).find("x.hmm:3: LENG is"),
            std::string::npos);
  EXPECT_NE(message(replaced(good, "LENG  58", "LENG  -1")).find("x.hmm:3: LENG is"), std::string::npos);
  EXPECT_NE(message(replaced(good, "LENG  58", "LENG  57")).find("goes on after its 57 nodes"),
            std::string::npos);
  EXPECT_NE(message(replaced(good, "LENG  58", "LENG  59")).find("(expected node 59 of 59)"),
            std::string::npos);
  EXPECT_NE(message(replaced(good, "ALPH  amino", "ALPH  DNA")).find("x.hmm:4: the alphabet"),
            std::string::npos);
  EXPECT_NE(message(replaced(good, "2.54132", "nan")).find("'nan' is not"), std::string::npos);
  EXPECT_NE(message(replaced(good, "2.54132", "1e999")).find("'1e999' is not"), std::string::npos);
  EXPECT_NE(message(replaced(good, "2.54132", "-3.0")).find("'-3.0' is not"), std::string::npos);
  EXPECT_NE(message(replaced(good, "2.54132", "0.00001")).find("of node 1 sum to"), std::string::npos);
  EXPECT_NE(
      message(replaced(good, "      2   2.5", "      3   2.5")).find("found '3' (expected node 2 of 58)"),
      std::string::npos);
  EXPECT_NE(message(replaced(good, "STATS LOCAL MSV", "STATS LOCAL XYZ")).find("unknown statistics"),
            std::string::npos);
  EXPECT_NE(message(replaced(good, "NAME  s03\n", "")).find("no NAME"), std::string::npos);
  EXPECT_NE(message(replaced(good, "RF    no", "RF    maybe")).find("(expected 'yes' or 'no')"),
            std::string::npos);

  // Cut anywhere, the file is refused, never read past its end.
  for (size_t size = 0; size + 4 < good.size(); size += 97) {
    EXPECT_NE(message(std::string_view(good).substr(0, size)), "accepted") << size;
  }
}

}  // namespace
}  // namespace foldmesh::hmm
