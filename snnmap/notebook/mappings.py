"""Mappings, their figures, and what is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.evaluation.maps import States, crossbar_maps, states, tile_maps
from snnmap.ir import Chart, Reading, Report
from snnmap.ir import Mapping as Mapped
from snnmap.ir.results import Violations
from snnmap.legality.rules import UNCHECKED
from snnmap.notebook.frames import numbers_and_words, table
from snnmap.pipeline.compile import Compiled
from snnmap.query.report import MappingReport, chip_title, crossbar_title
from snnmap.render import judged, labels
from snnmap.render.cell import Cell
from snnmap.render.labels import in_full, label, mode_of
from snnmap.render.numbers import number
from snnmap.render.page.told import headlines
from snnmap.render.partition import bounded_below
from snnmap.render.plots import draw_crossbar, draw_tiles
from snnmap.render.sheets import Sheet, sheet
from snnmap.render.timing import holds_for, limited_by
from snnmap.simulate.chip.steps import StepTrace

AS_HELD = "figures as the mapping holds them; `snnmap.report` of its file says how far they can be believed"
STEPS = 24
"""Rows of a run that are shown."""
FOLDED = "all {} figures, with their units"


def mapping_cell(mapping: Mapped, reading: Reading | None = None) -> Cell:
    """Headline figures of a mapping, and all of them; `reading` says how to read them, if that is known."""
    title, aside = _title(mapping)
    lines = [AS_HELD] if reading is None else []
    folded = [_figures(mapping.figures, reading)]
    return Cell(title, [_headlines(mapping, reading)], aside, lines=lines, folded=folded)


def compiled_cell(compiled: Compiled) -> Cell:
    """What `compile` prints: headline figures, what they hold for and what limits them, all figures."""
    reading, mapping = compiled.reading, compiled.mapping
    holds = holds_for(
        compiled.graph.frames, compiled.hardware.noc, guaranteed=reading.guaranteed, margin=mapping.margin
    )
    told = [*bounded_below(compiled.partition_bounds), holds, *limited_by(compiled.bottleneck)]
    cell = mapping_cell(mapping, reading)
    alerts, notes = _remarks(reading)
    return cell._replace(alerts=alerts, lines=[*told, *notes, *compiled.remarks()])


def report_cell(found: MappingReport) -> Cell:
    """What `report` found out: legality, headline figures, what survives the bands, constants, all figures."""
    if found.violations:
        return violations_cell(found.violations)
    reading = found.reading
    alerts, notes = _remarks(reading)
    title, aside = _title(found.mapping)
    legal = "legal" if found.legal else "not verified"
    rows = [(key, q.written.removesuffix(" 1"), q.citation) for key, q in found.constants]
    constants = sheet("", ("quantity", "value", "citation"), rows)
    folded = [_figures(found.figures, reading)]
    folded += [(f"{len(rows)} recalled or estimated constants behind them", [constants])] if rows else []
    weakest = (
        [] if found.weakest is None else [f"the weakest crossbar is {found.weakest}: `plot(crossbar={found.weakest})`"]
    )
    lines = [*weakest, *found.conclusions(), *limited_by(found.bottleneck), *notes, *found.notes]
    return Cell(title, [_headlines(found.mapping, reading)], f"{aside}; {legal}", alerts, lines, folded)


def metrics_cell(report: Report) -> Cell:
    """Every figure of an evaluation."""
    values = {metric.name: metric.value for metric in report.metrics}
    _, sheets = _figures(values, None)
    return Cell("figures of a mapping", sheets, f"{len(values)}, with their units", lines=report.notes)


def violations_cell(found: Sequence[Any]) -> Cell:
    """Broken rules, or that there is none."""
    if not found:
        return Cell(
            "legal", aside=f"every rule holds; not checked, since no result depends on it: {', '.join(UNCHECKED)}"
        )
    rows = [(v.rule, v.where, v.asked, v.available) for v in found]
    broken = sheet("", ("rule", "where", "asked", "there is"), rows)
    return Cell("not legal", [broken], f"{len(found)} violation(s)")


def _title(mapping: Mapped) -> tuple[str, str]:
    chip, plan = mapping.chip, mapping.origin.plan
    chips = "" if chip.grid == (1, 1) else f" on {chip.grid[0]} x {chip.grid[1]} chips"
    mesh = f"{chip.mesh[0]} x {chip.mesh[1]} tiles of {chip.rows} x {chip.columns} crossbars{chips}"
    aside = f"{mesh}; objective {plan.objective}, seed {mapping.origin.seed}, snnmap {mapping.origin.snnmap}"
    return f"{mapping.workload.name} on {chip.name}, {chip.technology}", aside


def _headlines(mapping: Mapped, reading: Reading | None) -> Sheet:
    rows = [
        (
            card.words,
            card.value,
            ", ".join(part for part in (f"{card.mode} mode" if card.mode else "", card.aside) if part),
        )
        for card in headlines(mapping, reading)
    ]
    return sheet("", ("", "", ""), rows)


def _figures(values: Mapping[str, Any], reading: Reading | None) -> tuple[str, list[Sheet]]:
    groups = [
        (
            judged.heading(group, reading),
            [(_part(known.words), judged.shown(known.key, value, reading)) for known, value in listed],
        )
        for group, listed in labels.grouped(values)
    ]
    return FOLDED.format(len(values)), [Sheet("", ("figure", "value"), groups, [labels.MODES])]


def _part(words: str) -> str:
    """Words of a figure, those of a part further to the right, as `render.cell` reads them."""
    return f"    {words.strip()}" if words.startswith("  ") else words


def _remarks(reading: Reading | None) -> tuple[list[str], list[str]]:
    """Warnings, and notes."""
    lines = [] if reading is None else judged.remarks(reading)
    alerts = [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]
    return alerts, [line.removeprefix("note: ") for line in lines if line.startswith("note: ")]


def mapping_charts(mapping: Mapped) -> list[Chart]:
    """What a mapping alone says of its tiles (T,): lines in use and spikes; NaN where a tile is not in use."""
    tile, tiles, clustering = mapping.placement.tile, int(np.prod(mapping.chip.mesh)), mapping.clustering
    held = np.bincount(tile, minlength=tiles)
    used = np.where(held > 0, held, np.nan)
    rows, columns = (
        np.bincount(tile, weights=lines, minlength=tiles) / used for lines in (clustering.rows, clustering.columns)
    )
    fired = (
        np.bincount(tile[clustering.home], weights=mapping.spikes[mapping.workload.externals :], minlength=tiles)
        / mapping.workload.frames
    )
    charts = [
        Chart("row_share", "rows in use", "1", rows / mapping.chip.rows),
        Chart("column_share", "columns in use", "1", columns / mapping.chip.columns),
        Chart("spikes_per_frame", "spikes of neurons per frame", "", np.where(held > 0, fired, np.nan)),
    ]
    return charts if held.max() <= 1 else [*charts, Chart("crossbars", "crossbars in turn", "", used)]


def _mapping_figure(mapping: Mapped) -> Any:
    chip = mapping.chip
    return draw_tiles(mapping_charts(mapping), chip.mesh, title=_title(mapping)[0], grid=chip.grid)


def _compiled_figure(compiled: Compiled) -> Any:
    return _tiles(compiled.view, None)


def _tiles(view: View, known: States | None) -> Any:
    mapping, horizon, known = view.mapping, view.hardware["horizon"], known or states(view)
    mesh, grid = mapping.chip.mesh, mapping.chip.grid
    return draw_tiles(tile_maps(view, known), mesh, title=chip_title(view, known), horizon=horizon, grid=grid)


def _report_figure(found: MappingReport, crossbar: int | None = None) -> Any:
    view = found.view
    if view is None:
        why = "the mapping is not legal" if found.violations else "; ".join(found.notes)
        raise InputError(f"no pictures can be drawn: {why}")
    if crossbar is None:
        return _tiles(view, found.states)
    charts = crossbar_maps(view, crossbar, found.states)
    return draw_crossbar(charts, title=crossbar_title(view, crossbar, found.states))


def _mapping_frame(mapping: Mapped) -> Any:
    clustering, tile = mapping.clustering, mapping.placement.tile
    fired = np.bincount(
        clustering.home, weights=mapping.spikes[mapping.workload.externals :], minlength=clustering.clusters
    )
    columns: dict[str, Any] = {
        "cluster": np.arange(clustering.clusters),
        "tile": tile,
        "x": tile % mapping.chip.mesh[0],
        "y": tile // mapping.chip.mesh[0],
        "rows": clustering.rows,
        "columns": clustering.columns,
        "neurons": np.bincount(clustering.home, minlength=clustering.clusters),
        "spikes_per_frame": fired / mapping.workload.frames,
    }
    return table({name: values.tolist() for name, values in columns.items()})


def _figures_frame(values: Mapping[str, Any]) -> Any:
    names = list(values)
    told = {
        "words": [in_full(name).removeprefix(f"{mode_of(name)} mode: ") for name in names],
        "mode": [mode_of(name) for name in names],
    }
    units = {"unit": [label(name).unit for name in names]}
    return table({"figure": names, **told, **numbers_and_words(list(values.values())), **units})


def steps_cell(trace: StepTrace) -> Cell:
    """The first steps of a run; all are in its table."""
    rows = trace.rows()
    shown = [[_step(name, value) for name, value in row.items()] for row in rows[:STEPS]]
    left = [f"{len(rows) - STEPS:,} more rows"] if len(rows) > STEPS else []
    heads = [name.removesuffix("_s").replace("_", " ") for name in trace.columns]
    return Cell("steps of the mapped chip", [sheet("", heads, shown, left)], f"{len(rows):,} rows")


def _step(name: str, value: Any) -> str:
    return number(value, "s" if name.endswith("_s") else "", 4)


def _violations_frame(found: Violations) -> Any:
    names = ("rule", "where", "asked", "available")
    return table({name: [getattr(violation, name) for violation in found] for name in names})


CELLS: dict[str, Callable[[Any], Cell]] = {
    "Compiled": compiled_cell,
    "Mapping": mapping_cell,
    "MappingReport": report_cell,
    "Report": metrics_cell,
    "StepTrace": steps_cell,
    "Violations": violations_cell,
}
FIGURES: dict[str, Callable[..., Any]] = {
    "Compiled": _compiled_figure,
    "Mapping": _mapping_figure,
    "MappingReport": _report_figure,
}
FRAMES: dict[str, Callable[[Any], Any]] = {
    "Compiled": lambda compiled: _figures_frame(compiled.mapping.figures),
    "Mapping": _mapping_frame,
    "MappingReport": lambda found: _figures_frame(found.figures),
    "Report": lambda report: _figures_frame({metric.name: metric.value for metric in report.metrics}),
    "StepTrace": lambda trace: table({name: np.asarray(column).tolist() for name, column in trace.columns.items()}),
    "Violations": _violations_frame,
}
