"""Comparison of objectives: one table of metrics x objectives, for some workloads and technologies.

A workload is profiled once. What two objectives have in common is computed once too: the clusters, where partitioner
and crossbars are equal, and the tiles, where also the placer is and nothing but traffic guides it. Paper and physics
figures stay in rows of their own.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from snnmap import pipeline
from snnmap.core.errors import InputError
from snnmap.evaluate import evaluate
from snnmap.evaluate import figures as figures_of
from snnmap.frontend import LoadOptions
from snnmap.hardware import load_hardware
from snnmap.ir import SpikeGraph, Workload
from snnmap.pipeline import Compiled, CompileOptions, Given, Progress
from snnmap.plan import Plan, plan_for
from snnmap.reliability import paper_quality
from snnmap.report.labels import label, mode_of, with_totals

OBJECTIVES = ("traffic", "espine", "thermal", "lifetime", "leakage", "energy", "throughput")
"""Compared unless others are asked for; ratios are to the first."""

METRICS = (
    *("crossbars", "messages", "hops", "energy_J", "latency_s", "throughput_frames_per_s"),
    *("physics_temperature_average_K", "physics_temperature_hottest_K", "physics_temperature_cell_peak_K"),
    *(
        "physics_power_dynamic_W",
        "physics_leakage_W",
        "physics_energy_total_J",
        "physics_refresh_interval_s",
        "physics_lifetime_s",
    ),
    *("physics_lifetime_spared_s", "physics_first_failure_s", "physics_limited_by"),
    *("paper_lifetime_frames", "paper_lifetime_bound_frames", "paper_temperature_average_K"),
    *("paper_temperature_spike_K", "paper_temperature_hottest_K", "paper_leakage_W"),
)
"""Rows of the table; figures that a technology does not have are left out."""

Source = str | Path | Workload | SpikeGraph
Pace = Literal["real-time", "flat-out"]
INSTANT = 1e-12
"""Time step, s, so short that the guaranteed period sets the pace."""


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What is compared."""

    objectives: tuple[str, ...] = OBJECTIVES
    technologies: tuple[str, ...] = ()
    """Device technologies for the chip; empty: its own."""
    base: CompileOptions = field(default_factory=CompileOptions)
    """Chip, seed, variation, budget: all but objective and technology."""
    pace: Pace = "real-time"
    """One step per dt, or frames back to back at the guaranteed period: sets duty, heat and leakage per frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One workload on one technology under one objective."""

    workload: str
    technology: str
    objective: str
    compiled: Compiled

    def figures(self, pace: Pace) -> dict[str, Any]:
        """All figures at a pace."""
        if pace == "real-time":
            return with_totals(self.compiled.mapping.figures)
        mapping, graph, hardware = self.compiled.mapping, self.compiled.graph, self.compiled.hardware
        return with_totals(figures_of(evaluate(mapping, replace(graph, dt=INSTANT), hardware)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the comparison."""

    workload: str
    technology: str
    objective: str
    metric: str
    mode: str
    """`physics`, `paper` or nothing."""
    unit: str
    """SI; `1` is a share, nothing a count."""
    value: float | int | str | None
    ratio: float | None
    """Value over that of the first objective; none for words, temperatures and what never happens."""
    difference: float | None
    """Temperature minus that of the first objective, K."""

    def row(self) -> dict[str, Any]:
        """Field to value."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = ("workload", "technology", "objective", "metric", "mode", "unit", "value", "ratio", "difference")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The whole table, long form: workloads, then technologies, metrics, objectives."""

    entries: tuple[Entry, ...]
    objectives: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One JSON-able record per entry."""
        return [entry.row() for entry in self.entries]

    def csv(self) -> str:
        """The same as CSV with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows())
        return text.getvalue()

    def tables(self) -> Iterator[tuple[str, str, list[Entry]]]:
        """Workload, technology and the entries of every pair."""
        keys = dict.fromkeys((entry.workload, entry.technology) for entry in self.entries)
        for workload, technology in keys:
            yield (
                workload,
                technology,
                [e for e in self.entries if (e.workload, e.technology) == (workload, technology)],
            )


def compare(
    sources: Sequence[Source],
    options: CompareOptions | None = None,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compile every workload under every objective at every technology and tabulate the figures.

    Parameters
    ----------
    sources
        Workloads as `compile` takes them.
    options
        Objectives, technologies, chip, seed, pace.
    load
        Data and stepping, for all workloads alike.
    progress
        Called with (stage, done, total, best cost); the stage `compare` counts mappings.

    Raises
    ------
    InputError
        If a name is unknown, or an objective asks for what a technology has not.
    InfeasibleError
        If a workload does not fit the chip.
    """
    options = options or CompareOptions()
    found = [(case, case.figures(options.pace)) for case in cases(sources, options, load=load, progress=progress)]
    return tabulated([(case.workload, case.technology, case.objective, told) for case, told in found])


def cases(
    sources: Sequence[Source],
    options: CompareOptions,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Iterator[Case]:
    """Every mapping of the comparison, one after the other; see `compare`."""
    technologies = _checked(sources, options)
    total, done = len(sources) * len(technologies) * len(options.objectives), 0
    for source in sources:
        graph = source if isinstance(source, SpikeGraph) else pipeline.profile(source, load, progress=progress)
        name = str(graph.provenance.get("name", "")) or str(source)
        known: dict[str, Any] = {}
        for technology in technologies:
            for objective in options.objectives:
                told = replace(options.base, objective=objective, technology=technology)
                compiled = _compiled(graph, told, known, progress)
                yield Case(name, compiled.hardware.technology.name, objective, compiled)
                done += 1
                if progress is not None:
                    progress("compare", done, total, 0.0)


def _checked(sources: Sequence[Source], options: CompareOptions) -> tuple[str | None, ...]:
    """Technologies to compare at, after everything that can be wrong was looked at: before any work is done."""
    if not sources or not options.objectives:
        raise InputError("nothing to compare: give at least one workload and one objective")
    for what, names in (("objective", options.objectives), ("technology", options.technologies)):
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise InputError(f"{what} {twice[0]!r} is listed twice; list it once")
    technologies: tuple[str | None, ...] = options.technologies or (options.base.technology,)
    plans = [_plan(replace(options.base, objective=objective)) for objective in options.objectives]
    for technology in technologies:
        hardware = load_hardware(options.base.hardware, technology)
        if any(plan.quality == "endurance" for plan in plans):
            paper_quality(hardware)
    return technologies


def _plan(options: CompileOptions) -> Plan:
    return plan_for(options.objective, dict(options.settings), options.terms)


def _compiled(graph: SpikeGraph, options: CompileOptions, known: dict[str, Any], progress: Progress | None) -> Compiled:
    """Mapping under `options`, from clusters and tiles in `known` where they must be the same, and adding to it."""
    plan = _plan(options)
    clustered = repr(plan.partition)
    placed = None if plan.terms else f"{clustered} {plan.place!r}"
    given = Given(known.get(clustered), known.get(placed or ""))
    compiled = pipeline.compile(graph, options, progress=progress, given=given)
    known[clustered] = compiled.mapping.clustering
    if placed is not None:
        known[placed] = compiled.mapping.placement
    return compiled


def tabulated(found: Sequence[tuple[str, str, str, Mapping[str, Any]]], metrics: Sequence[str] = METRICS) -> Comparison:
    """Comparison of (workload, technology, objective, figures); ratios are to the first objective of each pair."""
    entries = []
    for workload, technology in dict.fromkeys(case[:2] for case in found):
        told = {objective: values for w, t, objective, values in found if (w, t) == (workload, technology)}
        first = next(iter(told.values()))
        for metric in metrics:
            if metric not in first:
                continue
            for objective, values in told.items():
                place = (workload, technology, objective, metric, mode_of(metric), label(metric).unit)
                entries.append(Entry(*place, values[metric], *_against(values[metric], first[metric], metric)))
    return Comparison(tuple(entries), tuple(dict.fromkeys(case[2] for case in found)))


def _against(value: Any, base: Any, metric: str) -> tuple[float | None, float | None]:
    """Ratio and difference to the first objective."""
    if not (isinstance(value, int | float) and isinstance(base, int | float)):
        return None, None
    if label(metric).unit == "K":
        return None, float(value - base)
    if base == 0:
        return (1.0 if value == 0 else None), None
    return float(value / base), None
