"""IR drop without an estimate: the array of every crossbar solved for the rows of every step.

Where rows that are off are gated or float, what a cell gives depends on which others are on; no matrix stands for it.
Stepped in Python, a level at a time; `kernels.reads` reads the lines, and neurons are stepped as in any other run.
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
from snnmap.simulate.imperfect.layout import WORD, Layout
from snnmap.simulate.imperfect.options import Inactive
from snnmap.simulate.imperfect.wires import Places, line_sums, places
from snnmap.simulate.kernels.executor import Layers
from snnmap.simulate.kernels.imperfect import Recorded, Seen
from snnmap.simulate.kernels.neurons import NeuronState, Rule, update
from snnmap.simulate.kernels.reads import Array, Reads, settle
from snnmap.simulate.neurons import fresh

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
    inactive: Inactive
    """What rows do that are not driven."""

    def sums(self, cluster: int, values: F64, kept: F64 | None = None) -> F64:
        """What the lines of a crossbar read, in the unit of their neurons' weights (lines of the crossbar,).

        `values` (rows,) are what its rows are driven with; `kept`, an estimate of the share of its current that wires
        leave every cell, stands in for the wires.
        """
        weights, g = self.view.hardware.weights, self.g[cluster]
        g, wires = (g, self.wires[cluster]) if kept is None else (g * kept, NO_WIRES)
        read = line_sums(self.view, self.at[cluster], g, values, wires, self.inactive) * self.gain[cluster]
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
    return Solver(view, lines, tuple(places(view, k) for k in clusters), tuple(g), gain, wires, options.inactive)


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
    reads: Reads
    array: Array
    layers: Layers
    rule: Rule

    def frames(
        self,
        rest: NeuronState,
        steps: int,
        recorded: Recorded,
        own: tuple[int, int],
        noise: tuple[I64, F32],
        seen: Seen,
    ) -> tuple[I64, I32, I32, F32]:
        """As `kernels.imperfect.run_frames`, from neurons at `rest`, which stay so; all events are kept."""
        found = []
        for frame, counts in zip(range(*own), seen.counts, strict=True):
            ran = self._frame(fresh(rest), steps, (recorded, frame), (int(noise[0][frame]), noise[1]), seen)
            found.append(ran.joined())
            source, value = found[-1][1:]
            counts[:] = np.bincount(source, value, minlength=len(self.array.pulse))[seen.outputs]
        step, source, value = (np.concatenate(part) for part in zip(*found, strict=True))
        return np.array([len(ran[0]) for ran in found]), step, source, value

    def _frame(
        self, state: NeuronState, steps: int, of: tuple[Recorded, int], noise: tuple[int, F32], seen: Seen
    ) -> Ran:
        """One frame of a record."""
        recorded, layers = of[0], self.layers
        at = slice(int(recorded.frame[of[1]]), int(recorded.frame[of[1] + 1]))
        neurons = len(layers.bias)
        externals = len(self.reads.drive_ptr) - 1 - neurons
        outside = recorded.source[at] < externals
        step, source, value = (part[at][outside] for part in (recorded.step, recorded.source, recorded.value))
        acc, out, driven = np.zeros(neurons), np.zeros(neurons), np.zeros(WORD * int(self.reads.word_ptr[-1]))
        ran = Ran([], [], [])
        bounds = np.searchsorted(step, np.arange(steps + 1))
        for t in range(steps):
            own = slice(int(bounds[t]), int(bounds[t + 1]))
            self._drive(driven, self.reads.biases, np.ones(len(self.reads.biases)))
            ran.add(t, source[own].astype(np.int64), value[own].astype(np.float64))
            self._drive(driven, ran.source[-1], ran.value[-1])
            for number, level in enumerate(np.unique(layers.level)):
                for r in range(int(self.reads.level_ptr[number]), int(self.reads.level_ptr[number + 1])):
                    self._read(r, driven, (noise[0], t, noise[1]), acc, seen)
                of_level = np.flatnonzero(layers.level == level)
                for p in of_level:
                    first, stop = int(layers.first[p]), int(layers.stop[p])
                    update(int(layers.model[p]), self.rule, first, stop, state, acc, out)
                    fired = first + np.flatnonzero(out[first:stop])
                    ran.add(t, externals + fired, out[fired])
                for k in range(-len(of_level), 0):  # none is heard before all are updated
                    self._drive(driven, ran.source[k], ran.value[k])
        return ran

    def _drive(self, driven: F64, source: I64, value: F64) -> None:
        """Add what `source` emit to what the rows of reads are `driven` with, by slot."""
        pulse, first = self.array.pulse[source], self.reads.drive_ptr
        stepped = np.where(pulse > 0, np.rint(value / np.where(pulse > 0, pulse, 1.0)) * pulse, value)
        count = first[source + 1] - first[source]
        driven[self.reads.slot[ranges(first[source], count)]] += np.repeat(stepped, count)

    def _read(self, r: int, driven: F64, noise: tuple[int, int, F32], acc: F64, seen: Seen) -> None:
        """Solve a read for its rows in `driven`, which are set to 0, and add what it says to the neurons' inputs."""
        reads, array = self.reads, self.array
        base, width, size = int(reads.base[r]), int(reads.width[r]), int(reads.area[r + 1] - reads.area[r])
        cluster = int(array.crossbar[base])
        count = len(self.solver.g[cluster][0, 0])
        own = driven[WORD * int(reads.word_ptr[r]) :][:count]
        if not np.any(own):
            return
        square = np.square(own) @ array.cell[int(reads.cell[r]) :][: count * size].reshape(count, size)
        carried = (self.solver.sums(cluster, own), square[width : 2 * width].astype(np.float32))
        shared = float(square[-1]) if len(array.shared) else 0.0
        settle(reads, array, r, (*carried, shared), noise, acc, (seen.peak, seen.bins))
        own[:] = 0.0


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
