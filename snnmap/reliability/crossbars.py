"""The crossbars of a mapping as physical arrays: conductances, read currents, activity, at physical positions."""

import itertools
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64, I64, Bool
from snnmap.hardware import Hardware, Weights
from snnmap.physics import encoding, pcm
from snnmap.physics.endurance import tile_factors
from snnmap.reliability.events import conversion_energy, pulse_energy

BLOCK = 2**22
"""Cells whose conductances are added up at a time, about."""


class Array(NamedTuple):
    """One array as programmed, (word lines, bit lines); spikes and duty per word line.

    Where halves of a weight stand in two arrays, this one holds every magnitude, and the other one g_min.
    """

    G: F64
    """Conductance, S; open (0) in columns that are not in use, whose select transistors stay off."""
    used: Bool
    """Which cells are programmed."""
    bears: Bool
    """Which of these decide whether a weight is right: of a pair those of the weight's sign."""
    current: F64
    """Of every cell when its row is read, the mean over its reads, A; its size, where a row is driven negatively."""
    spikes: F64
    """Reads of every word line over the profiled window."""
    duty: F64
    """Share of the time that every word line is read."""


def tile_variation(hardware: Hardware, seed: int | None) -> F64:
    """Endurance of every tile over the nominal one (T,): seeded process variation, or 1 everywhere without a seed."""
    if seed is None:
        return np.ones(hardware.tiles)
    rng = np.random.Generator(np.random.PCG64(seed))
    return tile_factors(hardware.tiles, hardware["tile_variation"], rng=rng)


class Positions(NamedTuple):
    """Where a cluster lies in an array; axes as `hardware.Weights.word_lines` and `bit_lines` have them."""

    rows: slice
    """Row entries of the cluster."""
    cells: slice
    """Its cells in `Cells`."""
    word: I64
    """Word lines of its rows (planes, rows)."""
    bit: I64
    """Bit lines of its columns (planes, slices, columns)."""
    at: tuple[I64, I64]
    """Word lines (planes, 1, n) and bit lines (planes, slices, n) of its cells."""

    def block(self, hardware: Hardware) -> tuple[I64, I64] | None:
        """Where every crossing is programmed, used or not, and a reference beside them; none with pairs."""
        if not hardware.weights.reference_lines:
            return None
        return self.word.reshape(-1, 1), np.append(self.bit.ravel(), hardware.bit_lines - 1)[np.newaxis]


def positions(view: View, cluster: int) -> Positions:
    """Lines of a cluster's rows, columns and programmed cells."""
    clustering, wiring, cells = view.mapping.clustering, view.mapping.wiring, view.cells
    rows = slice(int(clustering.row_ptr[cluster]), int(clustering.row_ptr[cluster + 1]))
    columns = slice(int(clustering.column_ptr[cluster]), int(clustering.column_ptr[cluster + 1]))
    ptr = cells.ptr[rows.start : rows.stop + 1]
    own = slice(int(ptr[0]), int(ptr[-1]))
    weights = view.hardware.weights
    word, bit = weights.word_lines(wiring.row[rows]), weights.bit_lines(wiring.column[columns])
    at = np.repeat(word, np.diff(ptr), axis=1)[:, np.newaxis], bit[:, :, cells.column[own] - columns.start]
    return Positions(rows, own, word, bit, at)


def held(view: ClusteringView, synapse: I64, hardware: Hardware) -> F64:
    """Shares of the cells of synapses (n,) in an array, float64 (planes, slices, n): `physics.encoding.shares`."""
    weights, size = hardware.weights, view.share_of(synapse)
    if weights == Weights():
        return size[np.newaxis, np.newaxis]
    if weights.arrays > 1:
        return encoding.shares(size, weights.encoding, weights.levels, weights.slices)[:1]
    signed = np.copysign(size, view.graph.network.weight[synapse])
    return encoding.shares(signed, weights.encoding, weights.levels, weights.slices)


def array_of(view: View, cluster: int) -> Array:
    """Crossbar of one cluster as it is wired, with exact read currents.

    A spike drives its row for `read_time`, together with the other rows that spike in that step, as the schedule times
    it; what they take from one another on the shared bit lines is that of the profile's mean step (PHYSICS M1).
    """
    hardware, technology = view.hardware, view.hardware.technology
    own = positions(view, cluster)
    synapse = view.cells.synapse[own.cells]
    low, high = technology["g_min"], technology["g_max"]
    G = np.zeros((hardware.word_lines, hardware.bit_lines))
    used = np.zeros(G.shape, bool)
    G[:, own.bit.ravel()] = low
    block = own.block(hardware)
    if block is not None:
        G[:, block[1]] = low
        G[block] = pcm.conductance(encoding.rest(hardware.weights.encoding), low, high)
        used[block] = True
    G[own.at] = pcm.conductance(held(view.clusters, synapse, hardware), low, high)
    used[own.at] = True
    bears = used
    if hardware.weights.planes > 1:
        plane = (view.graph.network.weight[synapse] < 0).astype(np.int64)
        bears, n = np.zeros(G.shape, bool), np.arange(len(plane))
        bears[own.at[0][plane, 0, n], own.at[1][plane, :, n].T] = True
    source = view.mapping.clustering.row_source[own.rows]
    spikes, together = np.zeros(hardware.word_lines), np.zeros(hardware.word_lines)
    spikes[own.word] = view.graph.spikes[source]
    together[own.word] = view.clusters.row_company[own.rows]
    busy = spikes * hardware["read_time"] / view.seconds
    current = read_currents(G, hardware, together)
    return Array(G, used, bears, current, spikes, np.minimum(busy, 1.0))


