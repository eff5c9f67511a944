"""The crossbars of a mapping as physical arrays: conductances, read currents, activity, at physical positions."""

import itertools
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64, I64, Bool
from snnmap.hardware import Hardware
from snnmap.hardware.model import ARRAYS
from snnmap.physics import pcm
from snnmap.physics.endurance import tile_factors
from snnmap.reliability.events import conversion_energy, pulse_energy

BLOCK = 2**22
"""Cells whose conductances are added up at a time, about."""


class Array(NamedTuple):
    """One crossbar as programmed, (R, C) at physical positions; spikes and duty per physical row (R,)."""

    G: F64
    """Conductance, S; open (0) in columns that are not in use, whose select transistors stay off."""
    used: Bool
    """Which cells hold a synapse."""
    current: F64
    """Of every cell when its row is read, the mean over its reads, A."""
    spikes: F64
    """Reads of every row over the profiled window."""
    duty: F64
    """Share of the time that every row is read."""


def tile_variation(hardware: Hardware, seed: int | None) -> F64:
    """Endurance of every tile over the nominal one (T,): seeded process variation, or 1 everywhere without a seed."""
    if seed is None:
        return np.ones(hardware.tiles)
    rng = np.random.Generator(np.random.PCG64(seed))
    return tile_factors(hardware.tiles, hardware["tile_variation"], rng=rng)


class Positions(NamedTuple):
    """Where the programmed cells of a cluster lie."""

    rows: slice
    """Row entries of the cluster."""
    cells: slice
    """Its cells in `Cells`."""
    at: tuple[I64, I64]
    """Physical row and column of each of these cells."""


def positions(view: View, cluster: int) -> Positions:
    """Physical positions of a cluster's programmed cells."""
    clustering, wiring, cells = view.mapping.clustering, view.mapping.wiring, view.cells
    rows = slice(int(clustering.row_ptr[cluster]), int(clustering.row_ptr[cluster + 1]))
    ptr = cells.ptr[rows.start : rows.stop + 1]
    own = slice(int(ptr[0]), int(ptr[-1]))
    row, column = np.repeat(wiring.row[rows], np.diff(ptr)), wiring.column[cells.column[own]]
    return Positions(rows, own, (row.astype(np.int64), column.astype(np.int64)))


def array_of(view: View, cluster: int) -> Array:
    """Crossbar of one cluster as it is wired, with exact read currents.

    A spike drives its row for `read_time`, together with the other rows that spike in that step, as the schedule times
    it; what they take from one another on the shared bit lines is that of the profile's mean step (PHYSICS M1).
    """
    graph, hardware, technology = view.graph, view.hardware, view.hardware.technology
    clustering, wiring = view.mapping.clustering, view.mapping.wiring
    rows, own, at = positions(view, cluster)
    columns = slice(int(clustering.column_ptr[cluster]), int(clustering.column_ptr[cluster + 1]))
    low, high = technology["g_min"], technology["g_max"]
    G = np.zeros((hardware.rows, hardware.columns))
    G[:, wiring.column[columns]] = low
    G[at] = pcm.conductance(view.share[view.cells.synapse[own]], low, high)
    used = np.zeros(G.shape, bool)
    used[at] = True
    spikes = np.zeros(hardware.rows)
    spikes[wiring.row[rows]] = graph.spikes[clustering.row_source[rows]]
    together = np.zeros(hardware.rows)
    together[wiring.row[rows]] = view.clusters.row_company[rows]
    busy = spikes * hardware["read_time"] / view.seconds
    return Array(G, used, read_currents(G, hardware, together), spikes, np.minimum(busy, 1.0))


def read_currents(G: F64, hardware: Hardware, together: F64 | None = None) -> F64:
    """Current of every cell when its row is read, A (R, C), wires at the ambient temperature.

    `together`: share of its reads in which each other row is on too (R,); none: rows are read alone.
    """
    from snnmap.physics.crossbar import Wires, gated_row_map, shared_row_map

    wires, volts = Wires.of(hardware.technology, hardware["ambient_temperature"]), hardware["read_voltage"]
    if together is None:
        return gated_row_map(G=G, V_r=volts, wires=wires)
    return shared_row_map(G=G, V_r=volts, wires=wires, share=together)


def passes_of(view: View, cluster: int) -> F64:
    """Spikes through every programmed cell of a cluster's crossbar over the window, at physical positions (R, C)."""
    rows, _, at = positions(view, cluster)
    passes = np.zeros((view.hardware.rows, view.hardware.columns))
    ptr = view.cells.ptr[rows.start : rows.stop + 1]
    passes[at] = np.repeat(view.graph.spikes[view.mapping.clustering.row_source[rows]], np.diff(ptr))
    return passes


def row_energy(view: ClusteringView, hardware: Hardware) -> F64:
    """Array read energy of every row entry over the window, J, float64 (len(row_source),).

    Each spike on a row reads every used column of its crossbar for one pulse: V^2 t (sum of the programmed conductances
    + g_min for each unprogrammed cell of a used column + g_min for each cell of the other sign's). Ideal wires;
    `physics.crossbar` gives the exact currents.
    """
    graph, clustering, technology = view.graph, view.clustering, hardware.technology
    low, high = technology["g_min"], technology["g_max"]
    per_row = np.zeros(len(clustering.row_source))
    ptr = view.cells.ptr
    cuts = np.unique(np.searchsorted(ptr, np.arange(0, int(ptr[-1]) + BLOCK, BLOCK)).clip(0, len(per_row)))
    for first, last in itertools.pairwise(cuts):
        share = view.share[view.cells.synapse[ptr[first] : ptr[last]]]
        row = np.repeat(np.arange(last - first), np.diff(ptr[first : last + 1]))
        per_row[first:last] = np.bincount(row, weights=pcm.conductance(share, low, high) - low, minlength=last - first)
    columns = np.repeat(np.diff(clustering.column_ptr), np.diff(clustering.row_ptr))
    pulse = hardware["read_voltage"] ** 2 * hardware["read_time"]
    spikes = graph.spikes[clustering.row_source]
    energy: F64 = spikes * pulse * (per_row + ARRAYS * low * columns)
    return energy


def full_read_energy(hardware: Hardware) -> float:
    """Energy of reading a full crossbar once with all rows on, weights at half of g_max in the mean, J.

    Ideal wires; drivers and converters included, neurons and network not.
    """
    technology, weights = hardware.technology, hardware.weights
    low, high = technology["g_min"], technology["g_max"]
    each = weights.slices * ((low + high) / 2.0 + (0.0 if weights.encoding == "offset_column" else low))
    cells = hardware.rows * hardware.columns * each * hardware["read_voltage"] ** 2 * hardware["read_time"]
    return cells + hardware.columns * conversion_energy(hardware) + hardware.rows * pulse_energy(hardware)


def other_sign_energy(view: ClusteringView, hardware: Hardware) -> F64:
    """Energy over the window of reading the arrays that hold no weight, g_min in every used column, J (K,).

    Ideal wires: a column of g_min loses less than a thousandth in them.
    """
    clustering = view.clustering
    spikes = view.graph.spikes[clustering.row_source].astype(np.float64)
    reads = np.add.reduceat(np.append(spikes, 0.0), clustering.row_ptr[:-1]) * (np.diff(clustering.row_ptr) > 0)
    each = hardware["read_voltage"] ** 2 * hardware["read_time"] * hardware.technology["g_min"]
    energy: F64 = reads * np.diff(clustering.column_ptr) * each
    return energy
