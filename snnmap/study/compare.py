"""Comparison of objectives: one table of metrics x objectives; figures of the two modes stay in rows of their own."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snnmap.core.run import Progress
from snnmap.core.shown import Pictured
from snnmap.ir import Judgement, Reading
from snnmap.pipeline.options import LoadOptions
from snnmap.render.labels import label, mode_of
from snnmap.study.beside import figured_beside
from snnmap.study.cases import CompareOptions, Source, cases, checked
from snnmap.study.measured import METRICS as ACCURACIES
from snnmap.study.measured import must_be_measurable, with_accuracy
from snnmap.study.verdicts import Judged, verdicts

METRICS = (
    *("crossbars", "area_m2", "messages", "hops", "energy_J", "latency_s", "energy_delay_Js"),
    *("throughput_frames_per_s", *ACCURACIES),
    *("device_temperature_average_K", "device_temperature_hottest_K", "device_temperature_cell_average_K"),
    *("device_temperature_cell_peak_K", "device_gradient_K", "device_gradient_steepest_K"),
    *(
        "device_power_dynamic_W",
        "device_leakage_W",
        "device_energy_total_J",
        "device_energy_delay_Js",
        "device_refresh_interval_s",
        "device_lifetime_s",
    ),
    *("device_lifetime_spared_s", "device_first_failure_s", "device_limited_by"),
    *("espine_lifetime_frames", "espine_lifetime_bound_frames", "espine_temperature_average_K"),
    *("espine_temperature_spike_K", "espine_temperature_hottest_K", "espine_temperature_cell_average_K"),
    *("espine_gradient_K", "espine_gradient_steepest_K", "espine_leakage_W"),
)
"""Rows of the table; figures that a technology does not have are left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the comparison."""

    workload: str
    technology: str
    objective: str
    metric: str
    mode: str
    """`device`, `espine` or nothing."""
    unit: str
    """SI; `1` is a share, nothing a count."""
    value: float | int | str | None
    ratio: float | None
    """Value over that of the first objective; none for words, temperatures and what never happens. Gradients have
    one: they are differences already."""
    difference: float | None
    """Temperature minus that of the first objective, K."""
    judgement: Judgement | None
    """Why the value is not to be read as it stands, if so."""

    @property
    def doubt(self) -> str:
        """The judgement's, or nothing."""
        return "" if self.judgement is None else self.judgement.doubt

    def row(self) -> dict[str, Any]:
        """Field to value."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = ("workload", "technology", "objective", "metric", "mode", "unit", "value", "ratio", "difference", "doubt")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Pictured):
    """The whole table, long form: workloads, then technologies, metrics, objectives.

    `to_pandas()` has a row per entry: value, ratio, difference, K; `plot()` draws the ratios to the first objective.
    """

    entries: tuple[Entry, ...]
    objectives: tuple[str, ...]
    verdicts: tuple[Judged, ...] = ()
    """Every objective in its own figure, beside `traffic`; none unless that is compared too."""

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
    must_be_measurable(options.measure)
    if min(options.workers, len(sources)) > 1:
        checked(sources, options)
        found = figured_beside(sources, options, load, progress)
    else:
        found = list(with_accuracy(cases(sources, options, load=load, progress=progress), options.measure, progress))
    return tabulated([each[:4] for each in found], readings=[each.reading for each in found])


def tabulated(
    figures: Sequence[tuple[str, str, str, Mapping[str, Any]]],
    metrics: Sequence[str] = METRICS,
    readings: Sequence[Reading] = (),
) -> Comparison:
    """Comparison of (workload, technology, objective, figures); ratios are to the first objective of each pair.

    `readings` say how to read the figures, one for each; none: every figure as it stands.
    """
    entries, judged = [], []
    read = dict(zip((case[:3] for case in figures), readings, strict=False))
    for workload, technology in dict.fromkeys(case[:2] for case in figures):
        by_objective = {objective: values for w, t, objective, values in figures if (w, t) == (workload, technology)}
        first = next(iter(by_objective.values()))
        for verdict in verdicts((workload, technology), by_objective):
            claimed = read.get((workload, technology, verdict.objective))
            judgement = None if claimed is None else claimed.of(verdict.figure)
            beyond = judgement is not None and judgement.doubt == "beyond horizon"
            judged.append(replace(verdict, horizon=judgement.limit) if judgement and beyond else verdict)
        for metric in (metric for metric in metrics if metric in first):
            for objective, values in by_objective.items():
                place = (workload, technology, objective, metric, mode_of(metric), label(metric).unit)
                reading = read.get((workload, technology, objective))
                judgement = None if reading is None else reading.of(metric)
                against = _against(values[metric], first[metric], metric)
                entries.append(Entry(*place, values[metric], *against, judgement))
    return Comparison(tuple(entries), tuple(dict.fromkeys(case[2] for case in figures)), tuple(judged))


def _against(value: Any, base: Any, metric: str) -> tuple[float | None, float | None]:
    """Ratio and difference to the first objective."""
    if metric in ACCURACIES[1:] or not (isinstance(value, int | float) and isinstance(base, int | float)):
        return None, None  # what was measured has intervals beside it
    if label(metric).unit == "K" and not label(metric).gap:
        return None, float(value - base)
    if base == 0:
        return (1.0 if value == 0 else None), None
    return float(value / base), None
