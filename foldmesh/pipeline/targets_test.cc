#include "foldmesh/pipeline/targets.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

class TargetsTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& text) {
    base::write_file_atomically(dir_ / name, text);
    return dir_ / name;
  }
  // The message of the kInput error that read_targets throws.
  std::string refusal(const std::vector<fs::path>& inputs) {
    try {
      read_targets(inputs);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }
  const base::TempFolder temporary_{"targets_test"};
  const fs::path dir_ = temporary_.path();
};

TEST_F(TargetsTest, SingleRecordIsNamedAfterItsFileSeveralAfterThemselves) {
  const auto one = read_targets({file("query.fasta", ">sp|P1|A_B text\nacdUX\n")});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].name, "query");
  EXPECT_EQ(one[0].chains[0].sequence, "ACDUX");
  const auto two = read_targets({file("both.fa", ">sp|P1|A_B\nAC\n>b/c\nDE\n")});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].name, "sp_P1_A_B");
  EXPECT_EQ(two[1].name, "b_c");
}

TEST_F(TargetsTest, ChainLetters) {
  EXPECT_EQ(chain_letters(0), "A");
  EXPECT_EQ(chain_letters(25), "Z");
  EXPECT_EQ(chain_letters(26), "AA");
  EXPECT_EQ(chain_letters(26 + 26 * 26), "AAA");
}

TEST_F(TargetsTest, FolderGivesItsInputsInNameOrder) {
  file("b.fasta", ">x\nAC\n");
  file("a.a3m", ">y\nDE\n>hit\nD-\n");
  file("notes.txt", "not a sequence");
  const auto targets = read_targets({dir_});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "a");
  EXPECT_EQ(targets[0].chains[0].alignments.size(), 1u);
  EXPECT_EQ(targets[1].name, "b");
  EXPECT_TRUE(targets[1].chains[0].alignments.empty());
}

TEST_F(TargetsTest, SameTargetTwiceIsOneDifferentTargetsUnderOneNameAreRefused) {
  const fs::path a = file("a.fasta", ">x\nAC\n");
  EXPECT_EQ(read_targets({a, a}).size(), 1u);
  fs::create_directory(dir_ / "other");
  const fs::path b = file("other/a.fasta", ">x\nAD\n");
  EXPECT_NE(refusal({a, b}).find("two different sequences"), std::string::npos);
}

TEST_F(TargetsTest, BadInputsAreNamed) {
  EXPECT_NE(refusal({dir_ / "missing.fasta"}).find("missing.fasta"), std::string::npos);
  EXPECT_NE(refusal({file("stop.fasta", ">x\nAC*\n")}).find("not a residue"), std::string::npos);
  fs::create_directory(dir_ / "empty");
  EXPECT_NE(refusal({dir_ / "empty"}).find("no *.fasta"), std::string::npos);
}

// The search files its alignments under a name of its own making: both must be the same folder.
TEST_F(TargetsTest, NamesStayInTheOutputFolderAndAreTheSearchs) {
  const auto targets = read_targets({file("hidden.fasta", ">.hidden\nAC\n>../x\nDE\n")});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "_hidden");
  EXPECT_EQ(targets[1].name, "_._x");
  for (const Target& target : targets) EXPECT_EQ(search::folder_name(target.name), target.name);
}

}  // namespace
}  // namespace foldmesh::pipeline
