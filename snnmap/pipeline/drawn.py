"""Chips of a mapping, drawn one by one and run on data: what each says of every frame, and what would be right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage
from snnmap.evaluation.sensitivity import Watched
from snnmap.hardware import Hardware, Quantity
from snnmap.ir import SpikeGraph
from snnmap.ir.devices import ChipMap
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.reliability.device import temperatures
from snnmap.simulate.imperfect.chips import must_fit
from snnmap.simulate.imperfect.exact import IrError
from snnmap.simulate.imperfect.run import ImperfectNetwork, Outcome
from snnmap.simulate.tally import Readout

Measured = Literal["accuracy", "agreement"]
"""Right is what the labels say; without labels, what ideal devices say."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnChips:
    """The chips that options ask for, ready to run."""

    network: ImperfectNetwork
    data: SpikeGraph
    """Profile of the mapped network on what the chips are shown."""
    options: AccuracyOptions
    looked_up: Mapping[str, None]
    """Quantities of chip and technology that were needed so far, but for what the temperature rests on."""
    known: ChipMap | None = None
    """What is known of one chip."""

    @classmethod
    def of(
        cls, view: View, data: SpikeGraph, options: AccuracyOptions, progress: Progress | None = None
    ) -> "DrawnChips":
        """Chips of the mapping of `view`, shown the frames of `data`.

        Raises
        ------
        InputError
            If nothing can be right or wrong, or `data` are of another network.
        """
        if data.predictions is None:
            raise InputError(f"{data.provenance.name}: the network names no outputs, so no chip is right or wrong")
        if data.network.digest() != view.graph.network.digest():
            raise InputError(f"{data.provenance.name}: the network is not the one that was mapped; compile again")
        log: dict[str, None] = {}
        chip = view.hardware
        technology = replace(chip.technology, values=Watched(chip.technology.values, log))
        seen = view.at(replace(chip, values=Watched(chip.values, log), technology=technology))
        warm = as_stage(progress, "temperature", _temperature, view, options)
        known = options.known
        if known is not None:
            must_fit(known, seen.hardware)
        return cls(ImperfectNetwork(seen, options.imperfect, warm), data, options, log, known)

    @property
    def hardware(self) -> Hardware:
        """The chip."""
        return self.network.view.hardware

    @property
    def measured(self) -> Measured:
        """What is right."""
        return "agreement" if self.data.labels is None else "accuracy"

    @property
    def right(self) -> I64:
        """Class of every frame (F,)."""
        found = self.data.predictions if self.data.labels is None else self.data.labels
        assert found is not None
        return found

    @property
    def ideal(self) -> Bool:
        """Whether ideal devices are right about every frame (F,)."""
        return np.asarray(self.data.predictions == self.right, bool)

    @property
    def assumed(self) -> tuple[tuple[str, Quantity], ...]:
        """Recalled and estimated quantities among those that were looked up."""
        known = self.hardware.quantities()
        return tuple((key, known[key]) for key in sorted(self.looked_up) if key in known and known[key].recalled)

    def outcome(self, chip: int, age: float, progress: Progress | None = None, *, keep_events: bool = False) -> Outcome:
        """What chip number `chip` (0: the first) makes of the frames, `age` seconds after its first read."""
        drawn = self.network.chip(self.options.seed + chip, self.known)
        return self.network.run(drawn, age, graph=self.data, keep_events=keep_events, progress=progress)

    def ir_error(self, age: float) -> IrError | None:
        """How far what wires take is off on the first chip, where it is estimated; none: it is not."""
        if not self.network.is_estimated:
            return None
        return self.network.ir_error(self.network.chip(self.options.seed, self.known), age)

    def correct(self, age: float, progress: Progress | None = None, *, first: int = 0) -> Bool:
        """Whether each of the chips asked for, from number `first` on, is right about each frame (C, F)."""
        chips = range(first, first + self.options.devices)
        return np.array([self.outcome(chip, age, progress).predictions == self.right for chip in chips])

    def counts(self) -> F64:
        """What every output emits in every frame with ideal devices (F, outputs)."""
        events, readout = self.data.events, Readout.of(self.data.network)
        if events is None:
            raise InputError("accuracy needs a profile with its events; profile the network with fewer samples")
        frames = [slice(int(a), int(b)) for a, b in pairwise(events.frame)]
        return np.array([readout.counts(events.source[own], events.value[own]) for own in frames])


def _temperature(view: View, options: AccuracyOptions) -> F64:
    """Of every cluster's crossbar, K: that of the mapping's own data at its pace, or of the air."""
    if options.imperfect.has("temperature") and view.hardware.technology.mode == "device":
        return temperatures(view)
    return np.full(view.mapping.clustering.clusters, view.hardware["ambient_temperature"])
