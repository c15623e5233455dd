// Parameters against OpenMM's own assembly in Python, live: the energy of each term of the potential.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/structio/structure_file.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::relax {
namespace {

struct Case {
  std::string name;
  bio::Structure structure;
};

// A helix whose residues `a` and `b`, both cysteines, are bridged.
bio::Structure bridged() {
  bio::Structure structure = join(ideal_peptide("AGCAA"), ideal_peptide("GACGA", {.shift = {0, 0, 30}}));
  const auto sg = [&](size_t i) { return structure.atom_position[i][10]; };
  std::array<double, 3> shift{};
  for (size_t k = 0; k < 3; ++k) shift[k] = static_cast<double>(sg(2)[k] - sg(7)[k]) + (k == 0 ? 2.05 : 0);
  move_from(structure, 5, shift);
  return structure;
}

std::vector<Case> cases() {
  std::vector<Case> out;
  out.push_back({"twenty_helix", ideal_peptide(kAllTwenty)});
  out.push_back({"twenty_strand", ideal_peptide("WYVTSRQPNMLKIHGFEDCA", {.phi = -120, .psi = 130})});
  out.push_back({"bridge", bridged()});
  out.push_back({"two_chains", join(ideal_peptide("MKRHE"), ideal_peptide("PWDHC", {.shift = {25, 3, 1}}))});
  out.push_back({"ends_proline", ideal_peptide("PGGP")});
  out.push_back({"histidines", ideal_peptide("HSHTHEHDH")});
  out.push_back({"epsilon_histidine", epsilon_histidine()});
  out.push_back({"dipeptide", ideal_peptide("RK")});
  // All residues at both ends of chains.
  bio::Structure ends = ideal_peptide("AA");
  int k = 0;
  for (const char letter : kAllTwenty) {
    const std::string pair = {letter, letter};
    ends = join(ends, ideal_peptide(pair, {.shift = {20.0 * ++k, 0, 0}}));
  }
  out.push_back({"all_ends", ends});
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    bio::Structure shaken =
        ideal_peptide(random_sequence(25, seed), {.phi = -60 - 10.0 * static_cast<double>(seed), .psi = 140});
    shake(shaken, 0.15, seed);
    out.push_back({"shaken_" + std::to_string(seed), shaken});
  }
  return out;
}

using EnergyTable = std::map<std::string, std::vector<double>>;

// Empty when OpenMM's Python package is not there.
EnergyTable python_energies(const std::filesystem::path& folder) {
  const std::filesystem::path table = folder / "energies.txt";
  const std::string command = "/usr/bin/python3 " FOLDMESH_TESTS_DIR "/relax/openmm_energies.py '" +
                              folder.string() + "' > '" + table.string() + "'";
  const int status = std::system(command.c_str());
  EnergyTable out;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return out;
  EXPECT_EQ(status, 0) << command;
  std::istringstream lines(base::read_file(table));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (double value = 0; words >> value;) out[name].push_back(value);
  }
  return out;
}

TEST(Amber99sb, EnergiesPerTermAreThoseOfOpenMmsPython) {
  if (!has_openmm()) GTEST_SKIP() << "built without OpenMM";
  const base::TempFolder folder("foldmesh_energies");
  EnergyTable ours;
  for (const Case& c : cases()) {
    const Prepared prepared = prepare(c.structure, amber99sb());
    const Terms terms = assign_parameters(prepared.molecule);
    std::vector<Vec3> positions;
    std::string xyz;
    for (const Atom& atom : prepared.molecule.atoms) {
      positions.push_back(atom.position);
      for (const double x : atom.position) xyz += fmt::format("{:.17g} ", x * 0.1);
      xyz += '\n';
    }
    Engine engine(terms, positions, {}, 0, {.platform = "Reference"});
    const Energies e = engine.energies(positions);
    ours[c.name] = {e.bonds, e.angles, e.torsions, e.nonbonded,
                    static_cast<double>(terms.constraints.size())};
    structio::write_pdb(to_structure(prepared, c.structure), {}, folder.path() / (c.name + ".pdb"));
    base::write_file_atomically(folder.path() / (c.name + ".xyz"), xyz);
  }
  ASSERT_GE(ours.size(), 10);
  const EnergyTable theirs = python_energies(folder.path());
  if (theirs.empty()) GTEST_SKIP() << "python3-simtk is not installed";
  ASSERT_EQ(theirs.size(), ours.size());
  double largest = 0;
  for (const auto& [name, expected] : theirs) {
    ASSERT_EQ(expected.size(), 5);
    for (size_t term = 0; term < 4; ++term) {
      const double relative = std::abs(ours[name][term] - expected[term]) / std::abs(expected[term]);
      EXPECT_LE(relative, 1e-4) << name << " term " << term << ": " << ours[name][term] << ", not "
                                << expected[term];
      largest = std::max(largest, relative);
    }
    EXPECT_EQ(ours[name][4], expected[4]) << name;
  }
  std::printf("%zu structures, largest relative deviation of a term %.2g\n", ours.size(), largest);
}

}  // namespace
}  // namespace foldmesh::relax
