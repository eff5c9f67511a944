"""Chips of a mapping, prepared once and run for every seed and age, frames on threads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from snnmap.analysis.cells import largest_weights
from snnmap.analysis.view import View
from snnmap.core.arrays import F32, F64, I32, I64, frozen, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.ir import SpikeGraph, Spikes
from snnmap.ir.devices import ChipMap
from snnmap.simulate.execution import joined, kernel_arrays, side_by_side, stepping
from snnmap.simulate.imperfect.cells import ANALOG, Cells
from snnmap.simulate.imperfect.chips import Chip, must_fit
from snnmap.simulate.imperfect.converters import (
    BINS,
    calibrated_range,
    converter_steps,
    drive_steps,
    full_range,
    percentile_range,
)
from snnmap.simulate.imperfect.exact import ExactRun, IrError, Solver, ir_error, levels_of, solver
from snnmap.simulate.imperfect.layout import Layout, layout
from snnmap.simulate.imperfect.options import ImperfectOptions
from snnmap.simulate.imperfect.wires import kept_currents
from snnmap.simulate.kernels.imperfect import TABLE_BITS, Array, imperfect_frame
from snnmap.simulate.neurons import fresh
from snnmap.simulate.tally import Readout

Ran = tuple[tuple[I32, I32, F32], F64, I64]
"""Step, source and value of the events of a frame, and what `kernels.imperfect.imperfect_frame` saw."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a chip made of the frames."""

    counts: F64
    """(frames, outputs) sum of what every output source emitted."""
    predictions: I64
    """(frames,) class of every frame: the first of the largest counts; -1 without outputs."""
    events: Spikes | None
    """Every emission, if asked for."""
    peak: F64
    """(lines,) the largest size of every line's sum before it was digitised, in the unit of its neuron's weights."""


