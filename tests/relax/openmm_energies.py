"""Energies per term of structures, as OpenMM's own Python assembly has them.

Usage: openmm_energies.py FOLDER    reads FOLDER/*.pdb and *.xyz (positions in nm at full precision, in the
PDB file's order), prints a line per structure: name bonds angles torsions nonbonded constraints (kJ/mol).
Exits with 77 when OpenMM's Python package is not installed.
"""
import pathlib
import sys

try:
    import openmm
    from openmm import app, unit
except ImportError:
    sys.exit(77)


def energies(pdb_path):
    pdb = app.PDBFile(str(pdb_path))
    field = app.ForceField("amber99sb.xml")
    system = field.createSystem(pdb.topology, constraints=app.HBonds)
    for i, force in enumerate(system.getForces()):
        force.setForceGroup(i)
    rows = pdb_path.with_suffix(".xyz").read_text().split()
    values = [float(x) for x in rows]
    positions = [openmm.Vec3(*values[i:i + 3]) for i in range(0, len(values), 3)]
    context = openmm.Context(system, openmm.VerletIntegrator(0.001),
                             openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    out = {}
    for i, force in enumerate(system.getForces()):
        energy = context.getState(getEnergy=True, groups={i}).getPotentialEnergy()
        out[type(force).__name__] = energy.value_in_unit(unit.kilojoule_per_mole)
    terms = ["HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce"]
    return [out[term] for term in terms] + [system.getNumConstraints()]


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.pdb")):
    print(path.stem, *(repr(value) for value in energies(path)))
