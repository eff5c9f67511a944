"""What is to be said about a mapping: its figures, what they rest on, and how far they can be trusted.

The file alone gives the figures and the constants. With the workload at hand (profiled anew, as `verify` does) also
the sensitivity of the figures, the weakest crossbar and the maps. Draws and prints nothing itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from snnmap.analysis.bounds import partition_bounds
from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage
from snnmap.core.shown import Tabled, shown
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.figures import reuse_told
from snnmap.evaluation.fragility import fragility
from snnmap.evaluation.judgement import reading_of
from snnmap.evaluation.maps import (
    States,
    crossbar_fields,
    crossbar_maps,
    states,
    tile_maps,
    weakest_crossbar,
    weakest_crossbars,
)
from snnmap.evaluation.sensitivity import HEADLINES, Sensitivity, Swing, conclusions, sensitivity, swings
from snnmap.formats.mapping import load
from snnmap.hardware import Hardware, Quantity
from snnmap.ir import Bottleneck, Fragility, PartitionBounds, Reading, Violation
from snnmap.ir import Mapping as Mapped
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.operating import OperatingOptions
from snnmap.pipeline.reopen import at_point, graph_of, hardware_of, violations
from snnmap.reliability.espine import espine_twin
from snnmap.reliability.sample import Sample
from snnmap.render.labels import label, mode_of
from snnmap.render.numbers import number
from snnmap.render.partition import partition_document
from snnmap.render.plots import PICTURE, plot_crossbar, plot_tiles
from snnmap.render.timing import timing_document

SHOWN = 3
"""Quantities listed per headline figure."""
MOST = 2000
"""Crossbars that take turns on tiles up to which the sensitivity is computed: it evaluates each some eighty times."""
LEFT_OUT = (
    "sensitivity is left out: it would evaluate {:,} crossbars that take turns on tiles some eighty times; it is for "
    "up to {:,} of them"
)
SAMPLED = "sensitivity is of a {}: extremes are those of the sample, means and sums at the ends of bands are within {}"


@dataclass(frozen=True, slots=True, eq=False)
class MappingReport(Tabled):
    """A mapping with what was found out about it.

    `to_pandas()` has a row per figure: key, words, physics mode, value, unit.
    """

    mapping: Mapped
    figures: Mapping[str, Any]
    constants: tuple[tuple[str, Quantity], ...]
    """Recalled and estimated quantities; only those that a figure looks up, if the workload is at hand."""
    sensitivity: Sensitivity | None
    weakest: int | None
    """Crossbar with the shortest lifetime."""
    view: View | None
    """Mapping, workload and chip, if the workload is at hand."""
    violations: tuple[Violation, ...] | None
    """What `verify` finds wrong with it; none: it was not verified."""
    reading: Reading | None
    """What the figures are for, and how far they can be believed; none without the chip's file."""
    notes: tuple[str, ...]
    """What could not be done, and why."""
    fragility: Fragility | None = None
    """How the timing depends on the profiled data, if the workload is at hand."""
    states: States | None = None
    """The chip under it in both modes, if the workload is at hand."""

    @property
    def legal(self) -> bool | None:
        """Whether the mapping passes `verify`; none: it was not verified."""
        return None if self.violations is None else not self.violations

    @property
    def bottleneck(self) -> Bottleneck | None:
        """What limits the time per step; none if the workload was not at hand."""
        return None if self.view is None else bottleneck(self.view)

    @property
    def partition_bounds(self) -> PartitionBounds | None:
        """Crossbars and messages beside what no partition can go below; none if the workload was not at hand."""
        return None if self.view is None else partition_bounds(self.view)

    def swings(self) -> dict[str, list[Swing]]:
        """Headline figure to what moves it, the largest effect first."""
        depends = self.sensitivity
        return {} if depends is None else {name: swings(depends, name) for name in HEADLINES if name in depends.base}

    def conclusions(self) -> list[str]:
        """Which conclusions survive the bands of the quantities."""
        return [] if self.sensitivity is None else conclusions(self.sensitivity)

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        moved = {
            name: [
                {
                    "quantity": swing.quantity,
                    "unit": swing.unit,
                    "band": list(swing.band),
                    "figure": list(swing.ends),
                    **({"margin_95": list(swing.margins)} if any(swing.margins) else {}),
                }
                for swing in listed
            ]
            for name, listed in self.swings().items()
        }
        constants = [
            {
                "quantity": key,
                "value": q.value,
                "unit": q.unit,
                "written": q.written,
                "band": q.band,
                "citation": q.citation,
            }
            for key, q in self.constants
        ]
        return {
            **self.figures,
            "legal": self.legal,
            "violations": [{f.name: getattr(v, f.name) for f in fields(v)} for v in self.violations or ()],
            "chip": msgspec.to_builtins(self.mapping.chip),
            "workload": msgspec.to_builtins(self.mapping.workload),
            "origin": msgspec.to_builtins(self.mapping.origin),
            "recalled": constants,
            "sensitivity": moved,
            "sensitivity_sample": None if self.sensitivity is None else sample_document(self.sensitivity),
            "conclusions": self.conclusions(),
            "weakest_crossbar": self.weakest,
            "crossbar_fields": [] if self.view is None else crossbar_fields(self.view, self.states),
            "partition": partition_document(self.partition_bounds),
            "timing": timing_document(self.reading, self.bottleneck, self.fragility),
            "judgements": [] if self.reading is None else [j._asdict() for j in self.reading.judgements],
            "notes": list(self.notes),
        }

    def plot(self, crossbar: int | None = None) -> Any:
        """Maps of the tiles as a matplotlib figure, or those of the cells of one crossbar; each with its unit.

        Raises
        ------
        InputError
            If the workload was not at hand, or there is no such crossbar.
        """
        return shown(self, "figure", crossbar=crossbar)


