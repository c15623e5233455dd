#include "foldmesh/pipeline/complex_inputs.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

class ComplexInputs : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    base::write_file_atomically(folder_.path() / name, text);
    return folder_.path() / name;
  }
  std::string refusal(const fs::path& path) {
    try {
      read_targets({path}, true);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "";
  }
  base::TempFolder folder_{"complex_inputs"};
};

std::string chains_of(const Target& target) {
  std::string text = target.name;
  for (const Chain& chain : target.chains) text += " " + chain.id + "=" + chain.sequence;
  return text;
}

TEST_F(ComplexInputs, FastaFilesAreComplexesOfMultimerRuns) {
  const fs::path path = write("dimer.fasta", ">one first\nACD\n>two\nkl\n");
  const std::vector<Target> complex = read_targets({path}, true);
  ASSERT_EQ(complex.size(), 1u);
  EXPECT_EQ(chains_of(complex[0]), "dimer A=ACD B=KL");
  EXPECT_EQ(complex[0].chains[0].description, "first");
  EXPECT_EQ(complex[0].n_res(), 5u);
  EXPECT_EQ(read_targets({path}, false).size(), 2u);
  // Names of chains are their own, those of targets are not.
  const fs::path copies = write("copies.fasta", ">x\nACD\n>x\nACD\n");
  EXPECT_EQ(chains_of(read_targets({copies}, true)[0]), "copies A=ACD B=ACD");
  EXPECT_THROW(read_targets({copies}, false), base::Error);
  EXPECT_NE(refusal(write("twice.fasta", ">x\nACD:K\n>x\nACD:L\n")).find("two different sequences"),
            std::string::npos);
}

TEST_F(ComplexInputs, ColonsJoinChains) {
  const fs::path path = write("many.fasta", ">x\nACD:KL:ACD\n>y\nMM\n");
  for (const bool one_complex : {false, true}) {
    const std::vector<Target> targets = read_targets({path}, one_complex);
    ASSERT_EQ(targets.size(), 2u);
    EXPECT_EQ(chains_of(targets[0]), "x A=ACD B=KL C=ACD");
    EXPECT_EQ(chains_of(targets[1]), "y A=MM");
  }
  // Chains in lines of their own.
  EXPECT_EQ(chains_of(read_targets({write("lines.fasta", ">x\nACD:\nKL\n")}, true)[0]), "lines A=ACD B=KL");
  EXPECT_NE(refusal(write("empty.fasta", ">x\nACD::KL\n")), "");
  EXPECT_NE(refusal(write("end.fasta", ">x\nACD:\n")), "");
  EXPECT_NE(refusal(write("letter.fasta", ">x\nAC1:D\n")), "");
}

TEST_F(ComplexInputs, ColabFoldComplexes) {
  const fs::path path =
      write("job.a3m",
            "#3,2\t2,1\n>101\t102\nACDKL\n>pair\nA-DkkKL\n>pair2\nAAA-L\n>of the first\nGGG--\n"
            ">of the second\n---xRR\n>nobody\n-----\n");
  const std::vector<Target> targets = read_targets({path}, true);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(chains_of(targets[0]), "job A=ACD B=ACD C=KL");
  const Chain &a = targets[0].chains[0], &c = targets[0].chains[2];
  EXPECT_EQ(a.alignment_text, ">101\t102\nACD\n>of the first\nGGG\n");
  EXPECT_EQ(targets[0].chains[1].alignment_text, "") << "copies share those of the first";
  // What is inserted between the chains belongs to the first.
  EXPECT_EQ(a.paired_text, ">101\t102\nACD\n>pair\nA-Dkk\n>pair2\nAAA\n");
  EXPECT_EQ(c.alignment_text, ">101\t102\nKL\n>of the second\nRR\n");
  EXPECT_EQ(c.paired_text, ">101\t102\nKL\n>pair\nKL\n>pair2\n-L\n");
}

TEST_F(ComplexInputs, OtherAlignmentsStaySingle) {
  EXPECT_EQ(chains_of(read_targets({write("one.a3m", "#3\t1\n>q\nACD\n")}, true)[0]), "one A=ACD");
  EXPECT_EQ(chains_of(read_targets({write("note.a3m", "# a comment\n>q\nACD\n")}, true)[0]), "note A=ACD");
  const Target homomer = read_targets({write("two.a3m", "#3\t2\n>q\nACD\n>r\nAAA\n")}, true)[0];
  EXPECT_EQ(chains_of(homomer), "two A=ACD B=ACD");
  EXPECT_EQ(homomer.chains[0].paired_text, "") << "copies have nothing to pair";
}

TEST_F(ComplexInputs, DamagedHeadersAreRefused) {
  for (const char* header : {"#3,2\t1", "#3,2\t1,0", "#3,\t1,1", "#3,2\tx,1", "#0,5\t1,1", "#3,2\t900,200"}) {
    EXPECT_NE(refusal(write("bad.a3m", std::string(header) + "\n>q\nACDKL\n")).find("describe a complex"),
              std::string::npos)
        << header;
  }
  EXPECT_NE(refusal(write("short.a3m", "#3,3\t1,1\n>q\nACDKL\n")).find("expected 6"), std::string::npos);
  // Numbers that nobody means are no reason to take memory.
  EXPECT_NE(refusal(write("huge.a3m", "#99999999999999999999,2\t1,1\n>q\nACDKL\n")), "");
}

}  // namespace
}  // namespace foldmesh::pipeline