@dataclass(frozen=True, eq=False)
class ImperfectNetwork:
    """A mapped network on imperfect cells: facts that all chips share."""

    view: View
    options: ImperfectOptions
    temperature: F64
    """Of every cluster's crossbar, K (K,)."""

    def chip(self, seed: int, known: ChipMap | None = None) -> Chip:
        """Device sample number `seed`; of a chip that is `known` in part.

        Raises
        ------
        InputError
            If what is known is of other hardware.
        """
        if known is not None:
            must_fit(known, self.view.hardware)
        return Chip(seed, known)

    def run(
        self,
        chip: Chip,
        age: float,
        *,
        graph: SpikeGraph | None = None,
        keep_events: bool = False,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Run every frame on `chip`, `age` seconds after its first read.

        Parameters
        ----------
        graph
            Profile of the same network on other data; none: that of the mapping.
        threads
            Frames at a time; none: one per core. The result is the same for any number.
        progress
            Called with ("accuracy", frames done, frames, 0).

        Raises
        ------
        InputError
            If the profile keeps no events, or was recorded rather than simulated.
        """
        data = graph or self.view.graph
        array = self.array(chip, age, threads)
        if self.options.has("adc"):
            step, limit = self._steps
            array = array._replace(step=step, limit=limit)
        if self.options.has("dac"):
            array = array._replace(pulse=drive_steps(self.view.graph, int(self.view.hardware["dac_bits"])))
        key = int(stream(chip.seed, f"reads at {age!r}").integers(2**62))
        exact = solver(self.cells, self.layout, chip, age) if self.is_solved else None
        run = frame_runner(data, array, key, exact=exact)
        found = []
        for done, frame in enumerate(side_by_side(run, data.frames, threads), start=1):
            found.append(frame)
            if progress is not None:
                progress("accuracy", done, data.frames, 0.0)
        return _outcome(data, found, keep_events)

    @property
    def is_solved(self) -> bool:
        """Whether arrays are solved for the rows of every step."""
        return self.options.has("ir") and self.options.ir == "exact"

    def ir_error(self, chip: Chip, age: float) -> IrError:
        """How far the linear estimate of what wires take is off, on steps of the profile and a chip at an age."""
        return ir_error(solver(self.cells, self.layout, chip, age), self._kept)

    @cached_property
    def _steps(self) -> tuple[F64, F64]:
        """Step and limit of the converters of every line, from the profile's own sums in ideal cells."""
        crossbars, how = self.view.mapping.clustering.clusters, self.view.hardware.adc_range
        if how == "full":
            return converter_steps(self.view, self.layout, full_range(self.view))
        ideal = replace(self.options, effects=self.options.effects & {"levels"})
        array = ImperfectNetwork(self.view, ideal, self.temperature).array(Chip(0), 0.0)
        peak = np.zeros(len(self.layout.unit))
        for _, line_peak, _ in side_by_side(frame_runner(self.view.graph, array, 0), self.view.graph.frames, None):
            np.maximum(peak, line_peak, out=peak)
        most = calibrated_range(self.layout, peak, crossbars)
        if how == "percentile":
            counted = array._replace(limit=most[self.layout.crossbar] * self.layout.unit)
            run = frame_runner(self.view.graph, counted, 0, bins=BINS)
            bins = sum(found for _, _, found in side_by_side(run, self.view.graph.frames, None))
            most = percentile_range(most, np.asarray(bins, np.int64))
        return converter_steps(self.view, self.layout, most)

    def array(self, chip: Chip, age: float, threads: int | None = None) -> Array:
        """What the crossbars of `chip` do at `age`, as the kernel reads it."""
        lines, options = self.layout, self.options
        exact = not options.effects & ANALOG and not (options.has("adc") and self.view.hardware.weights.slices > 1)
        weight = np.zeros(int(lines.first[-1]), np.float32)
        variance = np.zeros(len(weight) if options.has("read") else 0, np.float32)
        estimate = self._kept if options.has("ir") and not self.is_solved else None

        def fill(cluster: int) -> None:
            own = self.view.mapping.clustering.rows_of(cluster)
            if own.stop == own.start:
                return
            cells = slice(int(lines.first[own.start]), int(lines.first[own.stop]))
            base, width = int(lines.base[own.start]), int(lines.width[own.start])
            largest, grid = lines.largest[base : base + width], lines.grid[base : base + width]
            read = self.cells.read(cluster, chip, age, None if estimate is None else estimate[cluster])
            value = read.mean.reshape(own.stop - own.start, -1) * largest
            weight[cells] = (_snapped(value, grid, read.mean.shape[2]) if exact else value).reshape(-1)
            if len(variance):
                variance[cells] = (read.variance.reshape(value.shape) * np.square(largest)).reshape(-1)

        for _ in side_by_side(fill, self.view.mapping.clustering.clusters, threads):
            pass
        return self._array_of(weight, variance, exact, chip)

    def columns(self, chip: Chip) -> tuple[F64, F64]:
        """Gain of every line of a chip, and its offset in the unit of its neuron's weights (lines,); empty: 1 and 0."""
        if chip.map is None:
            return np.zeros(0), np.zeros(0)
        mapping, slices = self.view.mapping, self.view.hardware.weights.slices
        tile = mapping.placement.tile[row_of_entry(mapping.clustering.column_ptr)].astype(np.int64)
        at = np.repeat(tile, slices), (mapping.wiring.column[:, np.newaxis] * slices + np.arange(slices)).reshape(-1)
        return chip.map.gain[at], chip.map.offset[at] * self.layout.unit

    def _array_of(self, weight: F32, variance: F32, exact: bool, chip: Chip) -> Array:
        lines, network = self.layout, self.view.graph.network
        gain, offset = self.columns(chip)
        return Array(
            row_ptr=lines.row_ptr,
            row=lines.row,
            first=lines.first[:-1],
            base=lines.base,
            width=lines.width,
            weight=weight,
            variance=variance,
            grid=lines.grid if exact else np.zeros(0),
            gain=gain,
            offset=offset,
            step=np.zeros(len(lines.unit)),
            limit=np.zeros(len(lines.unit)),
            line_ptr=lines.line_ptr,
            line=lines.line,
            crossbar=lines.crossbar,
            biases=np.flatnonzero(network.is_bias()),
            pulse=np.zeros(network.sources),
        )

    @cached_property
    def layout(self) -> Layout:
        """Where rows and lines stand."""
        return layout(self.view)

    @cached_property
    def cells(self) -> Cells:
        """The cells of any chip."""
        network = self.view.graph.network
        largest = largest_weights(network)[network.population_of()[network.post]]
        signed = network.weight / np.where(largest > 0, largest, 1.0)
        return Cells(self.view, self.options, signed, self.temperature)

    @cached_property
    def _kept(self) -> list[F64]:
        """What wires leave of every cell's current, by cluster."""
        ambient, warm = self.view.hardware["ambient_temperature"], self.options.has("temperature")

        def kept(cluster: int) -> F64:
            at = float(self.temperature[cluster]) if warm else ambient
            return kept_currents(self.view, cluster, self.cells.target(cluster).share, at)

        return list(side_by_side(kept, self.view.mapping.clustering.clusters, None))


def _snapped(value: F64, grid: F64, slices: int) -> F64:
    """Weights (rows, lines) on their grid again, all of a weight in the line of its first slice; sums stay exact."""
    whole = value.reshape(len(value), -1, slices).sum(axis=2)
    on_grid = np.zeros(value.shape)
    on_grid[:, ::slices] = np.rint(whole / grid[::slices]) * grid[::slices]
    return on_grid


def frame_runner(
    graph: SpikeGraph, array: Array, key: int, *, bins: int = 0, exact: Solver | None = None
) -> Callable[[int], Ran]:
    """A function that runs one frame: its events, the largest sum of every line, how many sums have which size.

    Raises
    ------
    InputError
        If the profile keeps no events, or was recorded rather than simulated.
    """
    events, externals = graph.events, graph.network.externals
    if events is None or graph.dynamics is None:
        raise InputError("accuracy needs a simulated profile with its events; profile the network with fewer samples")
    rule, state = stepping(graph.network, graph.dynamics)
    layers = kernel_arrays(graph.network)[1]
    normal = normal_quantiles()
    keys = np.random.SeedSequence(key).generate_state(graph.frames, np.uint64) >> np.uint64(1)
    counted = int(array.crossbar.max(initial=-1)) + 1 if bins else 0
    solved = None if exact is None else ExactRun(exact, levels_of(layers, exact.layout), array, layers, rule)

    def run(frame: int) -> Ran:
        own = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
        keep = events.source[own] < externals
        stimulus = (events.step[own][keep], events.source[own][keep], events.value[own][keep])
        peak, sizes = np.zeros(len(array.step)), np.zeros((counted, bins), np.int64)
        noise = (int(keys[frame]), normal)
        if solved is not None:
            return solved.frame(fresh(state), events.steps, stimulus, noise, (peak, sizes)), peak, sizes
        emitted = imperfect_frame(array, layers, rule, fresh(state), events.steps, stimulus, noise, (peak, sizes))
        return emitted, peak, sizes

    return run


def _outcome(graph: SpikeGraph, found: list[Ran], keep_events: bool) -> Outcome:
    """Counts and classes of all frames."""
    of = Readout.of(graph.network)
    counts = np.array([of.counts(source, value) for (_, source, value), _, _ in found])
    classes = np.argmax(counts, axis=1) if len(of.outputs) else np.full(len(found), -1)
    peak = np.max([peak for _, peak, _ in found], axis=0)
    events = joined([events for events, _, _ in found], graph.events) if keep_events and graph.events else None
    return Outcome(counts, classes.astype(np.int64), events, peak)


def normal_quantiles() -> F64:
    """The 2^TABLE_BITS middle quantiles of the standard normal distribution, scaled to variance 1."""
    from scipy.special import ndtri

    count = 1 << TABLE_BITS
    table = np.asarray(ndtri((np.arange(count) + 0.5) / count), np.float64)
    return frozen(table / np.sqrt(np.mean(np.square(table))), np.float64)
