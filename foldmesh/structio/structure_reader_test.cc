// What people's files hold, against gemmi and against what we wrote ourselves; and what is wrong with them.
#include "foldmesh/structio/structure_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/structio/residue_names.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::structio {
namespace {

bio::Structure made_structure(const std::vector<std::string>& chains) {
  base::Rng rng(5);
  bio::Structure out;
  for (size_t c = 0; c < chains.size(); ++c) {
    out.chain_ids.push_back(std::string(1, static_cast<char>('A' + c)));
    for (size_t i = 0; i < chains[c].size(); ++i) {
      const int type = bio::restype_of(chains[c][i]);
      out.aatype.push_back(type);
      out.chain_index.push_back(static_cast<int>(c));
      out.residue_index.push_back(static_cast<int>(i));
      out.plddt.push_back(50);
      auto& mask = out.atom_mask.emplace_back();
      auto& position = out.atom_position.emplace_back();
      for (int a = 0; a < bio::kNumAtom37; ++a) {
        mask[a] = bio::kAtom37Mask[type][a];
        if (mask[a] == 0) continue;
        for (float& x : position[a]) x = static_cast<float>(rng.below(200'000)) / 1000 - 100;
      }
    }
  }
  return out;
}

std::string message_of(const std::string& text) {
  try {
    parse_structure(text, "f");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    return error.what();
  }
  return "";
}

void expect_same(const bio::Structure& read, const bio::Structure& written) {
  EXPECT_EQ(read.chain_ids, written.chain_ids);
  EXPECT_EQ(read.chain_index, written.chain_index);
  EXPECT_EQ(read.residue_index, written.residue_index);
  EXPECT_EQ(read.aatype, written.aatype);
  EXPECT_EQ(read.plddt, written.plddt);
  EXPECT_EQ(read.atom_mask, written.atom_mask);
  for (size_t i = 0; i < written.n_res(); ++i) {
    for (int a = 0; a < bio::kNumAtom37; ++a) {
      for (int axis = 0; axis < 3; ++axis) {
        ASSERT_NEAR(read.atom_position[i][a][axis], written.atom_position[i][a][axis], 1e-4);
      }
    }
  }
}

TEST(StructureReader, ReadsWhatWeWrite) {
  const bio::Structure written = made_structure({"ARNDCQEGHILKMFPSTWYV", "GGA", "ARNDCQEGHILKMFPSTWYV"});
  expect_same(to_structure(parse_structure(to_mmcif(written, {}), "x.cif")), written);
  expect_same(to_structure(parse_structure(to_pdb(written, {}), "x.pdb")), written);
}

TEST(StructureReader, ReadsGzip) {
  const base::TempFolder folder("structure-reader");
  const std::filesystem::path path = folder.path() / "1abc.cif.gz";
  const std::string text = to_mmcif(made_structure({"ACDEF"}), {});
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  gzclose(file);
  EXPECT_EQ(read_structure(path).chains.at(0).sequence(), "ACDEF");

  const std::string bytes = base::read_file(path);
  base::write_file_atomically(path, bytes.substr(0, bytes.size() / 2));
  EXPECT_THROW(read_structure(path), base::Error);
}

// A file with what makes PDB entries hard: chain names of two kinds, unobserved residues, alternate
// locations, a residue that is two at a time, selenium, insertion codes, a D-residue, zero occupancy,
// ligands, two models.
const char* kHardCif = R"(data_1ABC
#
_entry.id 1ABC
_struct.title
;A title; of two
lines
;
_exptl.method 'X-RAY DIFFRACTION'
_refine.ls_d_res_high 1.85
loop_
_pdbx_audit_revision_history.ordinal
_pdbx_audit_revision_history.revision_date
1 2001-05-06
2 2000-01-02
_entity_poly.entity_id 1
_entity_poly.type 'polypeptide(L)'
loop_
_entity_poly_seq.entity_id
_entity_poly_seq.num
_entity_poly_seq.mon_id
_entity_poly_seq.hetero
1 1 GLY n
1 2 MSE n
1 3 SER y
1 3 THR y
1 4 DAL n
1 5 ODD n
1 6 LYS n
_pdbx_struct_mod_residue.label_comp_id ODD
_pdbx_struct_mod_residue.parent_comp_id TRP
loop_
_pdbx_poly_seq_scheme.asym_id
_pdbx_poly_seq_scheme.seq_id
_pdbx_poly_seq_scheme.pdb_seq_num
_pdbx_poly_seq_scheme.pdb_ins_code
B 1 9 .
B 6 13 .
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_entity_id
_atom_site.label_seq_id
_atom_site.pdbx_PDB_ins_code
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
HETATM 1 N  . MSE B 1 2 ? 1 2 3 1.0 10 10 Q 1
HETATM 2 SE . MSE B 1 2 ? 4 5 6 1.0 10 10 Q 1
ATOM   3 CA A SER B 1 3 A 1 1 1 0.3 20 10 Q 1
ATOM   4 CA B THR B 1 3 A 2 2 2 0.7 21 10 Q 1
ATOM   5 CB B THR B 1 3 A 3 3 3 0.7 22 10 Q 1
HETATM 6 CA A DAL B 1 4 ? 4 4 4 0.5 30 11 Q 1
HETATM 7 CA B DAL B 1 4 ? 5 5 5 0.5 31 11 Q 1
HETATM 8 O  A DAL B 1 4 ? 6 6 6 0.0 32 11 Q 1
HETATM 9 O  B DAL B 1 4 ? 7 7 7 0.6 33 11 Q 1
HETATM 10 CA . ODD B 1 5 ? 8 8 8 0.0 34 12 Q 1
HETATM 11 ZN . ZN  C 2 . ? 9 9 9 1.0 35 99 Q 1
HETATM 12 O  . HOH D 3 . ? 9 9 9 1.0 35 100 Q 1
HETATM 13 O  . HOH D 3 . ? 9 9 9 1.0 35 101 Q 1
HETATM 14 N  . MSE B 1 2 ? 7 7 7 1.0 10 10 Q 2
)";

TEST(StructureReader, HardMmcif) {
  const Entry entry = parse_structure(kHardCif, "1abc.cif");
  EXPECT_EQ(entry.id, "1abc");
  EXPECT_EQ(entry.title, "A title; of two lines");
  EXPECT_EQ(entry.method, "X-RAY DIFFRACTION");
  EXPECT_NEAR(entry.resolution.value(), 1.85, 1e-6);
  EXPECT_EQ(entry.release_date, "2000-01-02");
  EXPECT_EQ(entry.n_other_residues, 3);
  ASSERT_EQ(entry.chains.size(), 1u);
  const EntryChain& chain = entry.chains[0];
  EXPECT_EQ(chain.author_id, "Q");
  EXPECT_EQ(chain.label_id, "B");
  EXPECT_EQ(find_chain(entry, "Q"), &chain);
  EXPECT_EQ(find_chain(entry, "B"), &chain);
  EXPECT_EQ(find_chain(entry, "A"), nullptr);
  EXPECT_EQ(chain.sequence(), "GMTAWK");  // of serine and threonine the more frequent one
  const auto& r = chain.residues;
  EXPECT_FALSE(r[0].observed);
  EXPECT_EQ(r[0].author_number, 9);
  EXPECT_FALSE(r[5].observed);
  EXPECT_EQ(r[5].author_number, 13);
  constexpr int kSd = 18;
  EXPECT_EQ(r[1].position[kSd], (std::array<float, 3>{4, 5, 6}));
  EXPECT_EQ(r[1].position[bio::kAtom37N], (std::array<float, 3>{1, 2, 3}));  // of the first model
  EXPECT_EQ(r[2].name, "THR");
  EXPECT_EQ(r[2].insertion_code, 'A');
  EXPECT_EQ(r[2].position[bio::kAtom37Ca][0], 2);
  EXPECT_EQ(r[2].b_factor, 21);
  EXPECT_EQ(r[3].position[bio::kAtom37Ca][0], 4);  // the first on a tie
  EXPECT_EQ(r[3].position[bio::kAtom37O][0], 7);   // the higher occupancy
  EXPECT_TRUE(r[4].observed);                      // occupancy zero counts

  const bio::Structure structure = to_structure(entry);
  EXPECT_EQ(structure.n_res(), 4u);
  EXPECT_EQ(structure.residue_index, (std::vector<int>{1, 2, 3, 4}));  // numbers do not ascend: 10, 10A, 11
}

TEST(StructureReader, FilesWithAtomsOnly) {
  const Entry entry = parse_structure(
      "# made by hand\ndata_x\nloop_\n_atom_site.auth_asym_id\n_atom_site.auth_seq_id\n"
      "_atom_site.auth_comp_id\n_atom_site.auth_atom_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n"
      "_atom_site.Cartn_z\nA 5 ALA CA 1 2 3\nA 7 GLY CA 4 5 6\nA 7 GLY N 4 5 6\nA 100 HOH O 0 0 0\n",
      "x");
  ASSERT_EQ(entry.chains.size(), 1u);
  EXPECT_EQ(entry.chains[0].sequence(), "AG");
  EXPECT_EQ(entry.chains[0].residues[1].author_number, 7);
  EXPECT_EQ(entry.n_other_residues, 1);
}

std::string atom_line(const char* record, int serial, const char* name, char alt, const char* residue,
                      char chain, int number, char code, double x, double occupancy) {
  return fmt::format("{:<6}{:5} {:<4}{}{:>3} {}{:4}{}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}\n", record,
                     serial, name, alt, residue, chain, number, code, x, x, x, occupancy, 10.0);
}

TEST(StructureReader, HardPdb) {
  std::string text =
      "HEADER    HYDROLASE                               01-JAN-90   2XYZ              \r\n"
      "TITLE     SOMETHING\nREVDAT   2   05-MAR-99 2XYZ    1\nREVDAT   1   15-OCT-91 2XYZ    0\n"
      "REMARK   2 RESOLUTION.    2.10 ANGSTROMS.\nEXPDTA    X-RAY DIFFRACTION\n"
      "SEQRES   1 A    7  ALA GLY GLY SER MSE LEU TRP\n";
  text += "MODEL        1\n";
  text += atom_line("ATOM", 1, " CA", ' ', "GLY", 'A', -1, ' ', 1, 1);
  text += atom_line("ATOM", 2, " CA", ' ', "SER", 'A', 1, ' ', 2, 1);
  text += atom_line("HETATM", 3, "SE", ' ', "MSE", 'A', 1, 'A', 3, 1);
  text += atom_line("ATOM", 4, " CA", 'A', "LEU", 'A', 2, ' ', 4, 0.4);
  text += atom_line("ATOM", 5, " CA", 'B', "LEU", 'A', 2, ' ', 5, 0.6);
  text += "TER       6      LEU A   2\n";
  text += atom_line("HETATM", 7, " CA", ' ', "GLY", 'A', 50, ' ', 6, 1);  // a ligand
  text += atom_line("HETATM", 8, " O", ' ', "HOH", 'A', 60, ' ', 6, 1);
  text += "ENDMDL\nMODEL        2\n";
  text += atom_line("ATOM", 1, " CA", ' ', "GLY", 'B', 1, ' ', 1, 1);
  const Entry entry = parse_structure(text, "x.pdb");
  EXPECT_EQ(entry.id, "2xyz");
  EXPECT_EQ(entry.release_date, "1991-10-15");
  EXPECT_NEAR(entry.resolution.value(), 2.1, 1e-6);
  EXPECT_EQ(entry.method, "X-RAY DIFFRACTION");
  EXPECT_EQ(entry.n_other_residues, 2);
  ASSERT_EQ(entry.chains.size(), 1u);
  const EntryChain& chain = entry.chains[0];
  EXPECT_EQ(chain.sequence(), "AGGSMLW");
  std::string seen;
  for (const EntryResidue& residue : chain.residues) seen += residue.observed ? 'x' : '-';
  EXPECT_EQ(seen, "-x-xxx-");  // -1 to 1 is a step of two
  EXPECT_EQ(chain.residues[5].position[bio::kAtom37Ca][0], 5);
}

TEST(StructureReader, PdbWithoutSeqresOrChainNames) {
  const Entry entry = parse_structure(atom_line("ATOM", 1, " CA", ' ', "HIE", ' ', 3, ' ', 1, 1) +
                                          atom_line("ATOM", 2, " CA", ' ', "CYX", ' ', 4, ' ', 1, 1),
                                      "x");
  ASSERT_EQ(entry.chains.size(), 1u);
  EXPECT_EQ(entry.chains[0].author_id, "A");
  EXPECT_EQ(entry.chains[0].sequence(), "HC");
}

TEST(StructureReader, OddNames) {
  // The end of a chain that was never there, and names that the writers would not take.
  EXPECT_EQ(
      parse_structure(
          "TER      10      GLY Z   3\n" + atom_line("ATOM", 1, " CA", ' ', "GLY", '*', 1, ' ', 1, 1), "x")
          .chains.at(0)
          .author_id,
      "*");
  const std::string head =
      "data_x\nloop_\n_atom_site.auth_asym_id\n_atom_site.label_asym_id\n_atom_site.auth_seq_id\n"
      "_atom_site.auth_comp_id\n_atom_site.auth_atom_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n"
      "_atom_site.Cartn_z\n";
  using Names = std::vector<std::string>;
  EXPECT_EQ(to_structure(parse_structure(head + "A AA 1 ALA CA 1 1 1\nA BB 1 ALA CA 1 1 1\n", "x")).chain_ids,
            (Names{"AA", "BB"}));
  EXPECT_EQ(
      to_structure(parse_structure(head + "A-2 A-2 1 ALA CA 1 1 1\nA A 1 ALA CA 1 1 1\n", "x")).chain_ids,
      (Names{"A", "B"}));
  EXPECT_EQ(find_component("\xBF\xBF\xBF").kind, ComponentKind::kUnknown);
  EXPECT_EQ(parse_structure(head + "A A 1 \xBF\xBF\xBF CA 1 1 1\nA A 2 ALA CA 1 1 1\n", "x").chains.size(),
            1);
  EXPECT_EQ(message_of(head + "A A 123456789012 ALA CA 1 1 1\n"),
            "f:11: '123456789012' is no residue number");
  EXPECT_EQ(message_of(head + "A A 2000000000 ALA CA 1 1 1\n"), "f:11: '2000000000' is no residue number");
}

TEST(StructureReader, ManyAtoms) {
  const bio::Structure large = made_structure(std::vector<std::string>(26, std::string(400, 'W')));
  const Entry entry = parse_structure(to_mmcif(large, {}), "large");
  EXPECT_EQ(to_structure(entry).n_res(), large.n_res());  // 145,600 atoms

  std::string hybrid = atom_line("ATOM", 1, " CA", ' ', "GLY", 'A', 9999, ' ', 1, 1);
  hybrid += atom_line("ATOM", 2, " CA", ' ', "GLY", 'A', 9999, ' ', 1, 1).replace(22, 4, "A000");
  EXPECT_EQ(parse_structure(hybrid, "x").chains[0].residues[1].author_number, 10'000);
}

TEST(StructureReader, ChainsOfXOnly) {
  const Entry entry = parse_structure(atom_line("ATOM", 1, " CA", ' ', "UNK", 'A', 1, ' ', 1, 1), "x");
  EXPECT_EQ(entry.chains.at(0).sequence(), "X");
  EXPECT_EQ(to_structure(entry).aatype, std::vector<int>{bio::kRestypeX});
}

TEST(StructureReader, SaysWhatIsWrong) {
  EXPECT_EQ(message_of(" \n"), "f: is empty (expected a structure)");
  EXPECT_EQ(message_of("hello\n"), "f: has no atoms (expected a PDB file with ATOM records, or mmCIF)");
  EXPECT_EQ(message_of("ATOM      1  CA  GLY A   1      1.0\n"),
            "f:1: an atom's line ends before its coordinates (expected 54 columns; is the file cut short?)");
  std::string line = atom_line("ATOM", 1, " CA", ' ', "GLY", 'A', 1, ' ', 1, 1);
  EXPECT_EQ(message_of("\n" + std::string(line).replace(30, 8, "     nan")),
            "f:2: 'nan' in columns 31-38 is no coordinate");
  EXPECT_EQ(message_of(std::string(line).replace(22, 4, "  x1")),
            "f:1: 'x1' in columns 23-26 is no residue number");
  EXPECT_EQ(message_of("data_x\n_a.b 1\n"), "f: has no atoms (expected _atom_site)");
  EXPECT_EQ(message_of("data_x\n_a.b 'x\n"),
            "f:2: a quoted value does not end (expected ' in the same line)");
  EXPECT_EQ(message_of("data_x\n_a.b\n;x\n"),
            "f:3: a text field does not end (expected a line that begins with ';')");
  EXPECT_EQ(message_of("data_x\nstray\n"), "f:2: the value 'stray' has no name (expected a tag or loop_)");
  EXPECT_EQ(message_of("data_x\nloop_\n_a.b\n_a.c\n1 2 3\n"),
            "f:6: the loop_ of line 2 ends within a row (expected 2 values in each; is the file cut short?)");
  const std::string hard = kHardCif;
  EXPECT_NE(message_of(hard.substr(0, hard.size() - 20)).find("cut short"), std::string::npos);
  std::string wrong = hard;
  EXPECT_EQ(message_of(wrong.replace(wrong.find("? 8 8 8"), 7, "? 8 ? 8")), "f:65: '' is no coordinate");
  wrong = hard;
  EXPECT_EQ(message_of(wrong.replace(wrong.find("B 1 5 ?"), 7, "B 1 7 ?")),
            "f: chain Q: an atom of residue 7 is none of the sequence's 6 residues");
  wrong = hard;
  EXPECT_EQ(message_of(wrong.replace(wrong.find("1 4 DAL n"), 9, "1 9 DAL n")),
            "f:26: '9' in _entity_poly_seq.num (expected 1, 2, 3, ...)");
}

}  // namespace
}  // namespace foldmesh::structio
