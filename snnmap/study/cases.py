"""The mappings of a comparison: every workload under every objective at every technology.

A workload is profiled once. What two objectives have in common is computed once too: the clusters, where partitioner
and crossbars are equal, and the tiles, where also the placer is and no term of its own guides it, and, if it may ask
how warm they get, the technology; and the schedule, where tiles, scheduler and technology are equal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.evaluation.figures import figures as figures_of
from snnmap.evaluation.figures import report_of
from snnmap.hardware import load_hardware
from snnmap.ir import SpikeGraph, Workload
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.compile import Compiled, Given, compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.compiled import plan_asked
from snnmap.pipeline.heat import cell_quality
from snnmap.pipeline.options import CompileOptions, LoadOptions
from snnmap.pipeline.plan import Plan
from snnmap.pipeline.profile import located_source, profile

OBJECTIVES = ("traffic", "espine", "thermal", "lifetime", "leakage", "energy", "throughput")
"""Compared unless others are asked for; ratios are to the first."""
REFERENCES = ("traffic", "default")
"""Objectives that others are compared with at the end of a compilation."""

COOL = ("anneal", "swarm", "hill_climb")
"""Placers that never ask how warm a tile gets, so that they find the same at every technology."""

Source = str | Path | Workload | SpikeGraph


Pace = Literal["real-time", "flat-out"]


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What is compared."""

    objectives: tuple[str, ...] = OBJECTIVES
    technologies: tuple[str, ...] = ()
    """Device technologies for the chip; empty: its own."""
    base: CompileOptions = field(default_factory=CompileOptions)
    """Chip, seed, variation, budget, pulse, pace and air: all but objective and technology."""
    measure: AccuracyOptions | None = None
    """Chips that accuracy is measured on, the same for all objectives, at one age; none: it is not measured."""
    workers: int = 1
    """Processes; each takes a workload at a time, and memory for it."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError(f"{self.workers} workers compare nothing; give at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One workload on one technology under one objective."""

    workload: str
    technology: str
    objective: str
    compiled: Compiled

    def figures(self, pace: Pace) -> dict[str, Any]:
        """All figures at a pace, whatever the mapping records."""
        asked = self.compiled.graph.dt if pace == "real-time" else 0.0
        if asked == self.compiled.view.seconds_per_step:
            return dict(self.compiled.mapping.figures)
        return figures_of(report_of(self.compiled.view.at_pace(asked)))


def cases(
    sources: Sequence[Source],
    options: CompareOptions,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Iterator[Case]:
    """Every mapping of the comparison, one after the other; see `compare`."""
    technologies = checked(sources, options)
    total, done = len(sources) * len(technologies) * len(options.objectives), 0
    for source in sources:
        graph = profiled(source, load, progress)
        name = graph.provenance.name or str(source)
        known: dict[str, Any] = {}
        for technology in technologies:
            for objective in options.objectives:
                chosen = replace(options.base, objective=objective, technology=technology)
                compiled = _compiled(graph, chosen, known, progress)
                yield Case(name, compiled.hardware.technology.name, objective, compiled)
                done += 1
                if progress is not None:
                    progress("compare", done, total, 0.0)


def must_exist(sources: Sequence[Source]) -> None:
    """Refuse a workload that is not to be found, before any is profiled.

    Raises
    ------
    InputError
        Naming it, and the nearest.
    """
    for source in sources:
        if isinstance(source, str | Path):
            located_source(source)


def profiled(source: Source, load: LoadOptions | None, progress: Progress | None) -> SpikeGraph:
    """The profile of a workload, unless it is one already."""
    return source if isinstance(source, SpikeGraph) else profile(source, load, progress=progress)


def checked(sources: Sequence[Source], options: CompareOptions) -> tuple[str | None, ...]:
    """Technologies to compare at, after everything that can be wrong was looked at: before any work is done.

    Raises
    ------
    InputError
        If a workload, objective or technology does not exist or is listed twice, or an objective asks for what a
        technology has not.
    """
    if not sources or not options.objectives:
        raise InputError("nothing to compare: give at least one workload and one objective")
    for what, names in (("objective", options.objectives), ("technology", options.technologies)):
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise InputError(f"{what} {twice[0]!r} is listed twice; list it once")
    must_exist(sources)
    technologies: tuple[str | None, ...] = options.technologies or (options.base.technology,)
    plans = [_plan(replace(options.base, objective=objective)) for objective in options.objectives]
    for technology in technologies:
        hardware = load_hardware(options.base.hardware, technology)
        if any(plan.quality == "endurance" for plan in plans):
            cell_quality(hardware, "endurance")
    return technologies


def _plan(options: CompileOptions) -> Plan:
    return plan_asked(options, {})


def _compiled(graph: SpikeGraph, options: CompileOptions, known: dict[str, Any], progress: Progress | None) -> Compiled:
    """Mapping under `options`, from clusters and tiles in `known` where they must be the same, and adding to it."""
    plan = _plan(options)
    clustered = repr(plan.partition)
    warm = options.technology if plan.record().place.algorithm not in COOL else ""
    chips = load_hardware(options.hardware, options.technology).chips
    weighed = f" {plan.crossing}" if chips.several else ""
    placed = None if plan.terms else f"{clustered} {plan.place!r} {warm}{weighed}"
    timed = None if placed is None else f"{placed} {plan.schedule!r} {options.technology}"
    rivals = {name: known[key] for name in REFERENCES if (key := f"{name} {options.technology}") in known}
    view = known.get(clustered)
    own = None if view is None else view.clustering
    given = Given(own, known.get(placed or ""), rivals, view, known.get(str(timed)))
    compiled = compile(graph, options, progress=progress, given=given)
    if options.objective in REFERENCES:
        known[f"{options.objective} {options.technology}"] = compiled
    if compiled.mapping.origin.plan.partition != plan.record().partition or (
        compiled.verdict is not None and compiled.verdict.kept
    ):
        return compiled
    known[clustered] = compiled.view.clusters
    if placed is not None:
        known[placed] = compiled.mapping.placement
        known[str(timed)] = (compiled.mapping.sdfg, compiled.mapping.schedule)
    return compiled
