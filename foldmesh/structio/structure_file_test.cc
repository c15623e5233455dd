// Everything written here is read back by gemmi.
#include "foldmesh/structio/structure_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/structio/cif_text.h"
#include "foldmesh/structio/gemmi_read_back.h"

namespace foldmesh::structio {
namespace {

// Chains given as sequences; all atoms of every residue at random places.
bio::Structure make_structure(const std::vector<std::string>& chains) {
  base::Rng rng(3);
  bio::Structure out;
  for (size_t c = 0; c < chains.size(); ++c) {
    out.chain_ids.push_back(std::string(1, static_cast<char>('A' + c)));
    int number = 0;
    for (const char letter : chains[c]) {
      const int type = bio::restype_of(letter);
      out.aatype.push_back(type);
      out.chain_index.push_back(static_cast<int>(c));
      out.residue_index.push_back(number++);
      out.plddt.push_back(static_cast<float>(rng.uniform() * 100));
      auto& mask = out.atom_mask.emplace_back();
      auto& position = out.atom_position.emplace_back();
      for (int a = 0; a < bio::kNumAtom37; ++a) {
        mask[a] = bio::kAtom37Mask[type][a];
        if (mask[a] == 0) continue;
        for (float& x : position[a]) x = static_cast<float>(rng.uniform() * 300 - 150);
      }
    }
  }
  return out;
}

const char* kAllResidues = "ARNDCQEGHILKMFPSTWYVXM";

// Halves go to the even digit; the product is exact.
double printed(float x) { return std::nearbyint(static_cast<double>(x) * 1000) / 1000; }

// Atom by atom, in file order.
void expect_same(const ReadStructure& read, const bio::Structure& written) {
  EXPECT_EQ(read.n_models, 1u);
  size_t i = 0;
  for (size_t r = 0; r < written.n_res(); ++r) {
    for (int a = 0; a < bio::kNumAtom37; ++a) {
      if (written.atom_mask[r][a] == 0) continue;
      ASSERT_LT(i, read.atoms.size());
      const ReadAtom& atom = read.atoms[i++];
      EXPECT_EQ(atom.chain, written.chain_ids[written.chain_index[r]]);
      EXPECT_EQ(atom.residue_name, bio::kRestypeNames3[written.aatype[r]]);
      EXPECT_EQ(atom.residue_number, written.residue_index[r] + 1);
      EXPECT_EQ(atom.name, bio::kAtom37Names[a]);
      EXPECT_EQ(atom.element, atom.name.substr(0, 1));
      const auto& at = written.atom_position[r][a];
      EXPECT_NEAR(atom.x, printed(at[0]), 1e-9);
      EXPECT_NEAR(atom.y, printed(at[1]), 1e-9);
      EXPECT_NEAR(atom.z, printed(at[2]), 1e-9);
      EXPECT_EQ(atom.occupancy, 1.0);
      EXPECT_NEAR(atom.b_factor, static_cast<double>(written.plddt[r]), 0.00501);
    }
  }
  EXPECT_EQ(i, read.atoms.size());
  EXPECT_GT(i, 0u);
}

class StructureFile : public ::testing::Test {
 protected:
  const base::TempFolder temporary_{"structure_file_test"};
  const std::filesystem::path folder_ = temporary_.path();
  std::string path(const char* name) { return (folder_ / name).string(); }
};

TEST_F(StructureFile, GemmiReadsBothFormats) {
  bio::Structure structure = make_structure({kAllResidues, "MKV", "MKV"});
  structure.residue_index[5] = 204;  // a gap in the numbering
  structure.atom_mask[3][7] = 0;
  structure.atom_mask[4][bio::kAtom37Cb] = 0;  // a missing atom
  structure.plddt[0] = 100;
  structure.plddt[1] = 0;
  structure.atom_position[0][1] = {-999.999f, 9999.999f, -0.0004f};
  const Provenance provenance{.entry_id = "T1 x'\"",
                              .title = "it's \"a\"\n;title",
                              .model_name = "model_1_ptm_pred_0",
                              .ptm = 0.5,
                              .iptm = std::nullopt,
                              .untrained = true};
  write_pdb(structure, provenance, path("a.pdb"));
  write_mmcif(structure, provenance, path("a.cif"));
  expect_same(gemmi_read_structure(path("a.pdb")), structure);
  const ReadStructure cif = gemmi_read_structure(path("a.cif"));
  expect_same(cif, structure);
  ASSERT_EQ(cif.entities.size(), 2u);
  EXPECT_EQ(cif.entities[0].sequence.size(), 22u);
  EXPECT_EQ(cif.entities[0].sequence[20], "UNK");
  EXPECT_EQ(cif.entities[1].sequence, (std::vector<std::string>{"MET", "LYS", "VAL"}));
  EXPECT_EQ(cif.entities[1].subchains, (std::vector<std::string>{"B", "C"}));
}

TEST_F(StructureFile, PdbHasAlphaFoldsLayout) {
  bio::Structure structure = make_structure({"GA"});
  for (auto& residue : structure.atom_position) residue.fill({1.0f, -2.5f, 30.0625f});
  structure.plddt = {91.234f, 7.0f};
  std::istringstream text(to_pdb(structure, {}));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    EXPECT_EQ(line.size(), 80u);
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  ASSERT_EQ(lines.size(), 13u);
  EXPECT_EQ(lines[0], "MODEL     1");
  EXPECT_EQ(lines[1], "ATOM      1  N   GLY A   1       1.000  -2.500  30.062  1.00 91.23           N");
  EXPECT_EQ(lines[4], "ATOM      4  O   GLY A   1       1.000  -2.500  30.062  1.00 91.23           O");
  EXPECT_EQ(lines[8], "ATOM      8  CB  ALA A   2       1.000  -2.500  30.062  1.00  7.00           C");
  EXPECT_EQ(lines[9], "ATOM      9  O   ALA A   2       1.000  -2.500  30.062  1.00  7.00           O");
  EXPECT_EQ(lines[10], "TER      10      ALA A   2");
  EXPECT_EQ(lines[11], "ENDMDL");
  EXPECT_EQ(lines[12], "END");
}

TEST_F(StructureFile, MmcifHasTheConfidenceTables) {
  const bio::Structure structure = make_structure({kAllResidues, "MKV"});
  const std::string text =
      to_mmcif(structure, {.entry_id = "T1 x", .title = "t", .model_name = "m", .ptm = 0.25});
  const auto rows = [&](const std::string& category, const std::vector<std::string>& tags) {
    return gemmi_read_table(text, category, tags).rows;
  };
  EXPECT_EQ(gemmi_read_table(text, "_entry", {"id"}).block_name, "T1_x");
  const auto local = rows("_ma_qa_metric_local",
                          {"label_asym_id", "label_seq_id", "label_comp_id", "metric_id", "metric_value"});
  ASSERT_EQ(local.size(), structure.n_res());  // also for X, which has no atoms
  double sum = 0;
  for (size_t i = 0; i < structure.n_res(); ++i) {
    EXPECT_EQ(local[i][0], structure.chain_ids[structure.chain_index[i]]);
    EXPECT_EQ(local[i][1], std::to_string(structure.residue_index[i] + 1));
    EXPECT_EQ(local[i][2], bio::kRestypeNames3[structure.aatype[i]]);
    EXPECT_EQ(local[i][3], "2");
    EXPECT_NEAR(std::stod(local[i][4]), static_cast<double>(structure.plddt[i]), 0.00501);
    sum += static_cast<double>(structure.plddt[i]);
  }
  const auto global = rows("_ma_qa_metric_global", {"metric_id", "metric_value"});
  ASSERT_EQ(global.size(), 2u);
  EXPECT_NEAR(std::stod(global[0][1]), sum / static_cast<double>(structure.n_res()), 0.00501);
  EXPECT_EQ(global[1], (std::vector<std::string>{"3", "0.2500"}));
  const auto metrics = rows("_ma_qa_metric", {"id", "type", "mode"});
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[1], (std::vector<std::string>{"2", "pLDDT", "local"}));
  EXPECT_EQ(rows("_ma_model_list", {"model_name"})[0][0], "m");
  EXPECT_EQ(rows("_struct_asym", {"id"}).size(), 2u);
  EXPECT_EQ(rows("_pdbx_poly_seq_scheme", {"asym_id"}).size(), structure.n_res());
  EXPECT_EQ(rows("_entity_poly", {"pdbx_seq_one_letter_code"})[0][0], "ARNDCQEGHILKMFPSTWYV(UNK)M");
}

TEST_F(StructureFile, MmcifNamesTemplatesStepsAndFiles) {
  const bio::Structure structure = make_structure({"MKV"});
  const Provenance provenance{
      .entry_id = "T",
      .ptm = 0.5,
      .relaxed = true,
      .chain_descriptions = {"sp|P1|A_B it's a <protein>"},
      .templates = {{"1abc_A", "MKV", "-RV"}, {"mine_B", "MKV", ""}, {"2xyz_A", "MKA", "MKA"}},
      .pae_file = "pae_m.json"};
  const std::string text = to_mmcif(structure, provenance);
  const auto rows = [&](const std::string& category, const std::vector<std::string>& tags) {
    return gemmi_read_table(text, category, tags).rows;
  };
  using Rows = std::vector<std::vector<std::string>>;
  EXPECT_EQ(rows("_entity", {"pdbx_description"}), (Rows{{"sp|P1|A_B it's a <protein>"}}));
  EXPECT_EQ(rows("_ma_target_entity", {"origin"}), (Rows{{"reference database"}}));
  EXPECT_EQ(rows("_ma_target_ref_db_details", {"target_entity_id", "db_name", "db_code", "db_accession"}),
            (Rows{{"1", "UNP", "A_B", "P1"}}));
  EXPECT_EQ(rows("_ma_template_details",
                 {"template_id", "template_origin", "template_data_id", "template_auth_asym_id"}),
            (Rows{{"1", "reference database", "3", "A"}, {"2", "customized", "4", "B"}}));
  EXPECT_EQ(rows("_ma_template_ref_db_details", {"template_id", "db_name", "db_accession_code"}),
            (Rows{{"1", "PDB", "1abc"}}));
  EXPECT_EQ(rows("_ma_data", {"id", "content_type"}), (Rows{{"1", "target"},
                                                            {"2", "model coordinates"},
                                                            {"3", "template structure"},
                                                            {"4", "template structure"},
                                                            {"5", "target-template alignment"}}));
  EXPECT_EQ(rows("_ma_protocol_step", {"step_id", "method_type"}),
            (Rows{{"1", "coevolution MSA"}, {"2", "template search"}, {"3", "modeling"}, {"4", "other"}}));
  EXPECT_EQ(rows("_ma_entry_associated_files", {"file_url", "file_content"}),
            (Rows{{"pae_m.json", "QA metrics"}}));
  EXPECT_EQ(rows("_ma_model_list", {"data_id"}), (Rows{{"2"}}));
  EXPECT_EQ(rows("_software", {"name", "citation_id"}), (Rows{{"foldmesh", "1"}}));
  // Without any of this, its tables are not there, and the rest stands.
  const std::string plain = to_mmcif(structure, {});
  EXPECT_EQ(plain.find("_ma_template"), std::string::npos);
  EXPECT_EQ(plain.find("_ma_entry_associated"), std::string::npos);
  EXPECT_EQ(gemmi_read_table(plain, "_ma_protocol_step", {"step_id", "method_type"}).rows,
            (Rows{{"1", "coevolution MSA"}, {"2", "modeling"}}));
}

// Two entities, one of them with two chains; a template that both have, each in its own alignment.
TEST_F(StructureFile, MmcifNamesTemplatesOfComplexes) {
  const bio::Structure structure = make_structure({"MKVAA", "WW", "MKVAA"});
  const std::string text = to_mmcif(structure, {.entry_id = "T",
                                                .templates = {{"1abc_A", "MKVAA", "-KLA-"},
                                                              {"9xyz_BB", "MKVAA", "MK---"},
                                                              {"own_C", "WW", "-W"},
                                                              {"1abc_A", "WW", "WF"}}});
  const auto rows = [&](const std::string& category, const std::vector<std::string>& tags) {
    return gemmi_read_table(text, category, tags).rows;
  };
  using Rows = std::vector<std::vector<std::string>>;
  EXPECT_EQ(rows("_ma_template_details", {"ordinal_id", "template_id", "target_asym_id", "template_data_id",
                                          "template_name", "template_auth_asym_id"}),
            (Rows{{"1", "1", "A", "4", "1abc_A", "A"},
                  {"2", "1", "C", "4", "1abc_A", "A"},
                  {"3", "2", "A", "5", "9xyz_BB", "BB"},
                  {"4", "2", "C", "5", "9xyz_BB", "BB"},
                  {"5", "3", "B", "6", "own_C", "C"},
                  {"6", "4", "B", "7", "1abc_A", "A"}}));
  EXPECT_EQ(rows("_ma_template_ref_db_details", {"template_id", "db_accession_code"}),
            (Rows{{"1", "1abc"}, {"2", "9xyz"}, {"4", "1abc"}}));
  EXPECT_EQ(rows("_ma_template_customized", {"template_id", "details"}), (Rows{{"3", "own_C"}}));
  EXPECT_EQ(rows("_ma_template_poly_segment", {"id", "template_id"}),
            (Rows{{"1", "1"}, {"2", "2"}, {"3", "3"}, {"4", "4"}}));
  EXPECT_EQ(rows("_ma_target_template_poly_mapping",
                 {"template_segment_id", "target_asym_id", "target_seq_id_begin", "target_seq_id_end"}),
            (Rows{{"1", "A", "2", "4"},
                  {"1", "C", "2", "4"},
                  {"2", "A", "1", "2"},
                  {"2", "C", "1", "2"},
                  {"3", "B", "2", "2"},
                  {"4", "B", "1", "2"}}));
  EXPECT_EQ(rows("_ma_alignment", {"alignment_id", "target_template_flag", "sequence"}),
            (Rows{{"1", "1", "KVA"},
                  {"1", "2", "KLA"},
                  {"2", "1", "MK"},
                  {"2", "2", "MK"},
                  {"3", "1", "W"},
                  {"3", "2", "W"},
                  {"4", "1", "WW"},
                  {"4", "2", "WF"}}));
  EXPECT_EQ(rows("_ma_alignment_info", {"alignment_id", "data_id", "alignment_length"}),
            (Rows{{"1", "8", "3"}, {"2", "9", "2"}, {"3", "10", "1"}, {"4", "11", "2"}}));
  const auto details = rows("_ma_alignment_details", {"target_asym_id", "percent_sequence_identity"});
  EXPECT_EQ(
      details,
      (Rows{{"A", "66.7"}, {"C", "66.7"}, {"A", "100.0"}, {"C", "100.0"}, {"B", "100.0"}, {"B", "50.0"}}));
  // All data that are referred to are there.
  EXPECT_EQ(rows("_ma_data", {"id"}).size(), 11u);
  EXPECT_EQ(rows("_ma_data_group", {"data_id"}).size(), 11u);
}

// Items of mmcif_ma.dic 1.4.9; those with a star are mandatory.
TEST_F(StructureFile, MmcifUsesTheDictionarysNamesOnly) {
  const std::map<std::string, std::set<std::string>> known = {
      {"_ma_data", {"id*", "content_type*", "content_type_other_details", "name*"}},
      {"_ma_data_group", {"ordinal_id*", "group_id*", "data_id*"}},
      {"_ma_target_entity", {"entity_id*", "data_id*", "origin*"}},
      {"_ma_target_entity_instance", {"asym_id*", "entity_id*", "details"}},
      {"_ma_target_ref_db_details",
       {"target_entity_id*", "db_name*", "db_name_other_details", "db_code*", "db_accession*",
        "seq_db_isoform", "seq_db_align_begin", "seq_db_align_end", "ncbi_taxonomy_id", "organism_scientific",
        "gene_name", "seq_db_sequence_checksum", "seq_db_sequence_version_date", "is_primary"}},
      {"_ma_model_list",
       {"ordinal_id*", "model_id", "model_group_id", "model_name", "model_group_name", "assembly_id",
        "model_type*", "model_type_other_details", "data_id*"}},
      {"_ma_software_group", {"ordinal_id*", "group_id*", "software_id*", "parameter_group_id"}},
      {"_ma_protocol_step",
       {"ordinal_id*", "protocol_id*", "step_id*", "method_type*", "details", "step_name",
        "software_group_id", "input_data_group_id", "output_data_group_id"}},
      {"_ma_entry_associated_files",
       {"id*", "entry_id*", "file_type", "file_url*", "file_format", "details", "file_content", "data_id"}},
      {"_ma_qa_metric",
       {"id*", "name*", "description", "type*", "type_other_details", "data_id", "mode*",
        "software_group_id"}},
      {"_ma_qa_metric_global", {"ordinal_id*", "model_id*", "metric_id*", "metric_value*"}},
      {"_ma_qa_metric_local",
       {"ordinal_id*", "model_id*", "label_asym_id*", "label_seq_id*", "label_comp_id*", "metric_id*",
        "metric_value*"}},
      {"_ma_template_details",
       {"ordinal_id*", "template_id*", "template_entity_type*", "template_origin*", "template_data_id*",
        "target_asym_id*", "template_auth_asym_id*", "template_label_asym_id", "template_label_entity_id",
        "template_model_num*", "template_trans_matrix_id*", "template_name", "template_description"}},
      {"_ma_template_poly", {"template_id*", "seq_one_letter_code", "seq_one_letter_code_can", "details"}},
      {"_ma_template_trans_matrix",
       {"id*", "rot_matrix[1][1]", "rot_matrix[2][1]", "rot_matrix[3][1]", "rot_matrix[1][2]",
        "rot_matrix[2][2]", "rot_matrix[3][2]", "rot_matrix[1][3]", "rot_matrix[2][3]", "rot_matrix[3][3]",
        "tr_vector[1]", "tr_vector[2]", "tr_vector[3]"}},
      {"_ma_template_ref_db_details",
       {"template_id*", "db_name*", "db_name_other_details", "db_accession_code*", "db_version_date"}},
      {"_ma_template_customized", {"template_id*", "details"}},
      {"_ma_template_poly_segment",
       {"id*", "template_id*", "residue_number_begin", "residue_number_end", "residue_name_begin",
        "residue_name_end", "segment_length"}},
      {"_ma_target_template_poly_mapping",
       {"id*", "template_segment_id*", "target_asym_id*", "target_seq_id_begin", "target_seq_id_end"}},
      {"_ma_alignment_info",
       {"alignment_id*", "data_id*", "software_group_id", "alignment_length", "alignment_type",
        "alignment_type_other_details", "alignment_mode"}},
      {"_ma_alignment_details",
       {"ordinal_id*", "alignment_id*", "template_segment_id*", "target_asym_id*", "score_type",
        "score_type_other_details", "score_value", "percent_sequence_identity",
        "sequence_identity_denominator", "sequence_identity_denominator_other_details"}},
      {"_ma_alignment", {"ordinal_id*", "alignment_id*", "target_template_flag*", "sequence*"}}};
  const std::string text =
      to_mmcif(make_structure({"MKV"}),
               {.entry_id = "T",
                .ptm = 0.5,
                .iptm = 0.4,
                .chain_descriptions = {"sp|P1|A_B text"},
                .templates = {{"1abc_A", "MKV", "MKV"}, {"own_A", "MKV", "MK-", "B", "GMKV", {{2, 3}}}},
                .pae_file = "pae.json"});
  std::map<std::string, std::set<std::string>> written;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t dot = line.find('.');
    if (line.starts_with("_ma_") && dot != std::string::npos) {
      written[line.substr(0, dot)].insert(line.substr(dot + 1, line.find(' ') - dot - 1));
    }
  }
  for (const auto& [category, items] : written) ASSERT_TRUE(known.contains(category)) << category;
  for (const auto& [category, items] : known) {
    ASSERT_TRUE(written.contains(category)) << category;
    for (const std::string& item : written[category]) {
      EXPECT_TRUE(items.contains(item) || items.contains(item + "*")) << category << "." << item;
    }
    for (const std::string& item : items) {
      if (!item.ends_with('*')) continue;
      const std::string tag = item.substr(0, item.size() - 1);
      EXPECT_TRUE(written[category].contains(tag)) << category << "." << tag;
      for (const auto& row : gemmi_read_table(text, category, {tag}).rows) {
        EXPECT_FALSE(row[0].empty() || row[0] == "." || row[0] == "?") << category << "." << tag;
      }
    }
  }
}

