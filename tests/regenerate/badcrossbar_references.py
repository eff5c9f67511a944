"""Regenerate tests/data/badcrossbar_references.npz: cell currents computed by badcrossbar (MIT), an independent solver.

    apt-get install libcairo2-dev pkg-config && pip install badcrossbar
    python tests/regenerate/badcrossbar_references.py

badcrossbar knows one segment before the first cell and after the last. A driver or sense resistance of k segments is k
columns or rows of open cells beside the array; gated rows are rows of open cells; grounded rows are driven at 0 V. It
cannot express a floating row: see ngspice_references.py. Conductances and voltages are stored as small integers, so
the file holds the inputs exactly; of arrays over 32 x 32 it keeps 300 cells and all column sums.
"""

import json
import logging
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "data" / "badcrossbar_references.npz"
VOLT = 0.01
KEPT_CELLS = 300

# name, rows, columns, unit of G in S, kind of G, r_wl, r_bl, segments of r_source, of r_sense, inactive rows
CASES = [
    ("random_8", 8, 8, 1e-7, "random", 2.0, 2.0, 0, 0, "grounded"),
    ("random_8_gated", 8, 8, 1e-7, "random", 5.0, 1.0, 0, 0, "gated"),
    ("random_8_strong", 8, 8, 1e-5, "random", 20.0, 20.0, 2, 3, "gated"),
    ("wide_5_17", 5, 17, 1e-7, "random", 4.0, 0.5, 1, 0, "gated"),
    ("tall_19_6", 19, 6, 1e-7, "sparse", 0.5, 4.0, 0, 2, "grounded"),
    ("row_1_32", 1, 32, 1e-6, "random", 10.0, 3.0, 1, 1, "gated"),
    ("column_32_1", 32, 1, 1e-6, "random", 3.0, 10.0, 1, 1, "grounded"),
    ("no_word_resistance", 12, 10, 1e-7, "random", 0.0, 3.0, 0, 1, "gated"),
    ("no_bit_resistance", 12, 10, 1e-7, "random", 3.0, 0.0, 1, 0, "gated"),
    ("ideal_wires", 9, 9, 1e-7, "random", 0.0, 0.0, 0, 0, "grounded"),
    ("checkerboard_16", 16, 16, 1e-6, "checkerboard", 20.0, 20.0, 0, 0, "grounded"),
    ("onehot_16", 16, 16, 1e-6, "onehot", 10.0, 10.0, 0, 0, "gated"),
    ("gradient_24", 24, 24, 1e-7, "gradient", 8.0, 8.0, 1, 1, "gated"),
    ("sparse_32", 32, 32, 1e-7, "sparse", 2.0, 2.0, 0, 0, "gated"),
    ("uniform_32_strong", 32, 32, 1e-5, "uniform", 20.0, 20.0, 0, 0, "grounded"),
    ("random_48_64", 48, 64, 1e-7, "random", 2.5, 1.5, 2, 2, "gated"),
    ("checkerboard_64", 64, 64, 1e-7, "checkerboard", 4.0, 4.0, 0, 0, "gated"),
    ("gradient_64", 64, 64, 1e-6, "gradient", 0.1, 0.2, 0, 0, "grounded"),
    ("onehot_64", 64, 64, 1e-6, "onehot", 1.0, 1.0, 0, 0, "grounded"),
    ("sparse_96", 96, 96, 1e-7, "sparse", 2.5, 2.5, 0, 0, "gated"),
    ("random_128", 128, 128, 1e-7, "random", 2.0, 2.0, 0, 0, "grounded"),
    ("random_128_gated", 128, 128, 1e-7, "random", 4.0, 4.0, 1, 1, "gated"),
    ("uniform_128_16nm", 128, 128, 1e-7, "uniform", 4.0, 4.0, 0, 0, "grounded"),
    ("random_128_strong", 128, 128, 1e-5, "random", 20.0, 20.0, 0, 0, "gated"),
]


def levels(kind, m, n, rng):
    """Integer conductances, uint8 (m, n)."""
    i, j = np.indices((m, n))
    match kind:
        case "random":
            grid = rng.integers(1, 251, (m, n))
        case "uniform":
            grid = np.full((m, n), 250)
        case "sparse":
            grid = np.where(rng.random((m, n)) < 0.15, rng.integers(1, 251, (m, n)), 0)
        case "checkerboard":
            grid = np.where((i + j) % 2 == 0, 250, 1)
        case "onehot":
            grid = np.where(j == (3 * i) % n, 200, 0)
        case "gradient":
            grid = 1 + (i + j) * 249 // max(m + n - 2, 1)
    return grid.astype(np.uint8)


def reference(G, V, r_wl, r_bl, pads, active, inactive):
    """Cell currents, A (M, N, P), by badcrossbar."""
    import badcrossbar

    logging.disable(logging.INFO)

    m, n = G.shape
    currents = np.zeros((m, n, V.shape[1]))
    for p in range(V.shape[1]):
        cells = np.where(active[:, p, None], G, 0.0) if inactive == "gated" else G
        padded = np.zeros((m + pads[1], n + pads[0]))
        padded[:m, pads[0] :] = cells
        volts = np.zeros((m + pads[1], 1))
        volts[:m, 0] = np.where(active[:, p], V[:, p], 0.0)
        with np.errstate(divide="ignore"):
            resistances = 1.0 / padded
        solution = badcrossbar.compute(volts, resistances, r_i_word_line=r_wl, r_i_bit_line=r_bl)
        currents[:, :, p] = np.asarray(solution.currents.device)[:m, pads[0] :]
    return currents


def main():
    """Compute every case and write the file."""
    arrays = {}
    meta = []
    for number, (name, m, n, unit, kind, r_wl, r_bl, near, far, inactive) in enumerate(CASES):
        rng = np.random.default_rng([2024, number])
        grid = levels(kind, m, n, rng)
        volts = rng.integers(5, 31, (m, 2)).astype(np.int8)
        active = rng.random((m, 2)) < 0.6
        active[0] = True
        currents = reference(grid * unit, volts * VOLT, r_wl, r_bl, (near, far), active, inactive)
        cells = np.argwhere(np.ones((m, n), bool))
        if m * n > 32 * 32:
            cells = np.sort(rng.choice(m * n, KEPT_CELLS, replace=False))
            cells = np.stack([cells // n, cells % n], axis=1)
        arrays |= {
            f"{name}.levels": grid,
            f"{name}.volts": volts,
            f"{name}.active": active,
            f"{name}.cells": cells.astype(np.uint8),
            f"{name}.currents": currents[cells[:, 0], cells[:, 1]],
            f"{name}.columns": currents.sum(axis=0),
        }
        lines = {"r_wl": r_wl, "r_bl": r_bl, "r_source": near * r_wl, "r_sense": far * r_bl}
        meta.append({"name": name, "unit": unit, "inactive": inactive, "lines": lines})
        print(name, "largest", float(np.max(np.abs(currents))))
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, meta=np.array(json.dumps({"volt": VOLT, "cases": meta})), **arrays)
    print(TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
