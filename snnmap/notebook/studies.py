"""Many runs beside each other: objectives, variants of algorithms, sweeps, fronts."""

from collections.abc import Callable, Sequence
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.core.tables import columns_of as columns_of_runs
from snnmap.notebook.frames import columns_of, numbers_and_words, table
from snnmap.render.cell import Cell
from snnmap.render.drawings import draw_swept, draw_variants
from snnmap.render.front import draw_fronts, front_sheet, picture_of
from snnmap.render.ratios import draw_comparison
from snnmap.render.swept import place_of, runs_told, swept_sheet
from snnmap.render.tables import comparison_legend, comparison_sheets, ratios
from snnmap.render.variants import P, figure_unit, figure_words, variants_sheets
from snnmap.study.compare import COLUMNS, Comparison
from snnmap.study.pareto import Front
from snnmap.study.sweep import Swept
from snnmap.study.variants import Contrast, verdict_lines

RUNS = 30
"""Rows of a sweep that are shown; all are in its table."""
POINT = ("run", "rows", "columns", "technology", "objective", "settings", "seed")


def comparison_cell(found: Comparison) -> Cell:
    """A table for every workload and technology, and what the objectives did in their own figures."""
    aside = f"of {', '.join(found.objectives)}"
    return Cell("comparison", comparison_sheets(found), aside, lines=comparison_legend(found))


def variants_cell(found: Sequence[Contrast]) -> Cell:
    """A table for every workload and technology, and what is better and worse."""
    names = ", ".join(dict.fromkeys(each.variant for each in found))
    said = verdict_lines(found, {each.figure: figure_words(each.figure) for each in found})
    return Cell("variants", variants_sheets(found), names, lines=[*said, P])


def swept_cell(found: Swept) -> Cell:
    """The first runs of a sweep in the figures that people look for."""
    return Cell(str(found.table), [swept_sheet(found.rows, RUNS)], f"{runs_told(found.rows)}; {found.made} made now")


def fronts_cell(found: Sequence[Front]) -> Cell:
    """The runs of every front."""
    aims = ", ".join(found[0].aims) if found else ""
    return Cell("Pareto fronts" if len(found) > 1 else "Pareto front", [front_sheet(front) for front in found], aims)


def _comparison_figure(found: Comparison) -> Any:
    return draw_comparison(
        ratios(found.rows()), title=f"figures under each objective, as ratio to {found.objectives[0]}"
    )


def _swept_figure(found: Swept, figure: str, over: str | None = None) -> Any:
    numbers = list(dict.fromkeys(k for row in found.rows for k, v in row.items() if isinstance(v, int | float)))
    if figure not in numbers:
        raise InputError(f"no run of the sweep has a figure {figure!r}; {suggestion(figure, numbers)}")
    axes = list(place_of(found.rows[0]))
    if over is not None and over not in axes:
        raise InputError(f"a sweep has no axis {over!r}; {suggestion(over, axes)}")
    return draw_swept(found.rows, figure, over)


def _comparison_frame(found: Comparison) -> Any:
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    columns |= columns_of(found.rows())
    told = numbers_and_words(columns.pop("value"))
    columns |= {name: [None if v is None else float(v) for v in columns[name]] for name in ("ratio", "difference")}
    return table({**{name: columns[name] for name in COLUMNS[:6]}, **told, **{n: columns[n] for n in COLUMNS[7:]}})


def _variants_frame(found: Sequence[Contrast]) -> Any:
    columns = columns_of([each.row() for each in found])
    units = [figure_unit(each.figure) for each in found]
    return table(
        {
            name: values
            for key in columns
            for name, values in ((key, columns[key]), *([("unit", units)] if key == "figure" else []))
        }
    )


def _fronts_frame(found: Sequence[Front]) -> Any:
    rows = []
    for front in found:
        for k, (row, values) in enumerate(zip(front.rows, front.values.tolist(), strict=True)):
            point = {"workload": front.workload, **{name: row[name] for name in POINT}}
            figures = dict(zip((aim.figure for aim in front.aims.values()), values, strict=True))
            rows.append({**point, **figures, "knee": k == front.knee})
    return table(columns_of(rows))


CELLS: dict[str, Callable[[Any], Cell]] = {
    "Comparison": comparison_cell,
    "Contrasts": variants_cell,
    "Front": lambda front: fronts_cell((front,)),
    "Fronts": fronts_cell,
    "Swept": swept_cell,
}
FIGURES: dict[str, Callable[..., Any]] = {
    "Comparison": _comparison_figure,
    "Contrasts": draw_variants,
    "Front": lambda front: draw_fronts([picture_of(front)]),
    "Fronts": lambda found: draw_fronts([picture_of(front) for front in found]),
    "Swept": _swept_figure,
}
FRAMES: dict[str, Callable[[Any], Any]] = {
    "Comparison": _comparison_frame,
    "Contrasts": _variants_frame,
    "Front": lambda front: _fronts_frame((front,)),
    "Fronts": _fronts_frame,
    "Swept": lambda found: table(columns_of_runs(found.rows)),
}
