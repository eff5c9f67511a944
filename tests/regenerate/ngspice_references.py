"""Regenerate tests/data/ngspice_references.npz: cell currents computed by ngspice, for what badcrossbar cannot express.

    apt-get install ngspice
    python tests/regenerate/ngspice_references.py

Floating rows, driver and sense resistances of any size, cells with I = G sinh(k v) / k. Conductances and voltages are
stored as small integers, so the file holds the inputs exactly.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "data" / "ngspice_references.npz"
VOLT = 0.01

# name, rows, columns, unit of G in S, share of open cells, r_wl, r_bl, r_source, r_sense, inactive rows, k in 1/V
CASES = [
    ("floating_8", 8, 8, 1e-7, 0.0, 2.0, 2.0, 0.0, 0.0, "floating", 0.0),
    ("floating_strong", 8, 10, 1e-5, 0.3, 20.0, 10.0, 55.0, 35.0, "floating", 0.0),
    ("floating_16", 16, 16, 1e-6, 0.5, 4.0, 4.0, 500.0, 100.0, "floating", 0.0),
    ("floating_no_bit", 9, 7, 1e-6, 0.2, 4.0, 0.0, 0.0, 30.0, "floating", 0.0),
    ("floating_no_word", 7, 9, 1e-6, 0.2, 0.0, 6.0, 70.0, 0.0, "floating", 0.0),
    ("gated_16", 16, 12, 1e-6, 0.1, 3.0, 1.0, 200.0, 333.0, "gated", 0.0),
    ("grounded_16", 12, 16, 1e-6, 0.1, 1.5, 2.5, 123.0, 45.0, "grounded", 0.0),
    ("grounded_32", 32, 32, 1e-7, 0.0, 2.0, 2.0, 0.0, 0.0, "grounded", 0.0),
    ("sinh_8", 8, 8, 1e-6, 0.0, 5.0, 5.0, 0.0, 0.0, "grounded", 3.0),
    ("sinh_gated", 10, 6, 1e-5, 0.2, 5.0, 8.0, 100.0, 50.0, "gated", 10.0),
    ("sinh_floating", 8, 8, 1e-5, 0.2, 5.0, 5.0, 50.0, 20.0, "floating", 6.0),
]


def netlist(G, V, lines, active, inactive, k):
    """SPICE text of one pattern, and the cells whose node voltages it prints."""
    r_wl, r_bl, r_source, r_sense = lines
    m, n = G.shape
    text = ["* crossbar", ".options gmin=1e-30 reltol=1e-9 abstol=1e-21 vntol=1e-15 numdgt=17"]

    def wire(name, a, b, r):
        text.append(f"R{name} {a} {b} {r!r}" if r else f"Vz{name} {a} {b} 0")

    for i in range(m):
        if active[i] or inactive != "floating":
            text.append(f"V{i} s{i} 0 {float(V[i]) if active[i] else 0.0!r}")
            wire(f"s{i}", f"s{i}", f"w{i}_0", r_source + r_wl)
        for j in range(n - 1):
            wire(f"w{i}_{j}", f"w{i}_{j}", f"w{i}_{j + 1}", r_wl)
    for j in range(n):
        for i in range(m - 1):
            wire(f"b{i}_{j}", f"b{i}_{j}", f"b{i + 1}_{j}", r_bl)
        wire(f"t{j}", f"b{m - 1}_{j}", "0", r_bl + r_sense)
    cells = [(i, j) for i in range(m) for j in range(n) if G[i, j] > 0 and (active[i] or inactive != "gated")]
    for i, j in cells:
        a, b = f"w{i}_{j}", f"b{i}_{j}"
        if k:
            text.append(f"B{i}_{j} {a} {b} I = {float(G[i, j])!r}*sinh({k!r}*V({a},{b}))/{k!r}")
        else:
            text.append(f"R{i}_{j} {a} {b} {1.0 / float(G[i, j])!r}")
    nodes = [node for i, j in cells for node in (f"w{i}_{j}", f"b{i}_{j}")]
    text += [".control", "set numdgt=17", "op", *(f"print v({node})" for node in nodes), ".endc", ".end"]
    return "\n".join(text), cells


def reference(G, V, lines, active, inactive, k):
    """Cell currents, A (M, N), of one pattern, by ngspice."""
    text, cells = netlist(G, V, lines, active, inactive, k)
    with tempfile.NamedTemporaryFile("w", suffix=".cir") as file:
        file.write(text)
        file.flush()
        run = subprocess.run([shutil.which("ngspice"), "-b", file.name], capture_output=True, text=True, check=False)
    volts = [float(line.split("=")[1]) for line in run.stdout.splitlines() if line.startswith("v(")]
    if len(volts) != 2 * len(cells):
        raise RuntimeError(run.stdout + run.stderr)
    current = np.zeros(G.shape)
    for (i, j), w, b in zip(cells, volts[::2], volts[1::2], strict=True):
        current[i, j] = G[i, j] * (np.sinh(k * (w - b)) / k if k else w - b)
    return current


def main():
    """Compute every case and write the file."""
    arrays = {}
    meta = []
    for number, (name, m, n, unit, opened, r_wl, r_bl, r_source, r_sense, inactive, k) in enumerate(CASES):
        rng = np.random.default_rng([2025, number])
        grid = np.where(rng.random((m, n)) < opened, 0, rng.integers(1, 251, (m, n))).astype(np.uint8)
        volts = rng.integers(5, 31, (m, 1)).astype(np.int8)
        active = rng.random((m, 1)) < 0.6
        active[0] = True
        lines = (r_wl, r_bl, r_source, r_sense)
        current = reference(grid * unit, volts[:, 0] * VOLT, lines, active[:, 0], inactive, k)
        arrays |= {f"{name}.levels": grid, f"{name}.volts": volts, f"{name}.active": active}
        arrays[f"{name}.currents"] = current
        named = dict(zip(("r_wl", "r_bl", "r_source", "r_sense"), lines, strict=True))
        meta.append({"name": name, "unit": unit, "inactive": inactive, "k": k, "lines": named})
        print(name, "largest", float(np.max(np.abs(current))))
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, meta=np.array(json.dumps({"volt": VOLT, "cases": meta})), **arrays)
    print(TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
