#!/usr/bin/env python3
"""Writes foldmesh/relax/amber99sb.txt from OpenMM's amber99sb.xml (Debian package python3-simtk).

Usage: tools/convert_amber99sb.py          rewrite the file
       tools/convert_amber99sb.py --check  exit 1 if the committed file differs

Only numbers and names are taken over, and only what proteins need: the residues in KEPT with their N- and
C-terminal forms, and the terms whose atom classes occur in them. The forms are held against OpenMM's list of
hydrogens at pH 7 (hydrogens.xml): a form must have just the hydrogens that this list asks for.
Format: docs/design/relax.md.
"""
import math
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path("/usr/lib/python3/dist-packages/openmm/app/data")
TARGET = ROOT / "foldmesh" / "relax" / "amber99sb.txt"
PH = 7.0

# Residue as files name it -> its forms in chains.
KEPT = {name: [name] for name in
        "ALA ARG ASN ASP GLN GLU GLY ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split()}
KEPT["CYS"] = ["CYS", "CYX"]
KEPT["HIS"] = ["HID", "HIE"]


def number(text):
    value = float(text)
    if abs(value - math.pi) < 1e-9:
        return "180deg"
    return repr(value) if value != int(value) else str(int(value))


def read_forms(root):
    forms = {}
    for residue in root.find("Residues"):
        atoms = [(a.get("name"), a.get("type")) for a in residue.findall("Atom")]
        bonds = [(atoms[int(b.get("from"))][0], atoms[int(b.get("to"))][0]) for b in residue.findall("Bond")]
        external = [atoms[int(e.get("from"))][0] for e in residue.findall("ExternalBond")]
        forms[residue.get("name")] = (atoms, bonds, external)
    return forms


def expected_hydrogens(residue, form, terminal):
    """Number of hydrogens per parent atom, by hydrogens.xml at pH 7."""
    spec = next(r for r in ElementTree.parse(DATA / "hydrogens.xml").getroot() if r.get("name") == residue)
    is_variant = form != residue
    counts = {}
    for h in spec.findall("H"):
        max_ph = float(h.get("maxph", "inf"))
        variants = h.get("variant")
        if is_variant:
            wanted = form in variants.split(",") if variants else PH <= max_ph
        else:
            wanted = PH <= max_ph
        where = h.get("terminal")
        if where is not None:
            wanted = wanted and (terminal in where if terminal else "-" in where)
        if wanted:
            counts[h.get("parent")] = counts.get(h.get("parent"), 0) + 1
    return counts


def check_hydrogens(residue, form, terminal, entry):
    atoms, bonds, _ = entry
    is_hydrogen = {name: name.startswith("H") for name, _ in atoms}
    counts = {}
    for a, b in bonds:
        if is_hydrogen[a] != is_hydrogen[b]:
            parent = b if is_hydrogen[a] else a
            counts[parent] = counts.get(parent, 0) + 1
    expected = expected_hydrogens(residue, form, terminal)
    if counts != expected:
        sys.exit(f"{form} ({terminal or 'inside'}): hydrogens {counts}, hydrogens.xml has {expected}")


def convert():
    root = ElementTree.parse(DATA / "amber99sb.xml").getroot()
    types = {t.get("name"): t for t in root.find("AtomTypes")}
    nonbonded = root.find("NonbondedForce")
    values = {a.get("type"): a for a in nonbonded}
    forms = read_forms(root)

    used, residue_lines = {}, []
    for residue in sorted(KEPT):
        for base in KEPT[residue]:
            for terminal in ("", "N", "C"):
                name = terminal + base
                check_hydrogens(residue, base, terminal, forms[name])
                atoms, bonds, external = forms[name]
                residue_lines.append(f"residue {name}")
                for atom, type_name in atoms:
                    kind, value = types[type_name], values[type_name]
                    numbers = (kind.get("element"), number(kind.get("mass")), number(value.get("sigma")),
                               number(value.get("epsilon")))
                    if used.setdefault(kind.get("class"), numbers) != numbers:
                        sys.exit(f"class {kind.get('class')} has several masses or radii")
                    residue_lines.append(f"atom {atom} {kind.get('class')} {number(value.get('charge'))}")
                residue_lines += [f"joins {a} {b}" for a, b in bonds]
                residue_lines += [f"open {a}" for a in external]

    def classes(term, n):
        names = [term.get(f"class{i + 1}") for i in range(n)]
        return " ".join(c or "." for c in names) if all(c == "" or c in used for c in names) else None

    out = [
        "# AMBER ff99SB for proteins (Hornak et al. 2006, doi 10.1002/prot.21123), made by tools/convert_amber99sb.py",
        "# nm, kJ/mol, rad (180deg = pi), dalton, elementary charges; '.' stands for any class.",
        f"scale14 {nonbonded.get('coulomb14scale')} {nonbonded.get('lj14scale')}",
        "# class: element, mass, sigma, epsilon",
    ]
    out += [f"class {name} {' '.join(used[name])}" for name in sorted(used)]
    out.append("# bond: length, k of k/2 (r - length)^2")
    for term in root.find("HarmonicBondForce"):
        if names := classes(term, 2):
            out.append(f"bond {names} {number(term.get('length'))} {number(term.get('k'))}")
    out.append("# angle: angle, k")
    for term in root.find("HarmonicAngleForce"):
        if names := classes(term, 3):
            out.append(f"angle {names} {number(term.get('angle'))} {number(term.get('k'))}")
    out.append("# proper, improper (central atom first): periodicity, phase, k of k (1 + cos(n phi - phase)), repeated")
    for term in root.find("PeriodicTorsionForce"):
        if names := classes(term, 4):
            parts, i = [], 1
            while term.get(f"periodicity{i}"):
                parts += [term.get(f"periodicity{i}"), number(term.get(f"phase{i}")), number(term.get(f"k{i}"))]
                i += 1
            out.append(f"{term.tag.lower()} {names} {' '.join(parts)}")
    out.append("# residue: atoms (class, charge), bonds inside, atoms bonded to other residues")
    out += residue_lines
    return "\n".join(out) + "\n"


def main():
    text = convert()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            sys.exit(f"{TARGET} differs from what amber99sb.xml gives")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
