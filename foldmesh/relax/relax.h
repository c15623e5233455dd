// Relaxation as AlphaFold 2 does it (Jumper et al. 2021, suppl. 1.8.6): restrained minimisation in AMBER
// ff99SB, round after round with the violating residues set free, until none is left.
#ifndef FOLDMESH_RELAX_RELAX_H_
#define FOLDMESH_RELAX_RELAX_H_

#include <string>
#include <vector>

#include "foldmesh/bio/structure.h"
#include "foldmesh/relax/engine.h"

namespace foldmesh::relax {

struct Options {
  int max_rounds = 3;
  double stiffness = 10;       // kcal/mol/Å^2, on each heavy atom; 0: no restraints
  double tolerance = 2.39;     // kcal/mol/nm
  int64_t max_iterations = 0;  // of each round; 0: until it converges
  double max_seconds = 3600;   // of all rounds together; 0: no bound
  EngineOptions engine = {};
};

struct Round {
  double energy_before = 0, energy_after = 0;  // kcal/mol, restraints included
  int64_t n_evaluations = 0;
  Stop stop = Stop::kConverged;
  double violations = 0;  // residues that violate afterwards
  size_t n_free = 0;      // residues without restraints
  double seconds = 0;
  int attempts = 1;  // attempts.h
};

struct Relaxed {
  bio::Structure structure;  // with hydrogens and OXT; pLDDT as it was
  std::vector<Round> rounds;
  // 1 for each residue of `structure` that violates (violations.h), before and after.
  std::vector<double> violations_before, violations;
  double rmsd = 0;                 // Å, of the heavy atoms that were given, without superposition
  std::string platform;            // of OpenMM
  std::vector<std::string> notes;  // what was done to the input, one line each

  double n_violations() const;
};

// Throws kInput when the structure cannot be prepared (prepare.h) and for a platform that is not there,
// kMachine when OpenMM fails. Results of one machine are the same bytes each time on the platforms Reference
// and CPU, for a given number of CPU threads.
Relaxed relax(const bio::Structure& structure, const Options& options);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_RELAX_H_
