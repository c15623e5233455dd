#include "foldmesh/pipeline/template_options.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

class TemplateData : public testing::Test {
 protected:
  const base::TempFolder temp_{"template_options"};
  const fs::path folder_ = temp_.path();

  void touch(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, ">x\nA\n");
  }
  TemplateSettings found() const {
    TemplateSettings settings;
    find_template_data(folder_, &settings);
    return settings;
  }
  static std::string message(const TemplateSettings& settings) {
    try {
      check_template_settings(settings);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "";
  }
};

TEST_F(TemplateData, AlphaFold2sLayout) {
  touch("pdb_seqres/pdb_seqres.txt");
  touch("pdb_mmcif/obsolete.dat");
  EXPECT_FALSE(found().searches());  // hits without structures
  touch("pdb_mmcif/mmcif_files/1abc.cif");
  EXPECT_EQ(found().pdb_seqres, folder_ / "pdb_seqres/pdb_seqres.txt");
  EXPECT_EQ(found().mmcif_dir, folder_ / "pdb_mmcif/mmcif_files");
  EXPECT_EQ(found().obsolete_pdbs, folder_ / "pdb_mmcif/obsolete.dat");
  EXPECT_EQ(message(found()), "");
  touch("pdb_seqres/pdb_seqres.fmdb");
  EXPECT_EQ(found().pdb_seqres, folder_ / "pdb_seqres/pdb_seqres.fmdb");

  // What the user says goes before.
  TemplateSettings given;
  given.pdb70 = "/data/pdb70/pdb70";
  find_template_data(folder_, &given);
  EXPECT_TRUE(given.pdb_seqres.empty());
  EXPECT_EQ(given.pdb70, "/data/pdb70/pdb70");
}

TEST_F(TemplateData, AlphaFold3sLayout) {
  touch("pdb_seqres_2022_09_28.fasta");
  touch("mmcif_files/1abc.cif");
  EXPECT_EQ(found().pdb_seqres, folder_ / "pdb_seqres_2022_09_28.fasta");
  EXPECT_EQ(found().mmcif_dir, folder_ / "mmcif_files");
}

TEST_F(TemplateData, SaysWhatIsWrong) {
  TemplateSettings settings;
  settings.pdb_seqres = folder_ / "none.txt";
  EXPECT_EQ(message(settings),
            (folder_ / "none.txt").string() + ": there is no such file (--pdb-seqres-database-path)");
  touch("some.txt");
  settings.pdb_seqres = folder_ / "some.txt";
  EXPECT_EQ(message(settings),
            "no --template-mmcif-dir (expected the folder with the structures of template hits)");
  settings.mmcif_dir = folder_ / "some.txt";
  EXPECT_EQ(message(settings), (folder_ / "some.txt").string() + ": is not a folder (--template-mmcif-dir)");
  settings.mmcif_dir = folder_;
  settings.max_date = "yesterday";
  EXPECT_EQ(message(settings), "--max-template-date yesterday: expected a date as YYYY-MM-DD");
  settings.max_date.clear();
  settings.custom = {(folder_ / "some.txt").string()};
  EXPECT_NE(message(settings).find("has no atoms (expected a PDB file"), std::string::npos)
      << message(settings);
}

}  // namespace
}  // namespace foldmesh::pipeline
