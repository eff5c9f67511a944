"""A mapping file run on drawn chips: how accurate each is at each age, beside ideal devices, and what that rests on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64
from snnmap.core.run import Progress, as_stage, stream
from snnmap.core.shown import Pictured
from snnmap.evaluation.accuracy import Accuracy, accuracy
from snnmap.frontend.chips import digest_of
from snnmap.hardware import Hardware, Quantity
from snnmap.ir import SpikeGraph
from snnmap.ir.devices import ChipMap
from snnmap.ir.origin import Origin
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.drawn import DrawnChips, Measured
from snnmap.pipeline.pulses import WriteBudget, budgets
from snnmap.pipeline.refresh import Refreshed, refreshed
from snnmap.pipeline.reopen import graph_of, reopen
from snnmap.pipeline.simulated import must_be_its_own
from snnmap.simulate.imperfect.exact import IrError
from snnmap.simulate.imperfect.run import Outcome
from snnmap.simulate.mapped import deviation


@dataclass(frozen=True, slots=True, eq=False)
class AtAge:
    """What the chips say at one age."""

    seconds: float
    """Since the first read."""
    accuracy: Accuracy
    each: tuple[float, ...]
    """Of every chip."""
    counts_off: float
    """Mean difference of the outputs' counts from those of ideal devices, over the mean count; 0: none."""


