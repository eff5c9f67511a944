"""What wires leave of the current of every cell: IR drop of the arrays of a cluster."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.physics.crossbar import Wires, cell_currents, gated_row_map, shared_row_map

PATTERNS = 8
"""Steps of a crossbar that the linear estimate is compared with the exact solution on."""
SEED = 1
"""Of the choice of these steps."""


class Places(NamedTuple):
    """Physical lines of the cells of a cluster, by array of the tile."""

    array: I64
    """(halves,) array that each half stands in."""
    word: I64
    """(halves, rows) word line."""
    bit: I64
    """(halves, slices, columns) bit line; the reference last."""


def places(view: View, cluster: int) -> Places:
    """Where the cells of a cluster are, as `hardware.weights` lays them out."""
    clustering, wiring, weights = view.mapping.clustering, view.mapping.wiring, view.hardware.weights
    row = wiring.row[clustering.rows_of(cluster)].astype(np.int64)
    column = wiring.column[clustering.columns_of(cluster)].astype(np.int64)
    if weights.reference_lines:
        column = np.append(column, view.hardware.columns)
    half = np.arange(1 if weights.reference_lines else 2)
    slices = np.arange(weights.slices)
    bit = column * weights.lines_per_column + slices[:, np.newaxis]
    pairs = weights.encoding == "pair_columns"
    return Places(
        array=half * (weights.arrays - 1),
        word=row * weights.lines_per_row + half[:, np.newaxis] * (weights.lines_per_row - 1),
        bit=bit + (half * pairs * weights.slices)[:, np.newaxis, np.newaxis],
    )


def arrays(view: View, at: Places, g: F64) -> F64:
    """Conductances `g` (halves, slices, rows, columns) as arrays (arrays, word lines, bit lines); open elsewhere."""
    weights, hardware = view.hardware.weights, view.hardware
    words = hardware.rows * weights.lines_per_row
    bits = (hardware.columns + weights.reference_lines) * weights.lines_per_column
    filled = np.zeros((weights.arrays, words, bits))
    for half, array in enumerate(at.array):
        for s in range(g.shape[1]):
            filled[array][at.word[half][:, np.newaxis], at.bit[half, s]] = g[half, s]
    return filled


def kept_currents(view: View, cluster: int, share: F64, temperature: float) -> F64:
    """Share of its current without wires that every cell keeps, shaped as the target `share` (halves, slices, ...).

    Rows are read together with the others that spike in the mean step of the profile (`analysis.company`); pairs of
    rows with opposite voltages take from their bit lines what they give, so they are read as if alone. `temperature` of
    the wires, K.
    """
    hardware, technology = view.hardware, view.hardware.technology
    at, volts = places(view, cluster), hardware["read_voltage"]
    wires = Wires.of(technology, temperature)
    low, high = technology["g_min"], technology["g_max"]
    g = arrays(view, at, low + share * (high - low))
    together = np.zeros(g.shape[1])
    together[at.word[0]] = view.clusters.row_company[view.mapping.clustering.rows_of(cluster)]
    alone = hardware.weights.lines_per_row > 1
    kept = np.ones(share.shape)
    for array in range(len(g)):
        taken = np.ascontiguousarray(g[array])
        current = (
            gated_row_map(G=taken, V_r=volts, wires=wires)
            if alone
            else shared_row_map(G=taken, V_r=volts, wires=wires, share=together)
        )
        part = np.divide(current, volts * taken, out=np.ones(current.shape), where=taken > 0)
        for half in np.flatnonzero(at.array == array):
            for s in range(share.shape[1]):
                kept[half, s] = part[at.word[half][:, np.newaxis], at.bit[half, s]]
    return kept


def line_sums(view: View, at: Places, g: F64, values: F64, wires: Wires) -> F64:
    """What every line of a crossbar reads, solved exactly, over that of a full cell driven by 1, (slices, columns).

    Parameters
    ----------
    g
        Conductances now, S (halves, slices, rows, columns); the reference last.
    values
        What every row is driven with (rows,); rows at 0 are gated.
    """
    hardware, technology = view.hardware, view.hardware.technology
    weights, volts = hardware.weights, hardware["read_voltage"]
    filled = arrays(view, at, g)
    V = np.zeros((filled.shape[1], 1))
    V[at.word[-1], 0] = -volts * values if weights.lines_per_row > 1 else volts * values
    V[at.word[0], 0] = volts * values
    on = V != 0.0
    column = np.stack(
        [cell_currents(G=array, V=V, wires=wires, active=on, inactive="gated").sum(axis=(0, 2)) for array in filled]
    )
    unit = volts * (technology["g_max"] - technology["g_min"])
    if weights.reference_lines:
        read = column[0][at.bit[0]]
        sums: F64 = 2.0 * (read[:, :-1] - read[:, -1:]) / unit
    elif weights.lines_per_row > 1:
        sums = column[0][at.bit[0]] / unit
    else:
        sums = (column[at.array[0]][at.bit[0]] - column[at.array[1]][at.bit[1]]) / unit
    return sums
