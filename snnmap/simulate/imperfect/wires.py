"""What wires leave of the current of every cell: IR drop of the arrays of a cluster."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.physics.crossbar import Wires, cell_currents, paired_row_map, shared_row_map
from snnmap.simulate.imperfect.options import Inactive

SOLVED = 1 << 24
"""Currents of cells that are solved for at a time, over all rows that are driven one by one: 128 MiB."""


class Places(NamedTuple):
    """Physical lines of the cells of a cluster, by array of the tile."""

    array: I64
    """(halves,) array that each half stands in."""
    word: I64
    """(halves, rows) word line."""
    bit: I64
    """(halves, slices, columns) bit line; the reference, one for all slices, last."""


def places(view: View, cluster: int) -> Places:
    """Where the cells of a cluster are, as `hardware.weights` lays them out."""
    clustering, wiring, weights = view.mapping.clustering, view.mapping.wiring, view.hardware.weights
    half = np.arange(weights.halves)
    word = weights.word_lines(wiring.row[clustering.rows_of(cluster)])[half % weights.planes]
    bit = weights.bit_lines(wiring.column[clustering.columns_of(cluster)])[half % weights.planes]
    if weights.reference_lines:
        bit = np.pad(bit, ((0, 0), (0, 0), (0, 1)), constant_values=view.hardware.bit_lines - 1)
    return Places(half // weights.planes, word, bit)


def arrays(view: View, at: Places, g: F64) -> F64:
    """Conductances `g` (halves, slices, rows, columns) as arrays (arrays, word lines, bit lines); open elsewhere."""
    hardware = view.hardware
    filled = np.zeros((hardware.weights.arrays, hardware.word_lines, hardware.bit_lines))
    for half, array in enumerate(at.array):
        for s in range(g.shape[1]):
            filled[array][at.word[half][:, np.newaxis], at.bit[half, s]] = g[half, s]
    return filled


def kept_currents(view: View, cluster: int, share: F64, temperature: float) -> F64:
    """Share of its current without wires that every cell keeps, shaped as the target `share` (halves, slices, ...).

    Rows are read together with the others that spike in the mean step of the profile (`analysis.company`).
    `temperature` of the wires, K.
    """
    hardware, technology = view.hardware, view.hardware.technology
    at, volts = places(view, cluster), hardware["read_voltage"]
    wires = Wires.of(technology, temperature)
    low, high = technology["g_min"], technology["g_max"]
    g = arrays(view, at, low + share * (high - low))
    together = np.zeros(g.shape[1])
    together[at.word] = view.clusters.row_company[view.mapping.clustering.rows_of(cluster)]
    read = paired_row_map if hardware.weights.lines_per_row > 1 else shared_row_map
    kept = np.ones(share.shape)
    for array in range(len(g)):
        taken = np.ascontiguousarray(g[array])
        current = read(G=taken, V_r=volts, wires=wires, share=together)
        part = np.divide(current, volts * taken, out=np.ones(current.shape), where=taken > 0)
        for half in np.flatnonzero(at.array == array):
            for s in range(share.shape[1]):
                kept[half, s] = part[at.word[half][:, np.newaxis], at.bit[half, s]]
    return kept


def transferred(view: View, at: Places, g: F64, wires: Wires) -> F64:
    """What every row gives every line per volt while all others are held at 0 V, S, shaped as `g`.

    All of the line's current, that of other rows' cells too; exact: by superposition such currents add up.
    """
    filled, volts = arrays(view, at, g), view.hardware["read_voltage"]
    found = np.zeros(g.shape)
    for array, cells in enumerate(filled):
        driven = np.unique(np.concatenate([word for half, word in enumerate(at.word) if at.array[half] == array]))
        line = np.zeros((cells.shape[1], cells.shape[0]))
        step = max(1, SOLVED // cells.size)
        for first in range(0, len(driven), step):
            rows = driven[first : first + step]
            on = np.zeros((cells.shape[0], len(rows)), bool)
            on[rows, np.arange(len(rows))] = True
            read = cell_currents(G=cells, V=volts * on, wires=wires, active=on, inactive="grounded")
            line[:, rows] = read.sum(axis=0) / volts
        for half in np.flatnonzero(at.array == array):
            for s in range(g.shape[1]):
                found[half, s] = line.T[at.word[half][:, np.newaxis], at.bit[half, s]]
    return found


def line_sums(view: View, at: Places, g: F64, values: F64, wires: Wires, inactive: Inactive = "gated") -> F64:
    """What every line of a crossbar reads, solved exactly, over that of a full cell driven by 1, (slices, columns).

    Parameters
    ----------
    g
        Conductances now, S (halves, slices, rows, columns); the reference last.
    values
        What every row is driven with (rows,).
    inactive
        What rows at 0 are.
    """
    hardware, technology = view.hardware, view.hardware.technology
    weights, volts = hardware.weights, hardware["read_voltage"]
    filled = arrays(view, at, g)
    V = np.zeros((filled.shape[1], 1))
    V[at.word[-1], 0] = -volts * values if weights.lines_per_row > 1 else volts * values
    V[at.word[0], 0] = volts * values
    on = V != 0.0
    column = np.stack(
        [cell_currents(G=array, V=V, wires=wires, active=on, inactive=inactive).sum(axis=(0, 2)) for array in filled]
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