@dataclass(frozen=True, slots=True, eq=False)
class MappedAccuracy(Pictured):
    """How accurate chips of a mapping are, and what that rests on.

    `to_pandas()` has a row per age, s, with 95 % intervals; `plot()` draws them, every chip, and ideal devices, %.
    """

    workload: str
    hardware: Hardware
    options: AccuracyOptions
    measured: Measured
    ages: tuple[AtAge, ...]
    deviating: int | None
    """Events that differ from the profile's, of `--effects none`; none: not counted."""
    events: int
    """Events of the profile."""
    assumed: tuple[tuple[str, Quantity], ...]
    """Recalled and estimated quantities that were looked up."""
    ir_error: IrError | None = None
    """How far the estimate of what wires take is off, where it is one."""
    refresh: tuple[Refreshed, ...] = ()
    """With and without drift compensation, if asked for."""
    budgets: tuple[WriteBudget, ...] = ()
    """Of the numbers of write pulses that were asked for."""
    notes: tuple[str, ...] = ()
    """What else a reader must know."""

    @property
    def compensated(self) -> bool:
        """Whether the mean drift is scaled away."""
        asked = self.options.compensated
        return self.hardware.drift_compensation if asked is None else asked

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; shares 0 to 1, seconds."""
        chosen, technology, weights = self.options.imperfect, self.hardware.technology, self.hardware.weights
        return {
            "workload": self.workload,
            "chip": self.hardware.name,
            "technology": technology.name,
            "mode": technology.mode,
            "noise": technology.noise,
            **weights.table(),
            "effects": list(chosen.named),
            "ir": chosen.ir if "ir" in chosen.effects else None,
            "inactive": chosen.inactive if "ir" in chosen.effects else None,
            "ir_error": None if self.ir_error is None else self.ir_error._asdict(),
            "compensated": self.compensated,
            "devices": self.ages[0].accuracy.chips,
            "seed": self.options.seed,
            "measured": self.measured,
            "frames": self.ages[0].accuracy.frames,
            "ideal": self.ages[0].accuracy.ideal,
            "ages": [_document(each) for each in self.ages],
            "deviating_events": self.deviating,
            "events": self.events,
            "assumed": [
                {"quantity": key, "value": q.value, "unit": q.unit, "source": q.citation} for key, q in self.assumed
            ],
            "refresh": [each.document() for each in self.refresh],
            "program_pulses": [each.document() for each in self.budgets],
            "notes": list(self.notes),
        }


def accuracy_file(
    source: Path | str | Compiled,
    options: AccuracyOptions | None = None,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    progress: Progress | None = None,
) -> MappedAccuracy:
    """How accurate the mapped network is on drawn chips, at every age asked for, beside ideal devices.

    Parameters
    ----------
    source
        Mapping file, or what `compile` returned.
    options
        Which chips, ages, effects and data.
    workload, hardware
        Where those of a file are now, if not where it says.
    progress
        Called with ("accuracy", frames done, frames of all chips and ages, 0), and for the stages before.

    Raises
    ------
    InputError
        If mapping, workload, data or chip cannot be read, are not those of the mapping, or cannot be run as asked.
    """
    options = options or AccuracyOptions()
    if isinstance(source, Compiled):
        view = source.view
    else:
        view = View(*reopen(Path(source), workload=workload, hardware=hardware, progress=progress))
        must_be_its_own(view.mapping, view.graph, view.hardware)
    mapping, chip, given = view.mapping, view.hardware, options.given
    data = graph_of(mapping, chip, workload=workload, given=given, progress=progress) if given else view.graph
    chips = DrawnChips.of(view, data, options, progress)
    ages, deviating = _ages(chips, progress) if options.imperfect.effects else _without_effects(chips, progress)
    return MappedAccuracy(
        workload=mapping.workload.name,
        hardware=chip,
        options=options,
        measured=chips.measured,
        ages=ages,
        deviating=deviating,
        events=0 if data.events is None else len(data.events.source),
        assumed=chips.assumed,
        ir_error=as_stage(progress, "wires", chips.ir_error, options.seconds[0]),
        refresh=refreshed(view, chips, progress) if options.refresh else (),
        budgets=_bought(view, data, options, progress),
        notes=tuple(_of_another_chip(mapping.origin, chips.known)),
    )


def _of_another_chip(origin: Origin, known: ChipMap | None) -> Iterator[str]:
    """That the mapping keeps off the stuck cells of another chip than those that are run."""
    wired = origin.wired_for
    if wired is msgspec.UNSET or (known is not None and digest_of(known) == wired.digest):
        return
    file = wired.source or "one that had no file"
    run = "drawn chips" if known is None else "another chip"
    yield f"wired for the stuck cells of one chip ({file}), but run on {run}; give --chip to run it there"


def _bought(
    view: View, data: SpikeGraph, options: AccuracyOptions, progress: Progress | None
) -> tuple[WriteBudget, ...]:
    """What each number of write pulses buys, if any is asked for."""
    asked = tuple(options.program_pulses)
    return budgets(view, lambda at: DrawnChips.of(at, data, options), asked, progress) if asked else ()


def _ages(chips: DrawnChips, progress: Progress | None) -> tuple[tuple[AtAge, ...], None]:
    """All chips at all ages."""
    ages, devices, frames = chips.options.seconds, chips.options.devices, chips.data.frames
    expected, found = chips.counts(), []
    for k, age in enumerate(ages):
        shown = [_within(progress, (k * devices + chip) * frames, len(ages) * devices) for chip in range(devices)]
        outcomes = [chips.outcome(chip, age, shown[chip]) for chip in range(devices)]
        found.append(_at_age(chips, age, outcomes, expected))
    return tuple(found), None


def _without_effects(chips: DrawnChips, progress: Progress | None) -> tuple[tuple[AtAge, ...], int]:
    """One chip at one age, because all are alike, and the events that differ from the profile's."""
    age = chips.options.seconds[0]
    outcome = chips.outcome(0, age, progress, keep_events=True)
    assert outcome.events is not None
    return (_at_age(chips, age, [outcome], chips.counts()),), deviation(chips.data, outcome.events)


def _at_age(chips: DrawnChips, age: float, outcomes: list[Outcome], expected: F64) -> AtAge:
    correct = np.array([outcome.predictions == chips.right for outcome in outcomes])
    off = np.mean([np.abs(outcome.counts - expected).mean() for outcome in outcomes])
    mean = float(expected.mean())
    found = accuracy(correct, chips.ideal, rng=stream(chips.options.seed, "accuracy"))
    return AtAge(age, found, tuple(correct.mean(axis=1).tolist()), float(off) / mean if mean else 0.0)


def _within(progress: Progress | None, before: int, runs: int) -> Progress | None:
    """Progress of one of `runs` runs that has `before` frames in front of it, as that of all."""
    if progress is None:
        return None
    return lambda stage, done, frames, best: progress(stage, before + done, runs * frames, best)


def _document(age: AtAge) -> dict[str, Any]:
    found = age.accuracy
    return {
        "age_s": age.seconds,
        "mean": found.mean,
        "deviation": found.deviation,
        "interval": list(found.interval),
        "interval_chips": None if found.interval_chips is None else list(found.interval_chips),
        "change": found.change,
        "change_interval": list(found.change_interval),
        "counts_off": age.counts_off,
        "each": list(age.each),
    }
