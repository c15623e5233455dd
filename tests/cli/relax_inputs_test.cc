// `foldmesh relax` on what people's files hold and on what is wrong with them, each as PDB and as mmCIF.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/structio/atoms.h"
#include "foldmesh/structio/structure_reader.h"
#include "tests/cli/run_program.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::tests {
namespace {

// An atom as both formats say it.
struct Row {
  std::string name, residue;
  int number = 0;
  char insertion_code = ' ', alternate = ' ';
  std::array<float, 3> xyz{};
  double occupancy = 1;
  bool is_het = false;
  char chain = 'A';
};
using Rows = std::vector<Row>;

Rows peptide(const std::string& sequence, char chain = 'A', double shift = 0) {
  const bio::Structure structure = relax::ideal_peptide(sequence, {.shift = {shift, 0, 0}});
  Rows rows;
  for (size_t i = 0; i < structure.n_res(); ++i) {
    structio::for_each_atom(structure, i, [&](std::string_view name, const std::array<float, 3>& xyz) {
      rows.push_back({.name = std::string(name),
                      .residue = std::string(bio::kRestypeNames3[static_cast<size_t>(structure.aatype[i])]),
                      .number = static_cast<int>(i) + 1,
                      .xyz = xyz,
                      .chain = chain});
    });
  }
  return rows;
}

void rename(Rows& rows, int number, const std::string& residue) {
  for (Row& row : rows) {
    if (row.number == number) {
      row.residue = residue;
      row.is_het = true;
    }
  }
}

std::string as_pdb(const Rows& rows) {
  std::string text;
  size_t serial = 0;
  for (const Row& row : rows) {
    ++serial;  // those beyond the columns are written as many programs do
    const std::string number = serial > 99'999 ? "*****" : std::to_string(serial);
    text += fmt::format("{:<6}{:>5} {:<4}{}{:>3} {}{:>4}{}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}\n",
                        row.is_het ? "HETATM" : "ATOM", number,
                        row.name.size() < 4 && row.name != "SE" ? " " + row.name : row.name, row.alternate,
                        row.residue, row.chain, row.number % 10'000, row.insertion_code, row.xyz[0],
                        row.xyz[1], row.xyz[2], row.occupancy, 10.0);
  }
  return text + "END\n";
}

std::string as_mmcif(const Rows& rows) {
  std::string text = "data_x\nloop_\n";
  for (const char* item : {"group_PDB", "id", "label_atom_id", "label_alt_id", "label_comp_id",
                           "label_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y",
                           "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_asym_id", "pdbx_PDB_model_num"}) {
    text += fmt::format("_atom_site.{}\n", item);
  }
  const auto code = [](char c) { return c == ' ' ? '?' : c; };
  size_t serial = 0;
  for (const Row& row : rows) {
    text += fmt::format("{} {} {} {} {} {} {} {} {:.3f} {:.3f} {:.3f} {:.2f} 10.00 {} 1\n",
                        row.is_het ? "HETATM" : "ATOM", ++serial, row.name, code(row.alternate), row.residue,
                        row.chain, row.number, code(row.insertion_code), row.xyz[0], row.xyz[1], row.xyz[2],
                        row.occupancy, row.chain);
  }
  return text + "#\n";
}

class RelaxInputs : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  }
  static bool is_pdb() { return GetParam(); }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string input() const { return path(is_pdb() ? "in.pdb" : "in.cif"); }
  static std::string text_of(const Rows& rows) { return is_pdb() ? as_pdb(rows) : as_mmcif(rows); }

  RunResult run(const std::string& text) const {
    base::write_file_atomically(input(), text);
    return run_program(
        {"relax", input(), "-o", path("out.cif"), "--relax-max-rounds", "1", "--relax-max-iterations", "3"});
  }
  // What comes out is complete: every residue has all of its heavy atoms, and hydrogens.
  structio::EntryChain relaxed(const std::string& text) {
    const RunResult result = run(text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    if (result.exit_code != 0) return {};
    said_ = result.out + result.err;
    const structio::Entry entry = structio::read_structure(path("out.cif"));
    EXPECT_EQ(entry.chains.size(), 1u);
    for (const structio::EntryResidue& residue : entry.chains.at(0).residues) {
      const int type = bio::restype_of(residue.letter == 'X' ? 'A' : residue.letter);
      for (int a = 0; a < bio::kNumAtom37 - 1; ++a) {
        EXPECT_EQ(residue.mask[static_cast<size_t>(a)], bio::kAtom37Mask[type][a]) << residue.name << a;
      }
    }
    EXPECT_NE(base::read_file(path("out.cif")).find(" H "), std::string::npos);
    return entry.chains.at(0);
  }
  void refused(const std::string& text, const std::string& words) {
    const RunResult result = run(text);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
    EXPECT_NE(result.err.find(input()), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(std::filesystem::exists(path("out.cif")));
  }
  static double ca_x(const structio::EntryChain& chain, size_t residue) {
    return static_cast<double>(chain.residues.at(residue).position[bio::kAtom37Ca][0]);
  }

  base::TempFolder folder_{"relax_inputs"};
  std::string said_;
};

std::string format_of(const testing::TestParamInfo<bool>& info) { return info.param ? "Pdb" : "Mmcif"; }
INSTANTIATE_TEST_SUITE_P(Formats, RelaxInputs, testing::Bool(), format_of);

TEST_P(RelaxInputs, Truncated) {
  const std::string text = text_of(peptide("AKA"));
  refused(text.substr(0, text.size() - 50), "cut short?");
  refused("", "is empty");
}

TEST_P(RelaxInputs, WrongEncodings) {
  const std::string text = text_of(peptide("AKA"));
  // UTF-16 with and without its mark, and zero bytes.
  std::string wide;
  for (const char c : text) wide += {c, '\0'};
  refused("\xff\xfe" + wide, "UTF-16");
  refused(wide, "UTF-16");
  // UTF-8's mark, Latin-1 in a comment, carriage returns: harmless.
  const std::string remark = is_pdb() ? "REMARK   1 \xc5ngstr\xf6m\n" : "# \xc5ngstr\xf6m\n";
  EXPECT_EQ(relaxed("\xef\xbb\xbf" + remark + text).sequence(), "AKA");
  std::string dos;
  for (const char c : text) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(relaxed(dos).sequence(), "AKA");
  // A letter that is none of ASCII's, in a residue's name: such a residue is unknown.
  std::string odd = text_of(peptide("AAKAA"));
  for (size_t at = 0; (at = odd.find("LYS", at)) != std::string::npos;) odd.replace(at, 3, "L\xd6S");
  EXPECT_EQ(relaxed(odd).sequence(), "AAXAA");
}

TEST_P(RelaxInputs, AlternateLocations) {
  Rows rows;
  for (const Row& row : peptide("AKA")) {
    if (row.number != 2) {
      rows.push_back(row);
      continue;
    }
    for (const char alternate : {'A', 'B'}) {
      rows.push_back(row);
      rows.back().alternate = alternate;
      rows.back().occupancy = alternate == 'A' ? 0.4 : 0.6;
      if (alternate == 'A') rows.back().xyz[0] += 50;
    }
  }
  const auto chain = relaxed(text_of(rows));
  EXPECT_EQ(chain.sequence(), "AKA");
  EXPECT_LT(ca_x(chain, 1), 30);
}

TEST_P(RelaxInputs, InsertionCodes) {
  Rows rows = peptide("AKSTA");
  for (Row& row : rows) {
    if (row.number < 3) continue;
    if (row.number < 5) row.insertion_code = row.number == 3 ? 'A' : 'B';
    row.number = row.number < 5 ? 2 : 3;  // 1, 2, 2A, 2B, 3
  }
  const auto chain = relaxed(text_of(rows));
  EXPECT_EQ(chain.sequence(), "AKSTA");
  EXPECT_EQ(chain.residues.back().author_number, 5);
  EXPECT_NE(said_.find("insertion codes"), std::string::npos) << said_;
}

TEST_P(RelaxInputs, MissingAtoms) {
  Rows rows = peptide("AKWA");
  std::erase_if(rows, [](const Row& row) {
    return (row.number == 2 && row.name != "N" && row.name != "CA" && row.name != "C") || row.name == "O";
  });
  EXPECT_EQ(relaxed(text_of(rows)).sequence(), "AKWA");
  EXPECT_NE(said_.find("missing heavy atoms placed"), std::string::npos) << said_;
}

TEST_P(RelaxInputs, ZeroOccupancy) {
  Rows rows = peptide("AKA");
  for (Row& row : rows) row.occupancy = 0;
  EXPECT_EQ(relaxed(text_of(rows)).sequence(), "AKA");
}

TEST_P(RelaxInputs, Microheterogeneity) {
  Rows rows;
  const Rows serine = peptide("ASA"), threonine = peptide("ATA");
  for (const Rows* from : {&serine, &threonine}) {
    for (Row row : *from) {
      if (row.number != 2 && from == &threonine) continue;
      if (row.number == 2) {
        row.alternate = from == &serine ? 'A' : 'B';
        row.occupancy = from == &serine ? 0.3 : 0.7;
      }
      rows.push_back(row);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.number < b.number; });
  EXPECT_EQ(relaxed(text_of(rows)).sequence(), "ATA");
}

// A solvated molecule: serial numbers overflow, residue numbers begin anew.
TEST_P(RelaxInputs, MoreThan100000Atoms) {
  Rows rows = peptide("AKA");
  for (int i = 0; i < 100'001; ++i) {
    const std::array<float, 3> xyz = {static_cast<float>(100 + i % 50), static_cast<float>(i / 50 % 50),
                                      static_cast<float>(i / 2500)};
    rows.push_back({.name = "O", .residue = "HOH", .number = 10 + i, .xyz = xyz, .is_het = true});
  }
  EXPECT_EQ(relaxed(text_of(rows)).sequence(), "AKA");
  EXPECT_NE(said_.find("of ligands, water"), std::string::npos) << said_;
}

// The amino acids that they are made of, in their place.
TEST_P(RelaxInputs, ModifiedResidues) {
  Rows rows = peptide("AMSAA");
  rename(rows, 2, "MSE");
  rename(rows, 3, "SEP");
  rename(rows, 4, "DAL");
  for (Row& row : rows) {
    if (row.residue == "MSE" && row.name == "SD") row.name = "SE";
  }
  const Row phosphorus = {.name = "P", .residue = "SEP", .number = 3, .xyz = {1, 20, 1}, .is_het = true};
  rows.insert(std::find_if(rows.begin(), rows.end(), [](const Row& row) { return row.number == 4; }),
              phosphorus);
  const auto chain = relaxed(text_of(rows));
  EXPECT_EQ(chain.sequence(), "AMSAA");
  EXPECT_EQ(chain.residues[1].name, "MET");
  EXPECT_EQ(chain.residues[2].name, "SER");
  for (const char* words : {"MSE 2", "SEP 3", "DAL 4"}) {
    EXPECT_NE(said_.find(words), std::string::npos) << said_;
  }
}

TEST_P(RelaxInputs, ChainsOfXOnly) {
  Rows unknown = peptide("AAAA", 'B', 30);
  for (Row& row : unknown) row.residue = "UNK";
  refused(text_of(unknown), "no chain has two neighbouring residues");
  // Beside a chain that can be relaxed they stay as they are.
  Rows rows = peptide("AKA");
  rows.insert(rows.end(), unknown.begin(), unknown.end());
  const RunResult result = run(text_of(rows));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const structio::Entry entry = structio::read_structure(path("out.cif"));
  ASSERT_EQ(entry.chains.size(), 2u);
  EXPECT_EQ(entry.chains[0].sequence(), "AKA");
  EXPECT_EQ(entry.chains[1].sequence(), "XXXX");
  EXPECT_NEAR(ca_x(entry.chains[1], 1), static_cast<double>(unknown[6].xyz[0]), 1e-3);
  EXPECT_NE(result.out.find("4 residues of unknown kind (X) are left as they are"), std::string::npos)
      << result.out;
}

}  // namespace
}  // namespace foldmesh::tests
