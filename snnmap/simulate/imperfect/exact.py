"""IR drop without an estimate: the array of every crossbar solved for the rows of every step.

Rows that are off are gated, so that what a cell gives depends on which others are on; no matrix stands for that.
Stepped in Python, a level at a time; `kernels.imperfect` reads the lines, and neurons are stepped as in any other run.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.analysis.traffic import steps_by_source
from snnmap.analysis.view import View
from snnmap.core.arrays import F32, F64, I32, I64, ranges
from snnmap.physics.crossbar import Wires
from snnmap.physics.encoding import significance
from snnmap.simulate.imperfect.cells import Cells
from snnmap.simulate.imperfect.chips import Chip
from snnmap.simulate.imperfect.layout import Layout
from snnmap.simulate.imperfect.wires import Places, line_sums, places
from snnmap.simulate.kernels.executor import Layers
from snnmap.simulate.kernels.imperfect import Array, merge
from snnmap.simulate.kernels.neurons import NeuronState, Rule, update

CROSSBARS, PATTERNS = 16, 8
"""Crossbars of a mapping, and steps of each, that an estimate is compared with the exact solution on."""
SEED = 1
"""Of their choice."""
NO_WIRES = Wires(0.0, 0.0, 0.0, 0.0)


class IrError(NamedTuple):
    """How far the linear estimate of what lines read is from the exact solution, on steps of the profile."""

    patterns: int
    """Steps of crossbars that were compared."""
    rms: float
    """Root mean square of the differences over that of the sums."""
    worst: float
    """Largest difference over the largest sum."""


@dataclass(frozen=True, slots=True, eq=False)
class Solver:
    """The arrays of one chip at one age."""

    view: View
    layout: Layout
    at: tuple[Places, ...]
    """By cluster."""
    g: tuple[F64, ...]
    """Conductances by cluster, S (halves, slices, rows, columns)."""
    gain: F64
    """(K,)"""
    wires: tuple[Wires, ...]
    """By cluster, at its temperature."""

    def sums(self, cluster: int, values: F64, kept: F64 | None = None) -> F64:
        """What the lines of a crossbar read, in the unit of their neurons' weights (lines of the crossbar,).

        `values` (rows,) are what its rows are driven with; `kept`, an estimate of the share of its current that wires
        leave every cell, stands in for the wires.
        """
        weights, g = self.view.hardware.weights, self.g[cluster]
        g, wires = (g, self.wires[cluster]) if kept is None else (g * kept, NO_WIRES)
        read = line_sums(self.view, self.at[cluster], g, values, wires) * self.gain[cluster]
        each = read * significance(weights.levels, weights.slices)[:, np.newaxis]
        first = int(self.view.mapping.clustering.column_ptr[cluster]) * weights.slices
        whole: F64 = each.T.reshape(-1) * self.layout.largest[first : first + each.size]
        return whole


def solver(cells: Cells, lines: Layout, chip: Chip, age: float) -> Solver:
    """The arrays of a chip, `age` seconds after its first read."""
    view, options = cells.view, cells.options
    hardware, technology = view.hardware, view.hardware.technology
    clusters = range(view.mapping.clustering.clusters)
    g, gain = [], np.ones(len(clusters))
    for k in clusters:
        target = cells.target(k)
        state = cells.state(k, target.share, chip, age)
        ideal = technology["g_min"] + target.share * (technology["g_max"] - technology["g_min"])
        g.append(state.now if options.has("off") else np.where(target.used, state.now, ideal))
        gain[k] = state.gain
    warm, ambient = options.has("temperature"), hardware["ambient_temperature"]
    wires = tuple(Wires.of(technology, float(cells.temperature[k]) if warm else ambient) for k in clusters)
    return Solver(view, lines, tuple(places(view, k) for k in clusters), tuple(g), gain, wires)


class Levels(NamedTuple):
    """What is read for the neurons of each level: (clusters, their lines) by level."""

    level: I64
    """Levels that neurons have, ascending."""
    clusters: tuple[I64, ...]
    lines: tuple[tuple[I64, ...], ...]
    """Lines of each of these clusters, numbered in all."""


def levels_of(layers: Layers, lines: Layout) -> Levels:
    """Which lines of which crossbars are read together with which level of neurons."""
    neuron_level = np.repeat(layers.level, layers.stop - layers.first)
    line_level = np.empty(len(lines.crossbar), np.int64)
    line_level[lines.line] = np.repeat(neuron_level, np.diff(lines.line_ptr))
    level = np.unique(layers.level)
    clusters, own = [], []
    for each in level:
        there = np.flatnonzero(line_level == each)
        found, first = np.unique(lines.crossbar[there], return_index=True)
        clusters.append(found.astype(np.int64))
        own.append(tuple(np.split(there, first[1:])))
    return Levels(level, tuple(clusters), tuple(own))


class Ran(NamedTuple):
    """Events of a frame so far, step by step."""

    step: list[I64]
    source: list[I64]
    value: list[F64]

    def add(self, t: int, source: I64, value: F64) -> None:
        """Events of step `t`."""
        self.step.append(np.full(len(source), t))
        self.source.append(source)
        self.value.append(value)

    def joined(self) -> tuple[I32, I32, F32]:
        """All of them."""
        step, source, value = (np.concatenate(part) for part in self)
        return step.astype(np.int32), source.astype(np.int32), value.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ExactRun:
    """Frames of a chip whose arrays are solved for the rows of every step."""

    solver: Solver
    levels: Levels
    array: Array
    layers: Layers
    rule: Rule

    def frame(
        self,
        state: NeuronState,
        steps: int,
        stimulus: tuple[I32, I32, F32],
        noise: tuple[int, F64],
        seen: tuple[F64, I64],
    ) -> tuple[I32, I32, F32]:
        """As `kernels.imperfect.imperfect_frame`."""
        array, layers = self.array, self.layers
        neurons, lines = len(layers.bias), len(array.step)
        externals = len(array.row_ptr) - 1 - neurons
        out = np.zeros(neurons)
        sums = (np.zeros(lines), np.zeros(lines), np.zeros(neurons))
        driven = np.zeros((len(self.levels.level), len(array.first)))
        ran = Ran([], [], [])
        bounds = np.searchsorted(stimulus[0], np.arange(steps + 1))
        for t in range(steps):
            own = slice(int(bounds[t]), int(bounds[t + 1]))
            self._drive(driven, array.biases, np.ones(len(array.biases)))
            ran.add(t, stimulus[1][own].astype(np.int64), stimulus[2][own].astype(np.float64))
            self._drive(driven, ran.source[-1], ran.value[-1])
            for number, level in enumerate(self.levels.level):
                self._read(number, driven[number], sums)
                driven[number] = 0.0
                for p in np.flatnonzero(layers.level == level):
                    first, stop = int(layers.first[p]), int(layers.stop[p])
                    merge(array, (first, stop), (noise[0], t * lines, noise[1]), sums, seen)
                    update(int(layers.model[p]), self.rule, first, stop, state, sums[2], out)
                    fired = first + np.flatnonzero(out[first:stop])
                    ran.add(t, externals + fired, out[fired])
                for k in range(-int(np.sum(layers.level == level)), 0):  # none is heard before all are updated
                    self._drive(driven, ran.source[k], ran.value[k])
        return ran.joined()

    def _drive(self, driven: F64, source: I64, value: F64) -> None:
        """Add what `source` emit to the rows of every level `driven` (levels, row entries)."""
        array = self.array
        pulse = array.pulse[source]
        stepped = np.where(pulse > 0, np.rint(value / np.where(pulse > 0, pulse, 1.0)) * pulse, value)
        count = array.row_ptr[source + 1] - array.row_ptr[source]
        driven[:, array.row[ranges(array.row_ptr[source], count)]] += np.repeat(stepped, count)

    def _read(self, level: int, driven: F64, sums: tuple[F64, F64, F64]) -> None:
        """Fill the sums and spreads of the lines of a level from the rows `driven` (row entries,)."""
        array, clustering = self.array, self.solver.view.mapping.clustering
        for cluster, lines in zip(self.levels.clusters[level].tolist(), self.levels.lines[level], strict=True):
            rows = clustering.rows_of(cluster)
            values = driven[rows]
            if not np.any(values):
                continue
            base, width = int(array.base[rows.start]), int(array.width[rows.start])
            sums[0][lines] = self.solver.sums(cluster, values)[lines - base]
            if len(array.variance):
                own = array.variance[array.first[rows.start] : array.first[rows.start] + len(values) * width]
                sums[1][lines] = (np.square(values) @ own.reshape(len(values), width))[lines - base]


def ir_error(exact: Solver, kept: list[F64]) -> IrError:
    """Error of the linear estimate `kept` (by cluster) on steps of the profile, drawn by a fixed seed.

    What lines read is compared for rows that are on at full voltage; `exact` may be any chip.
    """
    view = exact.view
    rng = np.random.Generator(np.random.PCG64(SEED))
    clustering, events, slices = view.mapping.clustering, view.graph.events, view.hardware.weights.slices
    if events is None:
        return IrError(0, 0.0, 0.0)
    ptr, step = steps_by_source(events, view.graph.network.sources)
    clusters = rng.permutation(clustering.clusters)[:CROSSBARS]
    differences, sums = [], []
    for k in np.sort(clusters).tolist():
        source = clustering.row_source[clustering.rows_of(k)].astype(np.int64)
        count = np.diff(ptr)[source]
        at, row = step[ranges(ptr[source], count)], np.repeat(np.arange(len(source)), count)
        chosen = np.unique(at)
        for t in np.sort(rng.permutation(chosen)[:PATTERNS]).tolist():
            values = view.graph.network.is_bias()[source].astype(np.float64)
            values[row[at == t]] = 1.0
            right = exact.sums(k, values)
            own = slice(int(clustering.column_ptr[k]) * slices, int(clustering.column_ptr[k + 1]) * slices)
            full = np.where(exact.layout.largest[own] > 0, exact.layout.largest[own], 1.0)
            differences.append((exact.sums(k, values, kept[k]) - right) / full)
            sums.append(right / full)
    if not sums:
        return IrError(0, 0.0, 0.0)
    off, whole = np.concatenate(differences), np.concatenate(sums)
    size = max(float(np.abs(whole).max()), np.finfo(np.float64).tiny)
    rms = float(np.sqrt(np.mean(np.square(off)) / max(np.mean(np.square(whole)), np.finfo(np.float64).tiny)))
    return IrError(len(sums), rms, float(np.abs(off).max()) / size)