// Where the template's residues are known: its own numbers, and those between aligned ones in the alignment.
TEST_F(StructureFile, MmcifNumbersTheTemplatesResidues) {
  const bio::Structure structure = make_structure({"MKVAWL"});
  const std::string chain = "GGMKTTVAHL";
  const auto text_of = [&](const std::vector<std::pair<int, int>>& residues) {
    return to_mmcif(structure, {.entry_id = "T",
                                .chain_descriptions = {"query"},
                                .templates = {{"1abc_A", "MKVAWL", "-KVA-L", "Q", chain, residues}}});
  };
  using Rows = std::vector<std::vector<std::string>>;
  const std::string text = text_of({{4, 4}, {7, 8}, {10, 10}});
  const auto rows = [](const std::string& from, const std::string& category,
                       const std::vector<std::string>& tags) {
    return gemmi_read_table(from, category, tags).rows;
  };
  EXPECT_EQ(rows(text, "_ma_template_poly", {"template_id", "seq_one_letter_code_can"}),
            (Rows{{"1", chain}}));
  EXPECT_EQ(rows(text, "_ma_template_details", {"template_label_asym_id", "template_auth_asym_id"}),
            (Rows{{"Q", "A"}}));
  EXPECT_EQ(rows(text, "_ma_template_poly_segment", {"residue_number_begin", "residue_number_end"}),
            (Rows{{"4", "10"}}));
  EXPECT_EQ(rows(text, "_ma_target_template_poly_mapping", {"target_seq_id_begin", "target_seq_id_end"}),
            (Rows{{"2", "6"}}));
  EXPECT_EQ(rows(text, "_ma_alignment", {"target_template_flag", "sequence"}),
            (Rows{{"1", "K--VAW-L"}, {"2", "KTTVA-HL"}}));
  EXPECT_EQ(rows(text, "_ma_alignment_info", {"alignment_length"}), (Rows{{"8"}}));
  EXPECT_EQ(rows(text, "_ma_target_entity", {"origin"}), (Rows{{"designed"}}));
  // Numbers that do not fit are not written (read back as empty).
  const Rows unknown = {{"", ""}};
  using Runs = std::vector<std::pair<int, int>>;
  for (const Runs& wrong :
       {Runs{}, Runs{{4, 4}, {7, 8}}, Runs{{4, 4}, {7, 8}, {10, 11}}, Runs{{5, 5}, {7, 8}, {10, 10}},
        Runs{{0, 0}, {7, 8}, {10, 10}}, Runs{{4, 4}, {7, 8}, {8, 8}}}) {
    EXPECT_EQ(
        rows(text_of(wrong), "_ma_template_poly_segment", {"residue_number_begin", "residue_number_end"}),
        unknown);
  }
}