def sample_document(depends: Sensitivity) -> dict[str, Any] | None:
    """Crossbars that a sensitivity evaluated and half of the 95 % interval of its means; none: it evaluated all."""
    sample = depends.sample
    if sample is None:
        return None
    return {"crossbars": sample.size, "of": len(sample.by), "margin_95": depends.margins()}


def report(
    source: Path | str | Compiled,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    quick: bool = False,
    point: OperatingOptions | None = None,
    progress: Progress | None = None,
) -> MappingReport:
    """Everything that is to be said about a mapping.

    Parameters
    ----------
    source
        Mapping file, or what `compile` gave, which is verified already.
    workload, hardware
        Where those of a file are now, if not where it says; if they are not to be found, a note says so.
    quick
        Say what the file holds, profile and recompute nothing; nothing is verified then either.
    point
        Another operating point than the mapping was made for; once it is verified, it is scheduled and evaluated anew.

    Raises
    ------
    InputError
        If the mapping cannot be read, or not be operated at `point`.
    """
    elsewhere = _elsewhere(point, quick)
    if isinstance(source, Compiled):
        return _found(_operated(source.view, elsewhere), progress)
    mapping = load(source)
    bare = MappingReport(mapping, mapping.figures, (), None, None, None, None, None, ())
    try:
        chip = hardware_of(mapping, hardware)
    except InputError as error:
        return replace(bare, notes=(f"not verified; constants and sensitivity are left out: {error}",))
    unverified = replace(bare, constants=_constants(chip, None), reading=reading_of(mapping, chip))
    if quick:
        return replace(unverified, notes=("not verified: leave --quick out, or run `snnmap verify`",))
    try:
        graph = graph_of(mapping, chip, workload=workload, progress=progress)
    except InputError as error:
        if elsewhere is not None:
            raise
        lost = f"not verified; sensitivity and maps are left out, the workload is not to be had: {error}"
        return replace(unverified, notes=(lost,))
    wrong = tuple(as_stage(progress, "verify", violations, mapping, graph, chip))
    if wrong:
        return replace(bare, figures={}, violations=wrong)
    return _found(_operated(View(mapping, graph, chip), elsewhere), progress)


def _operated(view: View, point: OperatingOptions | None) -> View:
    """A verified mapping at another point, if there is one."""
    if point is None:
        return view
    mapping, chip = at_point(view.mapping, view.graph, view.hardware, point)
    return View(mapping, view.graph, chip)


