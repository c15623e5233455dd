// A protein with all its atoms, hydrogens included, and what the force field says about it.
#ifndef FOLDMESH_RELAX_MOLECULE_H_
#define FOLDMESH_RELAX_MOLECULE_H_

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "foldmesh/relax/force_field.h"
#include "foldmesh/relax/vec3.h"

namespace foldmesh::relax {

struct Atom {
  size_t residue = 0;  // index in Molecule::residues
  int form_atom = 0;   // index in its form
  Vec3 position{};     // Å
  bool is_hydrogen = false;
  bool given = false;  // was in the input; others were placed
};

// Atoms are heavy ones in atom37 order, then hydrogens in the form's order.
struct Residue {
  size_t source = 0;  // residue of the bio::Structure
  const ResidueForm* form = nullptr;
  size_t first_atom = 0, n_atoms = 0;
};

struct Molecule {
  const ForceField* field = nullptr;
  std::vector<Residue> residues;
  std::vector<Atom> atoms;
  std::vector<std::pair<size_t, size_t>> bonds;  // inside residues, peptide, disulphide

  const FormAtom& form_atom(const Atom& atom) const {
    return residues[atom.residue].form->atoms[static_cast<size_t>(atom.form_atom)];
  }
  const AtomClass& atom_class(const Atom& atom) const {
    return field->classes[static_cast<size_t>(form_atom(atom).atom_class)];
  }
};

// The potential, term by term, over atom indices. Units of the force field (nm, kJ/mol).
struct Terms {
  struct Particle {
    double mass, charge, sigma, epsilon;
  };
  struct Bond {
    size_t a, b;
    double length, k;
  };
  struct Angle {
    size_t a, b, c;
    double angle, k;
  };
  struct Torsion {
    std::array<size_t, 4> atoms;
    TorsionTerm term;
  };
  std::vector<Particle> particles;
  std::vector<Bond> bonds;
  std::vector<Bond> constraints;  // bonds to hydrogen: length only
  std::vector<Angle> angles;
  std::vector<Torsion> torsions;                     // proper, then improper
  std::vector<std::pair<size_t, size_t>> all_bonds;  // what exclusions and 1-4 pairs follow from
  double coulomb_scale14 = 1, lj_scale14 = 1;
};

// Assigns parameters by the rules of OpenMM's ForceField, with bonds to hydrogen constrained. kInternal when
// the force field lacks a bond or an angle.
Terms assign_parameters(const Molecule& molecule);

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_MOLECULE_H_