TEST_F(StructureFile, BFactorsForReplacement) {
  // 8 pi^2 / 3 (1.5 exp(4 (0.7 - x)))^2, by hand.
  EXPECT_NEAR(replacement_b_factor(70), 59.218, 0.001);
  EXPECT_NEAR(replacement_b_factor(90), 11.956, 0.001);
  EXPECT_NEAR(replacement_b_factor(100), 5.372, 0.001);
  EXPECT_EQ(replacement_b_factor(10), 999.99);
  bio::Structure structure = make_structure({"MKV"});
  structure.plddt = {90, 70, 10};
  const Provenance provenance{.replacement_b_factors = true};
  write_pdb(structure, provenance, path("r.pdb"));
  write_mmcif(structure, provenance, path("r.cif"));
  for (const char* name : {"r.pdb", "r.cif"}) {
    for (const ReadAtom& atom : gemmi_read_structure(path(name)).atoms) {
      const float plddt = structure.plddt[static_cast<size_t>(atom.residue_number - 1)];
      EXPECT_NEAR(atom.b_factor, replacement_b_factor(static_cast<double>(plddt)), 0.00501);
    }
    EXPECT_NE(base::read_file(path(name)).find("B-FACTORS COMPUTED FROM PLDDT"), std::string::npos);
  }
  // The confidence table stays what it is.
  EXPECT_EQ(
      gemmi_read_table(to_mmcif(structure, provenance), "_ma_qa_metric_local", {"metric_value"}).rows[0][0],
      "90.00");
}

