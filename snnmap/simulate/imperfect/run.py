"""Chips of a mapping, prepared once and run for every seed and age, frames on threads."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from snnmap.analysis.apart import apart
from snnmap.analysis.cells import largest_weights
from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.core.run import Progress, stream
from snnmap.ir import SpikeGraph, Spikes
from snnmap.ir.devices import ChipMap
from snnmap.simulate.execution import side_by_side
from snnmap.simulate.imperfect.cells import Cells
from snnmap.simulate.imperfect.chips import Chip, must_fit
from snnmap.simulate.imperfect.converters import (
    BINS,
    calibrated_range,
    converter_steps,
    drive_steps,
    full_range,
    percentile_range,
)
from snnmap.simulate.imperfect.exact import IrError, ir_error, solver
from snnmap.simulate.imperfect.frames import Ran, Run, frames_of, joined
from snnmap.simulate.imperfect.layout import Layout, layout, reads
from snnmap.simulate.imperfect.options import ImperfectOptions
from snnmap.simulate.imperfect.programmed import columns, effective, parts, programmed
from snnmap.simulate.imperfect.wires import kept_currents
from snnmap.simulate.kernels.reads import Array, Reads


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
    """(lines,) the largest size of every line's sum before it was digitised, in the unit of its neuron's weights; empty
    unless events were asked for."""


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
            step = np.where(step > 0, step, 1.0)
            array = array._replace(step=step, codes=1.0 / step, limit=limit)
        if self.options.has("dac"):
            array = array._replace(pulse=drive_steps(self.view.graph, int(self.view.hardware["dac_bits"])))
        key = int(stream(chip.seed, f"reads at {age!r}").integers(2**62))
        exact = solver(self.cells, self.layout, chip, age) if self.is_solved else None
        found, done = [], 0
        for ran in frames_of(
            Run(data, self.reads, array, key, solver=exact, kept=keep_events, watched=keep_events), threads
        ):
            found.append(ran)
            for _ in ran.size:
                done += 1
                if progress is not None:
                    progress("accuracy", done, data.frames, 0.0)
        return _outcome(data, found, keep_events)

    @property
    def is_solved(self) -> bool:
        """Whether arrays are solved for the rows of every step."""
        return self.options.has("ir") and self.options.ir == "exact"

    @property
    def is_estimated(self) -> bool:
        """Whether what wires take is that of the profile's mean step."""
        return self.options.has("ir") and self.options.ir == "linear" and self.options.inactive == "gated"

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
        alike = ImperfectNetwork(self.view, ideal, self.temperature)
        run = Run(self.view.graph, alike.reads, alike.array(Chip(0), 0.0), 0, watched=True)
        peak = np.max([ran.peak for ran in frames_of(run, None)], axis=0)
        most = calibrated_range(self.layout, peak, crossbars)
        if how == "percentile":
            counted = run.array._replace(limit=most[self.layout.crossbar] * self.layout.unit)
            bins = sum(ran.bins for ran in frames_of(run._replace(array=counted, bins=BINS), None))
            most = percentile_range(most, np.asarray(bins, np.int64))
        return converter_steps(self.view, self.layout, most)

    def array(self, chip: Chip, age: float, threads: int | None = None) -> Array:
        """What the crossbars of `chip` do at `age`, as the kernel reads it."""
        estimate = self._kept if self.is_estimated else None
        return programmed(self.cells, self.layout, chip, age, estimate, threads)

    def weights(self, chip: Chip, age: float) -> F64:
        """What a unit on every row adds to each line of its crossbar, as `Layout.first` has them (cells,)."""
        return effective(self.cells, self.layout, self.array(chip, age))

    def columns(self, chip: Chip) -> tuple[F64, F64]:
        """Gain of every line of a chip, and its offset in the unit of its neuron's weights (lines,); empty: 1 and 0."""
        return columns(self.cells, self.layout, chip)

    @cached_property
    def uses(self) -> tuple[View, I64]:
        """Every use of a crossbar as one of its own, and the crossbar of each (`analysis.apart`)."""
        return apart(self.view)

    @cached_property
    def layout(self) -> Layout:
        """Where rows and lines stand."""
        return layout(*self.uses)

    @cached_property
    def reads(self) -> Reads:
        """Who reads which of them."""
        return reads(self.uses[0], self.layout, parts(self.cells))

    @cached_property
    def cells(self) -> Cells:
        """The cells of any chip."""
        network = self.view.graph.network
        largest = largest_weights(network)[network.population_of()[network.post]]
        signed = network.weight / np.where(largest > 0, largest, 1.0)
        view, crossbar = self.uses
        return Cells(view, self.options, signed, self.temperature[crossbar], crossbar)

    @cached_property
    def _kept(self) -> list[F64]:
        """What wires leave of every cell's current, by use of a crossbar."""
        ambient, warm = self.view.hardware["ambient_temperature"], self.options.has("temperature")
        view = self.uses[0]

        def kept(use: int) -> F64:
            at = float(self.cells.temperature[use]) if warm else ambient
            return kept_currents(view, use, self.cells.target(use).share, at)

        return list(side_by_side(kept, view.mapping.clustering.clusters, None))


def _outcome(graph: SpikeGraph, found: list[Ran], keep_events: bool) -> Outcome:
    """Counts and classes of all frames."""
    counts = np.concatenate([ran.counts for ran in found])
    classes = np.argmax(counts, axis=1) if counts.shape[1] else np.full(len(counts), -1)
    events = joined(found, graph.events) if keep_events and graph.events else None
    return Outcome(counts, classes.astype(np.int64), events, np.max([ran.peak for ran in found], axis=0))
