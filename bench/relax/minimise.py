"""One restrained minimisation as AlphaFold 2's script asks OpenMM's Python package for it.

Usage: minimise.py STEM PLATFORM THREADS    reads STEM.pdb and STEM.xyz (nm, the PDB file's order)
Prints: seconds for parameters and system, seconds for minimising, processor seconds of both, energy before and
after (kcal/mol).
"""
import resource
import sys
import time

import openmm
from openmm import app, unit

stem, platform_name, threads = sys.argv[1:4]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


pdb = app.PDBFile(stem + ".pdb")
values = [float(x) for x in open(stem + ".xyz").read().split()]
positions = [openmm.Vec3(*values[i:i + 3]) for i in range(0, len(values), 3)]
start, processor_start = time.perf_counter(), processor_seconds()
field = app.ForceField("amber99sb.xml")
system = field.createSystem(pdb.topology, constraints=app.HBonds)
restraint = openmm.CustomExternalForce("0.5 * k * ((x-x0)^2 + (y-y0)^2 + (z-z0)^2)")
restraint.addGlobalParameter("k", 10 * unit.kilocalories_per_mole / unit.angstroms**2)
for name in ("x0", "y0", "z0"):
    restraint.addPerParticleParameter(name)
for i, atom in enumerate(pdb.topology.atoms()):
    if atom.element.name != "hydrogen":
        restraint.addParticle(i, positions[i])
system.addForce(restraint)
platform = openmm.Platform.getPlatformByName(platform_name)
properties = {"Threads": threads} if platform_name == "CPU" else {}
context = openmm.Context(system, openmm.LangevinIntegrator(0, 0.01, 0), platform, properties)
context.setPositions(positions)
set_up = time.perf_counter()


def energy():
    return context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilocalories_per_mole)


before = energy()
openmm.LocalEnergyMinimizer.minimize(context, 10, 0)
print(set_up - start, time.perf_counter() - set_up, processor_seconds() - processor_start, before, energy())
