#include "foldmesh/pipeline/databases.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

class Databases : public ::testing::Test {
 protected:
  void file(const std::string& name) {
    fs::create_directories((dir_ / name).parent_path());
    base::write_file_atomically(dir_ / name, ">x\nAC\n");
  }
  void hhsuite(const std::string& prefix) {
    for (const char* kind : {"a3m", "hhm", "cs219"}) {
      for (const char* part : {"data", "index"}) file(prefix + "_" + kind + ".ff" + part);
    }
  }
  std::string relative(const fs::path& path) const { return path.lexically_relative(dir_).string(); }
  // "name=path relative to the folder", in order.
  std::vector<std::string> chosen(DatabaseOptions options = {}) {
    if (options.paths.empty()) options.data_dir = dir_;
    std::vector<std::string> found;
    for (const Database& database : choose_databases(options)) {
      std::string text = database.name + "=";
      if (!database.is_hhsuite()) text += relative(database.path);
      for (const std::string& prefix : database.hhsuite) text += relative(prefix) + ",";
      found.push_back(text);
    }
    return found;
  }
  std::string refusal(const DatabaseOptions& options = {}) {
    try {
      chosen(options);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "accepted";
  }

  base::TempFolder temp_{"databases_test"};
  const fs::path dir_ = temp_.path();
};

// As scripts/download_all_data.sh of AlphaFold 2 leaves it.
TEST_F(Databases, AlphaFold2sLayout) {
  file("uniref90/uniref90.fasta");
  file("mgnify/mgy_clusters_2018_12.fa");
  file("mgnify/mgy_clusters_2022_05.fa");
  file("small_bfd/bfd-first_non_consensus_sequences.fasta");
  file("uniprot/uniprot.fasta");
  file("uniprot/uniprot_sprot.fasta");
  file("pdb_seqres/pdb_seqres.txt");
  file("pdb_mmcif/mmcif_files/uniref90.fasta");
  hhsuite("bfd/bfd_metaclust_clu_complete_id30_c90_final_seq.sorted_opt");
  hhsuite("uniref30/UniRef30_2021_03");
  hhsuite("pdb70/pdb70");
  const std::string uniref90 = "uniref90=uniref90/uniref90.fasta",
                    mgnify = "mgnify=mgnify/mgy_clusters_2022_05.fa";
  const std::vector<std::string> reduced = {uniref90, mgnify,
                                            "small_bfd=small_bfd/bfd-first_non_consensus_sequences.fasta"};
  EXPECT_EQ(chosen(), reduced);
  DatabaseOptions options;
  options.bfd = BfdChoice::kReduced;
  EXPECT_EQ(chosen(options), reduced);
  options.bfd = BfdChoice::kFull;
  options.multimer = true;
  options.more = {"mine=a.fasta", "other=hhsuite:/x/a,/y/b"};
  const std::vector<std::string> full = {
      uniref90,
      mgnify,
      "bfd_uniref=bfd/bfd_metaclust_clu_complete_id30_c90_final_seq.sorted_opt,uniref30/UniRef30_2021_03,",
      "uniprot=uniprot/uniprot.fasta",
      "mine=" + relative("a.fasta"),
      "other=" + relative("/x/a") + "," + relative("/y/b") + ","};
  EXPECT_EQ(chosen(options), full);
}

TEST_F(Databases, AlphaFold3sLayout) {
  file("uniref90_2022_05.fa");
  file("mgy_clusters_2022_05.fa");
  file("bfd-first_non_consensus_sequences.fasta");
  file("uniprot_all_2021_04.fa");
  file("mmcif_files/1abc.cif");
  DatabaseOptions options;
  options.multimer = true;
  const std::vector<std::string> expected = {"uniref90=uniref90_2022_05.fa", "mgnify=mgy_clusters_2022_05.fa",
                                             "small_bfd=bfd-first_non_consensus_sequences.fasta",
                                             "uniprot=uniprot_all_2021_04.fa"};
  EXPECT_EQ(chosen(options), expected);
}

TEST_F(Databases, PackedOnesTakeThePlaceOfTheirText) {
  file("uniref90/uniref90.fasta");
  file("uniref90/uniref90.fmdb");
  file("mgy_clusters_2022_05.fa");
  file("mgy_clusters_2022_05.fa.fmdb");
  file("small_bfd.fmdb");
  const std::string uniref90 = "uniref90=uniref90/uniref90.fmdb", small_bfd = "small_bfd=small_bfd.fmdb";
  EXPECT_EQ(chosen(), (std::vector<std::string>{uniref90, "mgnify=mgy_clusters_2022_05.fa.fmdb", small_bfd}));
  DatabaseOptions by_path;
  by_path.paths = {{"uniref90", dir_ / "uniref90/uniref90.fasta"}, {"small_bfd", dir_ / "small_bfd.fmdb"}};
  EXPECT_EQ(chosen(by_path), (std::vector<std::string>{uniref90, small_bfd}));
  // A newer text makes the packed one useless.
  fs::last_write_time(dir_ / "uniref90/uniref90.fmdb",
                      fs::last_write_time(dir_ / "uniref90/uniref90.fasta") - std::chrono::hours(1));
  EXPECT_EQ(chosen().at(0), "uniref90=uniref90/uniref90.fasta");
}

TEST_F(Databases, WhatIsMissingIsNamed) {
  EXPECT_NE(refusal().find("holds no database"), std::string::npos);
  file("uniref90.fa");
  EXPECT_EQ(chosen(), std::vector<std::string>{"uniref90=uniref90.fa"});
  DatabaseOptions options;
  options.bfd = BfdChoice::kReduced;
  EXPECT_NE(refusal(options).find("no small BFD"), std::string::npos);
  options.bfd = BfdChoice::kFull;
  EXPECT_NE(refusal(options).find("no BFD or UniRef30"), std::string::npos);
  options = {};
  options.multimer = true;
  EXPECT_NE(refusal(options).find("no UniProt"), std::string::npos);
  for (const char* text : {"x", "=y", "x=", "x=hhsuite:", "x=hhsuite:a,", "x=hhsuite:,a"}) {
    EXPECT_THROW(parse_database(text), base::Error) << text;
  }
}

TEST(RowLimits, AreAlphaFolds) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  EXPECT_EQ(max_rows("uniref90", RowLimits::kAlphafold2), 10'000u);
  EXPECT_EQ(max_rows("mgnify", RowLimits::kAlphafold2), 501u);
  EXPECT_EQ(max_rows("mgnify", RowLimits::kAlphafold3), 5'000u);
  EXPECT_EQ(max_rows("small_bfd", RowLimits::kAlphafold2), kAll);
  EXPECT_EQ(max_rows("small_bfd", RowLimits::kAlphafold3), 5'000u);
  EXPECT_EQ(max_rows("uniprot", RowLimits::kAlphafold2), 50'000u);
  EXPECT_EQ(max_rows("mine", RowLimits::kAlphafold2), kAll);
  EXPECT_EQ(max_rows("uniref90", RowLimits::kNone), kAll);
}

}  // namespace
}  // namespace foldmesh::pipeline