def read_currents(G: F64, hardware: Hardware, together: F64 | None = None) -> F64:
    """Current of every cell when its row is read, A (word lines, bit lines), wires at the ambient temperature.

    `together`: share of its reads in which each other word line is on too; none: rows are read alone. Currents of word
    lines that are driven negatively are given by their size.
    """
    from snnmap.physics.crossbar import Wires, gated_row_map, paired_row_map, shared_row_map

    wires, volts = Wires.of(hardware.technology, hardware["ambient_temperature"]), hardware["read_voltage"]
    if hardware.weights.lines_per_row > 1:
        share = np.zeros(len(G)) if together is None else together
        return paired_row_map(G=G, V_r=volts, wires=wires, share=share)
    if together is None:
        return gated_row_map(G=G, V_r=volts, wires=wires)
    return shared_row_map(G=G, V_r=volts, wires=wires, share=together)


def passes_of(view: View, cluster: int) -> F64:
    """Spikes through every programmed cell of a cluster's array over the window, (word lines, bit lines)."""
    own = positions(view, cluster)
    spikes = view.graph.spikes[view.mapping.clustering.row_source[own.rows]]
    passes = np.zeros((view.hardware.word_lines, view.hardware.bit_lines))
    block = own.block(view.hardware)
    if block is not None:
        passes[block] = spikes[:, np.newaxis]
        return passes
    ptr = view.cells.ptr[own.rows.start : own.rows.stop + 1]
    passes[own.at] = np.repeat(spikes, np.diff(ptr))
    return passes


def cells_in_array(view: ClusteringView, hardware: Hardware) -> I64:
    """Cells of every cluster that are programmed in one array, int64 (K,)."""
    clustering, weights = view.clustering, hardware.weights
    if weights.reference_lines:
        columns = np.diff(clustering.column_ptr) * weights.lines_per_column + weights.reference_lines
        cells: I64 = np.diff(clustering.row_ptr) * columns
    else:
        cells = np.diff(view.cells.ptr[clustering.row_ptr]) * (weights.planes * weights.slices)
    return cells.astype(np.int64)


def row_energy(view: ClusteringView, hardware: Hardware) -> F64:
    """Array read energy of every row entry over the window, J, float64 (len(row_source),).

    Each spike on a row reads every used column of its crossbar for one pulse: V^2 t (sum of the programmed conductances
    + what each other cell of a used column, and of the other sign's array, is left at). Ideal wires; `physics.crossbar`
    gives the exact currents.
    """
    graph, clustering, technology, weights = view.graph, view.clustering, hardware.technology, hardware.weights
    low, high = technology["g_min"], technology["g_max"]
    rest = float(pcm.conductance(encoding.rest(weights.encoding), low, high))
    per_row = np.zeros(len(clustering.row_source))
    for part in view.parts():
        ptr, of_part = part.cells.ptr, per_row[part.rows]
        cuts = np.unique(np.searchsorted(ptr, np.arange(0, int(ptr[-1]) + BLOCK, BLOCK)).clip(0, len(of_part)))
        for first, last in itertools.pairwise(cuts):
            conductance = pcm.conductance(held(view, part.cells.synapse[ptr[first] : ptr[last]], hardware), low, high)
            more = conductance.sum(axis=(0, 1)) - weights.planes * weights.slices * rest
            row = np.repeat(np.arange(last - first), np.diff(ptr[first : last + 1]))
            of_part[first:last] = np.bincount(row, weights=more, minlength=last - first)
    columns = np.repeat(np.diff(clustering.use_column_ptr), np.diff(clustering.use_row_ptr))
    pulse = hardware["read_voltage"] ** 2 * hardware["read_time"]
    spikes = graph.spikes[clustering.row_source]
    energy: F64 = spikes * pulse * (per_row + weights.cells * rest * columns + weights.reference_lines * rest)
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

    None where both signs stand in one array. Ideal wires: a column of g_min loses less than a thousandth in them.
    """
    clustering, weights = view.clustering, hardware.weights
    spikes = view.graph.spikes[clustering.row_source].astype(np.float64)
    reads = np.add.reduceat(np.append(spikes, 0.0), clustering.row_ptr[:-1]) * (np.diff(clustering.row_ptr) > 0)
    each = hardware["read_voltage"] ** 2 * hardware["read_time"] * hardware.technology["g_min"]
    energy: F64 = reads * (np.diff(clustering.column_ptr) * (weights.arrays - 1) * weights.slices) * each
    return energy