def _elsewhere(point: OperatingOptions | None, quick: bool) -> OperatingOptions | None:
    """`point`, if it says anything."""
    if point in (None, OperatingOptions()):
        return None
    if quick:
        raise InputError("quick says what the file holds; leave out --quick, or --pulse, --pace and --ambient")
    return point


def _found(view: View, progress: Progress | None) -> MappingReport:
    """All that is to be said of a mapping that was verified."""
    mapping, chip = view.mapping, view.hardware
    many = mapping.clustering.clusters > MOST and view.clusters_on_tile.max() > 1
    depends = None if many else sensitivity(view, progress=progress)
    constants = _constants(chip, None if depends is None else depends.used)
    read, data, known = reading_of(mapping, chip), fragility(view), states(view)
    weakest = weakest_crossbar(view, known)
    notes = [] if mapping.clustering.uses is None else [reuse_told(view)]
    notes += [LEFT_OUT.format(mapping.clustering.clusters, MOST)] if many else []
    notes += [] if depends is None or depends.sample is None else [_sampled(depends, depends.sample)]
    return MappingReport(
        mapping, mapping.figures, constants, depends, weakest, view, (), read, tuple(notes), data, known
    )


def _sampled(depends: Sensitivity, sample: Sample) -> str:
    """What a sensitivity of a sample is good for, in words."""
    within = [
        f"{number(margin, label(name).unit, 2)} ({mode_of(name)} mode: {label(name).words.strip()})"
        for name, margin in depends.margins().items()
    ]
    return SAMPLED.format(sample.told(), f"{', '.join(within)} (95 %)")


def _constants(chip: Hardware, used: tuple[str, ...] | None) -> tuple[tuple[str, Quantity], ...]:
    """Recalled and estimated quantities of the chip and of the espine twin of its technology."""
    known = dict(chip.quantities())
    twin = espine_twin(chip.technology)
    if twin is not None and twin is not chip.technology:
        known |= {f"{twin.name}: {key}": quantity for key, quantity in twin.values.items()}
    return tuple((key, q) for key, q in known.items() if q.recalled and (used is None or key in used))


def chip_title(view: View, known: States | None = None) -> str:
    """What stands above the maps of a chip: workload and chip, and the weakest crossbar of every mode."""
    weakest = [f"{k} in {mode} mode" for mode, k in weakest_crossbars(view, known).items()]
    return f"{_name(view)}\nweakest crossbar: {', '.join(weakest)}"


def crossbar_title(view: View, crossbar: int, known: States | None = None) -> str:
    """What stands above the maps of a crossbar: where it is, and in which modes it is the weakest."""
    modes = [mode for mode, k in weakest_crossbars(view, known).items() if k == crossbar]
    weakest = f", the weakest in {' and '.join(modes)} mode" if modes else ""
    tile = int(view.mapping.placement.tile[crossbar])
    return f"{_name(view)}: crossbar {crossbar} on tile {tile}{weakest}"


def _name(view: View) -> str:
    return f"{view.mapping.workload.name} on {view.hardware.name}, {view.hardware.technology.name}"


def pictures(mapped: MappingReport, folder: Path, crossbar: int | None = None, ending: str = PICTURE) -> list[Path]:
    """Draw the tile maps and the maps of one crossbar, the weakest if none is named, into `folder`.

    `ending` says how: `.png`, `.svg` or `.pdf`.

    Raises
    ------
    InputError
        If the workload was not at hand, the crossbar does not exist, or the folder cannot be written.
    """
    view = mapped.view
    if view is None:
        why = "the mapping is not legal" if mapped.violations else "; ".join(mapped.notes)
        raise InputError(f"no pictures can be drawn: {why}")
    chip = view.hardware
    chosen = int((mapped.weakest if crossbar is None else crossbar) or 0)
    charts = crossbar_maps(view, chosen, mapped.states)
    tiles, array = folder / f"tiles{ending}", folder / f"crossbar-{chosen}{ending}"
    title = chip_title(view, mapped.states)
    mesh, horizon, grid = (chip.mesh_width, chip.mesh_height), chip["horizon"], chip.chips.grid
    plot_tiles(tile_maps(view, mapped.states), mesh, tiles, title=title, horizon=horizon, grid=grid)
    plot_crossbar(charts, array, title=crossbar_title(view, chosen, mapped.states))
    return [tiles, array]
