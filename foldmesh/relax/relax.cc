#include "foldmesh/relax/relax.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/attempts.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/relax/separate.h"
#include "foldmesh/relax/violations.h"

namespace foldmesh::relax {
namespace {

constexpr double kKcal = 4.184;  // kJ
constexpr double kNmPerAngstrom = 0.1;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<Vec3> positions_of(const Molecule& molecule) {
  std::vector<Vec3> out;
  for (const Atom& atom : molecule.atoms) out.push_back(atom.position);
  return out;
}

// On the heavy atoms of all residues that are not free.
std::vector<Restraint> restraints_of(const Molecule& molecule, const std::vector<bool>& is_free) {
  std::vector<Restraint> out;
  for (size_t a = 0; a < molecule.atoms.size(); ++a) {
    const Atom& atom = molecule.atoms[a];
    if (!atom.is_hydrogen && !is_free[molecule.residues[atom.residue].source])
      out.push_back({a, atom.position});
  }
  return out;
}

// One minimisation; the molecule's atoms move.
Round run_round(Molecule& molecule, const std::vector<bool>& is_free, double seconds_left,
                const Options& options, std::string& platform) {
  const auto start = Clock::now();
  std::vector<Vec3> positions = positions_of(molecule);
  separate_atoms(positions);
  Engine engine(assign_parameters(molecule), positions, restraints_of(molecule, is_free),
                options.stiffness * kKcal / (kNmPerAngstrom * kNmPerAngstrom), options.engine);
  platform = engine.platform();
  MinimiseOptions how;
  how.tolerance = options.tolerance * kKcal;
  how.max_iterations = options.max_iterations;
  how.max_seconds = seconds_left;
  const Minimised done = engine.minimise(positions, how);
  for (size_t a = 0; a < positions.size(); ++a) molecule.atoms[a].position = positions[a];
  Round round;
  round.energy_before = done.before.total() / kKcal;
  round.energy_after = done.after.total() / kKcal;
  round.n_evaluations = done.n_evaluations;
  round.stop = done.stop;
  round.n_free = static_cast<size_t>(std::count(is_free.begin(), is_free.end(), true));
  round.seconds = seconds_since(start);
  return round;
}

// The molecule's atoms move where the last attempt has put them; each starts from where they are.
Round run_round_somewhere(Molecule& molecule, const std::vector<bool>& is_free, double seconds_left,
                          const Options& options, Relaxed& out) {
  Molecule result;
  const auto run = [&](const std::string& platform, std::string& used) {
    result = molecule;
    Options how = options;
    how.engine.platform = platform;
    return run_round(result, is_free, seconds_left, how, used);
  };
  const Round round = run_with_attempts(options.engine.platform, run, out.platform, out.notes);
  molecule = std::move(result);
  return round;
}

// Residues of `from` that stand in `to`, in order: all but those removed.
std::vector<size_t> kept_residues(const bio::Structure& from, const Prepared& prepared) {
  std::vector<size_t> kept(from.n_res());
  std::iota(kept.begin(), kept.end(), size_t{0});
  std::erase_if(kept, [&](size_t i) {
    return std::find(prepared.dropped.begin(), prepared.dropped.end(), i) != prepared.dropped.end();
  });
  return kept;
}

double rmsd(const bio::Structure& before, const bio::Structure& after) {
  double sum = 0, n = 0;
  for (size_t i = 0; i < after.n_res(); ++i) {
    for (size_t a = 0; a < bio::kNumAtom37; ++a) {
      if (before.atom_mask[i][a] == 0 || after.atom_mask[i][a] == 0) continue;
      for (size_t k = 0; k < 3; ++k) {
        const double d = static_cast<double>(before.atom_position[i][a][k] - after.atom_position[i][a][k]);
        sum += d * d;
      }
      ++n;
    }
  }
  return n > 0 ? std::sqrt(sum / n) : 0;
}

bio::Structure subset(const bio::Structure& structure, const std::vector<size_t>& residues) {
  bio::Structure out;
  out.chain_ids = structure.chain_ids;
  for (const size_t i : residues) {
    out.aatype.push_back(structure.aatype[i]);
    out.atom_position.push_back(structure.atom_position[i]);
    out.atom_mask.push_back(structure.atom_mask[i]);
    out.residue_index.push_back(structure.residue_index[i]);
    out.chain_index.push_back(structure.chain_index[i]);
    out.plddt.push_back(structure.plddt[i]);
  }
  return out;
}

}  // namespace

double Relaxed::n_violations() const { return std::accumulate(violations.begin(), violations.end(), 0.0); }

Relaxed relax(const bio::Structure& structure, const Options& options) {
  if (!has_openmm()) base::throw_machine("{}", kNoOpenMm);
  const auto start = Clock::now();
  Relaxed out;
  Prepared prepared = prepare(structure, amber99sb());
  out.notes = prepared.notes;
  const bio::Structure given = subset(structure, kept_residues(structure, prepared));
  out.violations_before = find_violations(violation_input(given)).per_residue;
  out.structure = given;
  std::vector<bool> is_free(given.n_res());
  for (int k = 0; k < std::max(options.max_rounds, 1); ++k) {
    // Hydrogens are placed anew for each round, as the original does.
    if (k > 0) prepared = prepare(out.structure, amber99sb());
    double seconds_left = 0;
    if (options.max_seconds > 0) seconds_left = std::max(options.max_seconds - seconds_since(start), 1e-3);
    Round round = run_round_somewhere(prepared.molecule, is_free, seconds_left, options, out);
    out.structure = to_structure(prepared, k == 0 ? structure : out.structure);
    out.violations = find_violations(violation_input(out.structure)).per_residue;
    round.violations = out.n_violations();
    out.rounds.push_back(round);
    for (size_t i = 0; i < is_free.size(); ++i) is_free[i] = is_free[i] || out.violations[i] > 0;
    const bool is_over = round.stop == Stop::kSeconds || round.stop == Stop::kDiverged;
    if (round.violations == 0 || is_over) break;
  }
  out.rmsd = rmsd(given, out.structure);
  return out;
}

}  // namespace foldmesh::relax
