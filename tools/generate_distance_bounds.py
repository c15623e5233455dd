#!/usr/bin/env python3
"""Writes foldmesh/relax/distance_bounds_data.cc from the golden constants.

Usage: tools/generate_distance_bounds.py          rewrite the file
       tools/generate_distance_bounds.py --check  exit 1 if the committed file differs

Needs numpy. The input is tests/golden/af2/constants.npz. Listed are the pairs that the stereochemistry fixes
(bonded and 1-3); for all others the lower bound follows from the radii, which is checked here.
"""
import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "af2"
TARGET = ROOT / "foldmesh" / "relax" / "distance_bounds_data.cc"
RADIUS = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8}


def text_of(value):
    return np.format_float_positional(np.float32(value), unique=True, trim="0") + "f"


def generate():
    constants = np.load(GOLDEN / "constants.npz")
    lower, upper = constants["atom14_dists_lower_bound"], constants["atom14_dists_upper_bound"]
    mask = constants["restype_atom14_mask"]
    names = json.loads((GOLDEN / "constants_names.json").read_text())["atom14_names"]
    rows = []
    # Residue types are in the order of their three-letter names.
    for restype, residue in enumerate(sorted(name for name in names if name != "UNK")):
        atoms = names[residue]
        for i in range(14):
            for j in range(i + 1, 14):
                if not (mask[restype, i] and mask[restype, j]):
                    continue
                assert lower[restype, i, j] == lower[restype, j, i], (residue, i, j)
                assert upper[restype, i, j] == upper[restype, j, i], (residue, i, j)
                if upper[restype, i, j] < 1e9:
                    rows.append(f"    {{{restype}, {i}, {j}, {text_of(lower[restype, i, j])}, "
                                f"{text_of(upper[restype, i, j])}}},")
                else:
                    by_radius = RADIUS[atoms[i][0]] + RADIUS[atoms[j][0]] - 1.5
                    assert abs(lower[restype, i, j] - by_radius) < 1e-6, (residue, i, j)
    return ("// Made by tools/generate_distance_bounds.py; do not edit.\n"
            '#include "foldmesh/relax/distance_bounds.h"\n\n'
            "namespace foldmesh::relax {\n\n"
            f"const std::array<DistanceBound, {len(rows)}> kDistanceBoundRows = {{{{\n" + "\n".join(rows) +
            "\n}};\n\n"
            "std::span<const DistanceBound> distance_bounds() { return kDistanceBoundRows; }\n\n"
            "}  // namespace foldmesh::relax\n")


def main():
    text = generate()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            sys.exit(f"{TARGET} differs from what the golden constants give")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