TEST_F(StructureFile, SaysWhenParametersWereMadeUp) {
  const bio::Structure structure = make_structure({"MKV"});
  Provenance provenance{.title = "query", .untrained = true};
  EXPECT_NE(to_pdb(structure, provenance).find("REMARK   6 UNTRAINED"), std::string::npos);
  const std::string title =
      gemmi_read_table(to_mmcif(structure, provenance), "_struct", {"title"}).rows[0][0];
  EXPECT_NE(title.find("query (UNTRAINED"), std::string::npos);
  provenance.untrained = false;
  EXPECT_EQ(to_pdb(structure, provenance).find("UNTRAINED"), std::string::npos);
  EXPECT_EQ(to_mmcif(structure, provenance).find("UNTRAINED"), std::string::npos);
}

TEST_F(StructureFile, LongChains) {
  const std::string sequence(10'000, 'A');
  const bio::Structure structure = make_structure({sequence});
  EXPECT_EQ(why_not_pdb(structure), "residue number 10000 (at most 9999)");
  write_mmcif(structure, {}, path("long.cif"));
  expect_same(gemmi_read_structure(path("long.cif")), structure);
}

TEST_F(StructureFile, SaysWhatDoesNotFitInPdb) {
  const auto error = [](const bio::Structure& structure) -> std::string {
    try {
      to_pdb(structure, {});
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "no error";
  };
  bio::Structure structure = make_structure(std::vector<std::string>(20, std::string(800, 'W')));
  EXPECT_EQ(error(structure),
            "structure: 224020 atoms and chain ends (at most 99999) does not fit in the PDB format (use the "
            "mmCIF file)");
  structure = make_structure({"MK"});
  structure.chain_ids = {"AA"};
  EXPECT_EQ(why_not_pdb(structure), "chain name 'AA' (one letter only)");
  structure.chain_ids.assign(63, "A");
  EXPECT_EQ(why_not_pdb(structure), "63 chains (at most 62)");
  structure.chain_ids = {"A"};
  structure.atom_position[1][0][2] = -1000.0f;
  EXPECT_EQ(why_not_pdb(structure), "a coordinate of residue 2 beyond the columns");
  structure.atom_position[1][0][2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(error(structure),
            "structure: atom N of residue 2 has no finite position (check the parameters and features)");
}

TEST(CifValue, SurvivesGemmi) {
  for (const std::string value :
       {"plain", "two words", "it's", "a'b\" c' d", "_item", "#x", "data_x", "LOOP_", "global_", "?", ".",
        ";", "$a", "[x]", "'", "\"", "a;b", "x\"'", "-1.5"}) {
    const std::string text = cif_value(value);
    EXPECT_EQ(gemmi_read_table("data_x\n_a.b " + text + "\n_a.c 1\n", "_a", {"b"}).rows[0][0], value);
    const std::string loop = "data_x\nloop_\n_a.b\n_a.c\n" + text + " " + text + "\n";
    EXPECT_EQ(gemmi_read_table(loop, "_a", {"b", "c"}).rows[0], (std::vector<std::string>{value, value}));
  }
  EXPECT_EQ(cif_value("a\nb\xff"), "a?b?");
  EXPECT_EQ(cif_value(""), ".");
}

}  // namespace
}  // namespace foldmesh::structio
