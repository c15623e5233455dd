// Preparation and relaxation of structures with known faults.
#include "foldmesh/relax/relax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/attempts.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/relax/separate.h"
#include "foldmesh/relax/violations.h"
#include "foldmesh/structio/structure_file.h"
#include "tests/relax/ideal_peptide.h"

namespace foldmesh::relax {
namespace {

constexpr int kSlotSg = 10;

Vec3 at(const bio::Structure& s, size_t i, int slot) {
  const auto& p = s.atom_position[i][static_cast<size_t>(slot)];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

std::map<std::string, int> forms(const Prepared& prepared) {
  std::map<std::string, int> out;
  for (const Residue& residue : prepared.molecule.residues) ++out[residue.form->name];
  return out;
}

size_t slot_of(std::string_view name) {
  return static_cast<size_t>(std::find(bio::kAtom37Names, bio::kAtom37Names + bio::kNumAtom37, name) -
                             bio::kAtom37Names);
}

bool has_note(const Prepared& prepared, std::string_view words) {
  return std::any_of(prepared.notes.begin(), prepared.notes.end(),
                     [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

TEST(Prepare, GivenAtomsStayAndEveryResidueIsComplete) {
  bio::Structure peptide = ideal_peptide(kAllTwenty);
  shake(peptide, 0.1, 1);
  const Prepared prepared = prepare(peptide, amber99sb());
  EXPECT_EQ(prepared.n_placed, 0);
  size_t n_given = 0;
  for (const Atom& atom : prepared.molecule.atoms) {
    const std::string& name = prepared.molecule.form_atom(atom).name;
    if (atom.is_hydrogen || name == "OXT") continue;
    ASSERT_TRUE(atom.given);
    ++n_given;
    const size_t source = prepared.molecule.residues[atom.residue].source;
    EXPECT_EQ(atom.position, at(peptide, source, static_cast<int>(slot_of(name)))) << name;
  }
  size_t n_atoms = 0;
  for (const auto& mask : peptide.atom_mask)
    n_atoms += static_cast<size_t>(std::count(mask.begin(), mask.end(), 1));
  EXPECT_EQ(n_given, n_atoms);
  for (const Residue& residue : prepared.molecule.residues) {
    EXPECT_EQ(residue.n_atoms, residue.form->atoms.size());
  }
}

// Hydrogens stand at bond length from their atom and not on top of others.
TEST(Prepare, HydrogensHaveRoom) {
  const Prepared prepared = prepare(ideal_peptide(kAllTwenty), amber99sb());
  const auto& atoms = prepared.molecule.atoms;
  for (const auto& [a, b] : prepared.molecule.bonds) {
    const double length = distance(atoms[a].position, atoms[b].position);
    EXPECT_GT(length, 0.9);
    EXPECT_LT(length, atoms[a].is_hydrogen || atoms[b].is_hydrogen ? 1.4 : 1.9);
  }
  for (size_t a = 0; a < atoms.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      if (atoms[a].is_hydrogen || atoms[b].is_hydrogen) {
        EXPECT_GT(distance(atoms[a].position, atoms[b].position), 0.9)
            << prepared.molecule.form_atom(atoms[a]).name << prepared.molecule.form_atom(atoms[b]).name;
      }
    }
  }
}

// Any one atom of any residue can be missing; side chains and O come back near their place, as their torsion
// is known from the atoms beyond, or in a position without clashes.
TEST(Prepare, PlacesMissingAtoms) {
  const bio::Structure whole = ideal_peptide(kAllTwenty, {.phi = -120, .psi = 130});
  for (size_t i = 0; i < whole.n_res(); ++i) {
    for (size_t slot = 0; slot < bio::kNumAtom37; ++slot) {
      if (whole.atom_mask[i][slot] == 0) continue;
      const bool glycine = whole.aatype[i] == bio::kRestypeGly;  // has no fourth atom to tell the third from
      if (glycine && slot <= bio::kAtom37C) continue;
      bio::Structure part = whole;
      part.atom_mask[i][slot] = 0;
      const Prepared prepared = prepare(part, amber99sb());
      EXPECT_EQ(prepared.n_placed, 1);
      const bio::Structure back = to_structure(prepared, part);
      if (slot <= bio::kAtom37O) {
        EXPECT_LT(distance(at(whole, i, static_cast<int>(slot)), at(back, i, static_cast<int>(slot))), 0.3)
            << bio::kAtom37Names[slot] << ' ' << i;
      }
    }
  }
}

TEST(Prepare, BackboneAloneIsEnough) {
  bio::Structure trace = ideal_peptide(random_sequence(30, 5), {.phi = -120, .psi = 130});
  for (size_t i = 0; i < trace.n_res(); ++i) {
    for (size_t slot = bio::kAtom37Cb; slot < bio::kNumAtom37; ++slot) trace.atom_mask[i][slot] = 0;
  }
  const Prepared prepared = prepare(trace, amber99sb());
  EXPECT_GT(prepared.n_placed, 100);
  const Violations v = find_violations(violation_input(to_structure(prepared, trace)));
  EXPECT_EQ(v.within, 0);
}

TEST(Prepare, FormsFollowTerminusAndBridges) {
  bio::Structure two = join(ideal_peptide("CAC"), ideal_peptide("ACA", {.shift = {40, 0, 0}}));
  EXPECT_EQ(forms(prepare(two, amber99sb())),
            (std::map<std::string, int>{
                {"NCYS", 1}, {"ALA", 1}, {"CCYS", 1}, {"NALA", 1}, {"CYS", 1}, {"CALA", 1}}));
  // The middle cysteine of the second chain next to the first one's.
  std::array<double, 3> shift{};
  for (size_t k = 0; k < 3; ++k)
    shift[k] = at(two, 0, kSlotSg)[k] - at(two, 4, kSlotSg)[k] + (k == 2 ? 2.05 : 0);
  move_from(two, 3, shift);
  const Prepared bridged = prepare(two, amber99sb());
  EXPECT_EQ(forms(bridged)["NCYX"], 1);
  EXPECT_EQ(forms(bridged)["CYX"], 1);
  EXPECT_TRUE(has_note(bridged, "disulphide bond between CYS 1 of chain A and CYS 2 of chain B"));
}

// Delta, unless an acceptor waits at epsilon alone.
TEST(Prepare, HistidineGivesItsHydrogenToTheAcceptor) {
  EXPECT_EQ(forms(prepare(ideal_peptide("AHA"), amber99sb()))["HID"], 1);
  EXPECT_EQ(forms(prepare(epsilon_histidine(), amber99sb()))["HIE"], 1);
}

TEST(Prepare, GapsEndSegments) {
  bio::Structure chain = ideal_peptide("AAAAAA");
  for (size_t i = 3; i < 6; ++i) chain.residue_index[i] += 10;
  EXPECT_EQ(forms(prepare(chain, amber99sb()))["ALA"], 4) << "numbers jump, but the atoms are bonded";
  move_from(chain, 3, {5, 0, 0});
  const Prepared prepared = prepare(chain, amber99sb());
  EXPECT_EQ(forms(prepared)["NALA"], 2);
  EXPECT_TRUE(has_note(prepared, "gap in the chain between ALA 3 of chain A and ALA 14 of chain A"));
  const bio::Structure out = to_structure(prepared, chain);
  EXPECT_EQ(out.atom_mask[2][36], 0) << "no OXT at a gap";
  EXPECT_EQ(out.atom_mask[5][36], 1);
}

TEST(Prepare, LonelyAndEmptyResidues) {
  bio::Structure mixed = join(ideal_peptide("A"), ideal_peptide("AXAAGA", {.shift = {20, 0, 0}}));
  mixed.atom_mask[5] = {};
  mixed.atom_mask[5][bio::kAtom37Ca] = 1;
  const Prepared prepared = prepare(mixed, amber99sb());
  EXPECT_EQ(prepared.dropped, (std::vector<size_t>{0}));
  EXPECT_TRUE(has_note(prepared, "ALA 1 of chain A is a chain of its own: removed"));
  EXPECT_TRUE(has_note(prepared, "GLY 5 of chain B has fewer than three"));
  EXPECT_TRUE(has_note(prepared, "ALA 6 of chain B stands alone"));
  EXPECT_EQ(prepared.molecule.residues.size(), 2);
  const bio::Structure out = to_structure(prepared, mixed);
  EXPECT_EQ(out.n_res(), 6);
  EXPECT_EQ(out.atom_mask[4][bio::kAtom37Ca], 1) << "what cannot be relaxed stays";
}

TEST(Prepare, RefusesWhatMeansNothing) {
  bio::Structure chain = ideal_peptide("AAA");
  chain.atom_position[1][0][2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(prepare(chain, amber99sb()), base::Error);
  chain.atom_position[1][0][2] = 1e9f;
  EXPECT_THROW(prepare(chain, amber99sb()), base::Error);
  bio::Structure empty = ideal_peptide("XX");
  empty.atom_mask = {};
  empty.atom_mask.resize(2);
  EXPECT_THROW(prepare(empty, amber99sb()), base::Error);
}

TEST(Separate, NoTwoAtomsShareAPlace) {
  std::vector<Vec3> positions(50, Vec3{1, 2, 3});
  positions.push_back({8, 8, 8});
  EXPECT_EQ(separate_atoms(positions), 49);
  for (size_t a = 0; a < positions.size(); ++a) {
    for (size_t b = 0; b < a; ++b) EXPECT_GE(distance(positions[a], positions[b]), kClosest);
  }
  EXPECT_EQ(positions.front(), (Vec3{1, 2, 3}));
  EXPECT_EQ(positions.back(), (Vec3{8, 8, 8}));
  EXPECT_EQ(separate_atoms(positions), 0);
}

class Relaxation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_openmm()) GTEST_SKIP() << "built without OpenMM";
  }
};

// A chain broken by 1.5 Å, clashing and shaken.
bio::Structure faulty() {
  bio::Structure chain = ideal_peptide("ACDEFGHIKLMNQRSTVWYA");
  shake(chain, 0.2, 3);
  move_from(chain, 10, {0, 0.5, 1.5});
  return chain;
}

TEST_F(Relaxation, MendsWhatIsBroken) {
  const bio::Structure chain = faulty();
  const Relaxed relaxed = relax(chain, {});
  double before = 0;
  for (const double x : relaxed.violations_before) before += x;
  EXPECT_GT(before, 3);
  EXPECT_EQ(relaxed.n_violations(), 0);
  EXPECT_LT(relaxed.rounds.back().energy_after, relaxed.rounds.front().energy_before);
  EXPECT_EQ(relaxed.rounds.back().stop, Stop::kConverged);
  EXPECT_LT(relaxed.rmsd, 0.6);
  EXPECT_EQ(relaxed.structure.plddt, chain.plddt);
  EXPECT_EQ(relaxed.structure.atom_mask.back()[36], 1);
  for (const auto& hydrogens : relaxed.structure.hydrogens) EXPECT_FALSE(hydrogens.empty());
}

TEST_F(Relaxation, TheSameBytesEachTime) {
  const auto text = [] { return structio::to_pdb(relax(faulty(), {}).structure, {}); };
  const std::string once = text();
  EXPECT_EQ(text(), once);
  EXPECT_NE(once.find(" HB2 "), std::string::npos);
}

// Bonds to hydrogen are constrained to the force field's length.
TEST_F(Relaxation, ConstraintsHold) {
  const Relaxed relaxed = relax(faulty(), {});
  const bio::Structure& s = relaxed.structure;
  for (size_t i = 1; i < s.n_res(); ++i) {
    for (const bio::Hydrogen& h : s.hydrogens[i]) {
      if (h.name != "H") continue;
      const Vec3 p = {static_cast<double>(h.position[0]), static_cast<double>(h.position[1]),
                      static_cast<double>(h.position[2])};
      EXPECT_NEAR(distance(p, at(s, i, bio::kAtom37N)), 1.01, 2e-3);
    }
  }
}

// The cutoff that the CPU platform gets is longer than the molecule: same energies as without.
TEST_F(Relaxation, PlatformsAgree) {
  const auto platforms = list_platforms();
  if (std::find(platforms.begin(), platforms.end(), "CPU") == platforms.end()) {
    GTEST_SKIP() << "OpenMM's CPU platform is not installed (libopenmm-plugins)";
  }
  const Prepared prepared = prepare(ideal_peptide(random_sequence(20, 2)), amber99sb());
  const Terms terms = assign_parameters(prepared.molecule);
  std::vector<Vec3> positions;
  for (const Atom& atom : prepared.molecule.atoms) positions.push_back(atom.position);
  const auto energies = [&](const char* platform) {
    return Engine(terms, positions, {{3, {0, 0, 0}}}, 100, {.platform = platform}).energies(positions);
  };
  const Energies reference = energies("Reference"), cpu = energies("CPU");
  const auto near = [](double a, double b) { EXPECT_NEAR(a, b, 1e-4 * std::abs(b) + 1e-2); };
  near(cpu.bonds, reference.bonds);
  near(cpu.angles, reference.angles);
  near(cpu.torsions, reference.torsions);
  near(cpu.nonbonded, reference.nonbonded);
  near(cpu.restraints, reference.restraints);
  EXPECT_GT(reference.restraints, 0);
}

TEST_F(Relaxation, BoundsKeepTheBestSoFar) {
  const Relaxed few = relax(faulty(), {.max_iterations = 5});
  EXPECT_EQ(few.rounds.back().stop, Stop::kIterations);
  EXPECT_LT(few.rounds.front().energy_after, few.rounds.front().energy_before);
  EXPECT_LE(few.rounds.size(), 3);
}

// Blocks of iterations end at the minimum, too; when the clock strikes, what the first one reached is kept.
TEST_F(Relaxation, BlocksEndAtTheMinimumUnlessTimeIsUp) {
  const Prepared prepared = prepare(faulty(), amber99sb());
  std::vector<Vec3> start;
  std::vector<Restraint> restraints;
  for (size_t a = 0; a < prepared.molecule.atoms.size(); ++a) {
    start.push_back(prepared.molecule.atoms[a].position);
    if (!prepared.molecule.atoms[a].is_hydrogen) restraints.push_back({a, start.back()});
  }
  const auto minimise = [&](const MinimiseOptions& how, std::vector<Vec3>& positions) {
    positions = start;
    Engine engine(assign_parameters(prepared.molecule), start, restraints, 4184, {.platform = "Reference"});
    const Minimised done = engine.minimise(positions, how);
    EXPECT_NEAR(engine.energies(positions).total(), done.after.total(), 1e-6 * std::abs(done.after.total()));
    return done;
  };
  std::vector<Vec3> positions;
  const Minimised whole = minimise({}, positions), blocks = minimise({.block = 40}, positions);
  EXPECT_EQ(whole.stop, Stop::kConverged);
  EXPECT_EQ(blocks.stop, Stop::kConverged);
  EXPECT_GT(blocks.n_evaluations, 80);
  EXPECT_NEAR(blocks.after.total(), whole.after.total(), 5);
  const Minimised cut = minimise({.max_seconds = 1e-9, .block = 10}, positions);
  EXPECT_EQ(cut.stop, Stop::kSeconds);
  EXPECT_LT(cut.after.total(), cut.before.total());
  EXPECT_GT(cut.after.total(), whole.after.total());
}

TEST_F(Relaxation, AtomsOnTopOfEachOther) {
  bio::Structure chain = ideal_peptide("AKAAAA");
  chain.atom_position[3] = chain.atom_position[1];
  const Relaxed relaxed = relax(chain, {.max_iterations = 200});
  EXPECT_TRUE(std::isfinite(relaxed.rounds.back().energy_after));
  for (const auto& residue : relaxed.structure.atom_position) {
    for (const auto& p : residue) {
      for (const float x : p) EXPECT_TRUE(std::isfinite(x));
    }
  }
}

TEST_F(Relaxation, NamesThePlatformsThatThereAre) {
  try {
    relax(ideal_peptide("AA"), {.engine = {.platform = "Abacus"}});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    EXPECT_NE(std::string(error.what()).find("Reference"), std::string::npos);
  }
}

TEST(Amber99sb, RefusesDamagedText) {
  EXPECT_THROW(parse_force_field("bond C X 1 2\n", "f"), base::Error);
  EXPECT_THROW(parse_force_field("class C C 12 x 1\n", "f"), base::Error);
  EXPECT_THROW(parse_force_field("atom N N 1\n", "f"), base::Error);
  EXPECT_GT(amber99sb().forms.size(), 60);
}

struct Outcome {
  Stop stop = Stop::kConverged;
  int attempts = 0;
};

// Platforms that fail in ways that real ones do: what is tried next, and what is told.
TEST(Attempts, EachDiffersFromTheOneBeforeExceptOnGpus) {
  std::vector<std::string> tried, notes;
  std::string used;
  // `better`: what "auto" gets; those in `broken` throw, those in `wild` diverge.
  const auto outcome = [&](const std::string& asked, const std::string& better,
                           const std::vector<std::string>& broken, const std::vector<std::string>& wild) {
    tried.clear();
    notes.clear();
    used.clear();
    const auto has = [](const std::vector<std::string>& names, const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    return run_with_attempts(
        asked,
        [&](const std::string& platform, std::string& got) {
          got = platform == "auto" ? better : platform;
          tried.push_back(got);
          if (has(broken, got)) base::throw_machine("no");
          return Outcome{has(wild, got) ? Stop::kDiverged : Stop::kConverged};
        },
        used, notes);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(outcome("auto", "CPU", {}, {}).attempts, 1);
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(outcome("auto", "CUDA", {"CUDA"}, {}).attempts, 2);
  EXPECT_EQ(tried, (Names{"CUDA", "CPU"}));
  EXPECT_EQ(notes, (Names{"attempt 1 on CUDA failed (no)"}));
  EXPECT_EQ(outcome("auto", "CPU", {}, {"CPU"}).attempts, 2);
  EXPECT_EQ(tried, (Names{"CPU", "Reference"}));
  EXPECT_EQ(outcome("auto", "CUDA", {"CUDA"}, {"CPU", "Reference"}).stop, Stop::kDiverged);
  EXPECT_EQ(tried, (Names{"CUDA", "CPU", "Reference"}));
  EXPECT_THROW(outcome("auto", "CPU", {"CPU", "Reference"}, {}), base::Error);
  EXPECT_THROW(outcome("auto", "Reference", {"Reference"}, {}), base::Error);
  EXPECT_EQ(tried, (Names{"Reference"}));
  EXPECT_THROW(outcome("CPU", "", {"CPU"}, {}), base::Error);
  EXPECT_EQ(tried, (Names{"CPU"}));
  EXPECT_THROW(outcome("CUDA", "", {"CUDA"}, {}), base::Error);
  EXPECT_EQ(tried, (Names{"CUDA", "CUDA", "CUDA"}));
  EXPECT_EQ(used, "CUDA");
}

}  // namespace
}  // namespace foldmesh::relax
