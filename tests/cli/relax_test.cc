// `foldmesh relax` as its users meet it.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/structio/structure_reader.h"
#include "tests/cli/run_program.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::tests {
namespace {

class RelaxCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!relax::has_openmm()) GTEST_SKIP() << "built without OpenMM";
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  // Two chains with numbers of their own, the first one broken.
  bio::Structure broken() const {
    bio::Structure first = relax::ideal_peptide("MKTAYIAKQRHE");
    relax::move_from(first, 6, {0, 0.5, 1.2});
    bio::Structure both = relax::join(first, relax::ideal_peptide("GSWC", {.shift = {30, 0, 0}}));
    for (size_t i = 0; i < both.n_res(); ++i) {
      both.residue_index[i] += 100;
      both.plddt[i] = 50 + static_cast<float>(i);
    }
    both.chain_ids = {"H", "x"};
    return both;
  }

  base::TempFolder folder_{"relax_command"};
};

TEST_F(RelaxCommand, MendsAChainAndKeepsNames) {
  structio::write_pdb(broken(), {}, path("in.pdb"));
  std::string text = base::read_file(path("in.pdb"));
  text.insert(text.find("ENDMDL"),
              "HETATM  900  O   HOH A 900      50.000  50.000  50.000  1.00 10.00           O\n");
  base::write_file_atomically(path("in.pdb"), text);
  const RunResult run = run_program({"relax", path("in.pdb"), "-o", path("out.pdb"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("1 residues of ligands"), std::string::npos) << run.err;
  const auto facts = nlohmann::json::parse(run.out);
  EXPECT_GT(facts.at("violations_before").get<double>(), 1);
  EXPECT_EQ(facts.at("remaining_violations_count"), 0);
  EXPECT_EQ(facts.at("remaining_violations").size(), 16);
  EXPECT_EQ(facts.at("rounds").back().at("ended"), "converged");

  const bio::Structure out = structio::to_structure(structio::read_structure(path("out.pdb")));
  const bio::Structure in = broken();
  EXPECT_EQ(out.chain_ids, in.chain_ids);
  EXPECT_EQ(out.residue_index, in.residue_index);
  EXPECT_EQ(out.aatype, in.aatype);
  EXPECT_EQ(out.plddt, in.plddt);
  EXPECT_NE(base::read_file(path("out.pdb")).find(" HD11 ILE H 106 "), std::string::npos);
}

TEST_F(RelaxCommand, MmcifInAndOutGivesTheSameAtoms) {
  structio::write_mmcif(broken(), {}, path("in.cif"));
  structio::write_pdb(broken(), {}, path("in.pdb"));
  for (const char* kind : {"pdb", "cif"}) {
    const RunResult run =
        run_program({"relax", path(std::string("in.") + kind), "-o", path(std::string("out.") + kind)});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.out.find("residues with violations before, 0 after"), std::string::npos) << run.out;
  }
  const auto read = [&](const char* name) {
    return structio::to_structure(structio::read_structure(path(name)));
  };
  EXPECT_EQ(read("out.pdb").atom_position, read("out.cif").atom_position);
}

// What it writes is no prediction, but a label stays.
TEST_F(RelaxCommand, SaysWhatTheResultIs) {
  structio::write_mmcif(relax::ideal_peptide("AAA"), {}, path("in.cif"));
  structio::write_pdb(relax::ideal_peptide("AAA"), {.untrained = true}, path("made_up.pdb"));
  ASSERT_EQ(run_program({"relax", path("in.cif"), "-o", path("out.cif")}).exit_code, 0);
  EXPECT_EQ(base::read_file(path("out.cif")).find("_ma_"), std::string::npos);
  EXPECT_EQ(base::read_file(path("out.cif")).find("UNTRAINED"), std::string::npos);
  for (const char* out : {"out.pdb", "made_up.cif"}) {
    ASSERT_EQ(run_program({"relax", path("made_up.pdb"), "-o", path(out)}).exit_code, 0);
    EXPECT_NE(base::read_file(path(out)).find("UNTRAINED"), std::string::npos);
  }
}

TEST_F(RelaxCommand, RefusesInOneLine) {
  structio::write_pdb(relax::ideal_peptide("AA"), {}, path("in.pdb"));
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& words) {
    const RunResult run = run_program(arguments);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_NE(run.err.find(words), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_FALSE(std::filesystem::exists(path("out.pdb")));
  };
  refused({"relax", path("none.pdb"), "-o", path("out.pdb")}, "none.pdb");
  refused({"relax", path("in.pdb"), "-o", path("out.txt")}, "expected .pdb or .cif");
  refused({"relax", path("in.pdb"), "-o", path("out.pdb"), "--relax-platform", "Abacus"}, "Reference");
  base::write_file_atomically(path("q.a3m"), ">q\nMKV\n");
  refused({"fold", path("q.a3m"), "-o", path("out.pdb"), "--params-dir", path("none"), "--relax-platform",
           "Abacus"},
          "Reference");
  bio::Structure two_letters = relax::ideal_peptide("AA");
  two_letters.chain_ids = {"AB"};
  structio::write_mmcif(two_letters, {}, path("in.cif"));
  refused({"relax", path("in.cif"), "-o", path("out.pdb")}, "expected an output that ends in .cif");
  structio::write_pdb(relax::ideal_peptide("A"), {}, path("in.pdb"));
  refused({"relax", path("in.pdb"), "-o", path("out.pdb")}, "no chain has two neighbouring residues");
}

}  // namespace
}  // namespace foldmesh::tests
