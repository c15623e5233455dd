#include "foldmesh/features/msa_input.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::features {
namespace {

class MsaFile : public ::testing::Test {
 protected:
  const base::TempFolder temporary_{"msa_input_test"};
  const std::filesystem::path folder_ = temporary_.path();

  std::string file(const std::string& name, const std::string& text) {
    base::write_file_atomically(folder_ / name, text);
    return (folder_ / name).string();
  }
};

TEST_F(MsaFile, StockholmColumnsAreTheQuerys) {
  const std::string path = file("uniref90_hits.sto",
                                "# STOCKHOLM 1.0\n\n"
                                "query       MK-V\n"
                                "tr|A0A146SKV9|A0A146SKV9_FUNHE/2-4 M-WV\n"
                                "//\n");
  const MsaInput input = read_msa(path);
  EXPECT_EQ(input.path, path);
  EXPECT_EQ(input.source, MsaSource::kUniref90);
  EXPECT_EQ(input.msa.sequences, (std::vector<std::string>{"MKV", "M-V"}));
  EXPECT_EQ(input.msa.deletion_matrix[1], (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(query_of(input).name, "query");
  EXPECT_EQ(query_of(input).residues, "MKV");
  EXPECT_EQ(merge_msas(query_of(input), std::vector{input}).features.species,
            (std::vector<std::string>{"", "FUNHE"}));
}

TEST_F(MsaFile, A3mWithANameInFront) {
  const std::string path = file("a=b.a3m", ">q x\nMKV\n>h\nMaaK-\n");
  MsaInput input = read_msa("mgnify=" + path);
  EXPECT_EQ(input.path, path);
  EXPECT_EQ(input.source, MsaSource::kMgnify);
  EXPECT_EQ(input.msa.deletion_matrix[1], (std::vector<int>{0, 2, 0}));
  EXPECT_EQ(query_of(input).name, "q");
  // A path may hold '='.
  EXPECT_EQ(read_msa(path).source, MsaSource::kOther);
}

TEST_F(MsaFile, ALimitCutsTheFile) {
  std::string text = ">q\nMKV\n";
  for (int i = 0; i < 600; ++i) text += ">h\nMK-\n";
  EXPECT_EQ(read_msa(file("mgnify_hits.a3m", text)).msa.n_seq(), 501u);
  EXPECT_EQ(read_msa(file("mine.a3m", text)).msa.n_seq(), 601u);
}

TEST_F(MsaFile, EmptyAndUnknownFiles) {
  const MsaInput none = read_msa(file("uniref90_hits.sto", ""));
  EXPECT_EQ(none.msa.n_seq(), 0u);
  EXPECT_THROW(query_of(none), base::Error);
  EXPECT_THROW(read_msa(file("hits.txt", "x")), base::Error);
  EXPECT_THROW(read_msa((folder_ / "missing.sto").string()), base::Error);
  EXPECT_THROW(read_msa(file("two.sto", "# STOCKHOLM 1.0\nq MK\n//\n# STOCKHOLM 1.0\nq MK\n//\n")),
               base::Error);
}

}  // namespace
}  // namespace foldmesh::features
