"""The page of a sweep: its runs along the axes of the grid, its fronts, and all of it as tables."""

from typing import NamedTuple

import numpy as np

from snnmap.render.labels import label, mode_of
from snnmap.render.numbers import number
from snnmap.render.page.document import document
from snnmap.render.page.runs import Ran, Runs, charts, words_of

ROWS = 500
"""Rows of the table of runs."""
SECTIONS = {
    "best": "Best runs",
    "along": "Along the grid",
    "front": "Fronts",
    "runs": "Runs",
    "provenance": "Provenance",
}
"""Of the page, in order."""


class Cell(NamedTuple):
    """A value of a table, and what it is sorted by."""

    text: str
    value: float | str


class Best(NamedTuple):
    """The ends of one figure over the runs of a workload."""

    words: str
    mode: str
    better: str
    best: str
    where: str
    worst: str


def sweep_page(runs: Runs) -> bytes:
    """The page, UTF-8."""
    plots, shared = charts(runs)
    drawn = {plot.key: plot for plot in plots}
    left_out = {"along", "front"} - set(drawn)
    total = sum(len(ran.names) for ran in runs.ran)
    named = ", ".join(ran.workload for ran in runs.ran) or "no workload"
    header, rows = _table(runs)
    return document(
        "sweep.html",
        ("Sweep", f"of {named}", runs.version),
        [(key, words) for key, words in SECTIONS.items() if key not in left_out],
        drawn,
        {"shared": shared, "opened": {}},
        runs=runs,
        total=total,
        ranges=[(axis, _values(runs, axis)) for axis in runs.axes()],
        best=[(ran.workload, _ends(runs, ran)) for ran in runs.ran],
        header=header,
        rows=rows,
        left=f"The first {ROWS:,} of {total:,} runs; the sweep's table has all." if total > ROWS else "",
    )


def _values(runs: Runs, axis: str) -> str:
    return ", ".join(dict.fromkeys(value for ran in runs.ran for value in ran.axes.get(axis, ())))


def _ends(runs: Runs, ran: Ran) -> list[Best]:
    """Best and worst run in every figure; figures that are the same in all runs say so."""
    found = []
    for figure, values in ran.figures.items():
        best = int(np.nanargmax(values) if figure in runs.more else np.nanargmin(values))
        worst = int(np.nanargmin(values) if figure in runs.more else np.nanargmax(values))
        same = values[best] == values[worst]
        equals = int(np.count_nonzero(values == values[best]))
        more = f" and {equals - 1:,} more" if equals > 1 else ""
        where = "all runs that have it" if same else f"{ran.place(best)}{more}"
        worse = "" if same else _said(ran, figure, worst)
        best_of = _said(ran, figure, best)
        found.append(Best(words_of(figure), mode_of(figure), runs.better(figure), best_of, where, worse))
    return found


def _said(ran: Ran, figure: str, k: int) -> str:
    """A figure of run `k`, in words."""
    value, known = float(ran.figures[figure][k]), label(figure)
    whole = not known.unit and value.is_integer()
    return f"{'> ' * (k in ran.beyond.get(figure, ()))}{number(int(value) if whole else value, known.written, 4)}"


def _table(runs: Runs) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows: workload, name, place in the grid, figures."""
    axes, figures = runs.axes(), runs.figures()
    heads = [f"{words_of(f)}{f' ({mode_of(f)} mode)' if mode_of(f) else ''}" for f in figures]
    rows: list[list[Cell]] = []
    for ran in runs.ran:
        for k, name in enumerate(ran.names):
            if len(rows) == ROWS:
                break
            words = [ran.workload, *(ran.axes[axis][k] if axis in ran.axes else "" for axis in axes)]
            shown = [_cell(ran, figure, k) for figure in figures]
            rows.append([*(Cell(text, _key(text)) for text in words), *shown, Cell(name, name)])
    return ["workload", *axes, *heads, "run"], rows


def _key(text: str) -> float | str:
    """Numbers, and the first of sizes like 64x64, sort as numbers."""
    head = text.partition("x")[0]
    return float(head) if head.isdecimal() else text


def _cell(ran: Ran, figure: str, k: int) -> Cell:
    value = float(ran.figures[figure][k]) if figure in ran.figures else np.nan
    return Cell(_said(ran, figure, k), value) if np.isfinite(value) else Cell("-", "")
