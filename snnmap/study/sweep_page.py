"""A finished sweep as one HTML file: its table, gathered for the page."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.core.tables import Row
from snnmap.core.version import __version__
from snnmap.render.page import must_be_page
from snnmap.render.page.runs import Curve, Ran, Runs
from snnmap.render.page.sweep import sweep_page
from snnmap.render.swept import beyond, place_of, varying
from snnmap.study.pareto import AIMS, Aim, costs, knee, of_workloads, ranked, worths

DIGITS = 16
"""Of a digest that are shown."""


def html_sweep(table: Path | str, path: Path, aims: Mapping[str, Aim] = AIMS) -> Path:
    """Write the table of a sweep as one HTML file that loads nothing: charts along the grid, fronts, all runs.

    Parameters
    ----------
    table
        Table of a finished sweep.
    path
        File to write, `.html`.
    aims
        What the fronts are of, each two of them.

    Raises
    ------
    InputError
        If it is no such table, no run of it fits its chip, or the page cannot be written.
    """
    must_be_page(path, table)
    write_atomically(path, sweep_page(gathered(of_workloads(Path(table)), aims)))
    return path


def gathered(rows: Mapping[str, Sequence[Row]], aims: Mapping[str, Aim] = AIMS) -> Runs:
    """All that a page shows of a sweep; `rows` by workload.

    Raises
    ------
    InputError
        If no run fits its chip.
    """
    every = [row for listed in rows.values() for row in listed]
    mapped = [row for row in every if row["status"] == "mapped"]
    if not mapped:
        raise InputError(f"no run of {', '.join(rows)} fits its chip: there is nothing to draw")
    varied = [axis for axis in varying(every) if axis != "workload"]
    refused = [(_told(row, varied), str(row["why"])) for row in every if row["status"] != "mapped"]
    ran = [_ran(workload, listed, varied, aims) for workload, listed in rows.items()]
    return Runs(
        ran=[each for each in ran if each.names],
        more=frozenset(aim.figure for aim in AIMS.values() if aim.more),
        refused=refused,
        provenance=_provenance(every),
        version=__version__,
    )


def _told(row: Row, varied: Sequence[str]) -> str:
    place = place_of(row)
    return ", ".join((row["workload"], *(f"{axis} {place[axis]}" for axis in varied)))


def _ran(workload: str, listed: Sequence[Row], varied: Sequence[str], aims: Mapping[str, Aim]) -> Ran:
    rows = [row for row in listed if row["status"] == "mapped"]
    figures = {aim.figure: found for aim in AIMS.values() if np.isfinite(found := worths(rows, aim.figure)).any()}
    places, limits = [place_of(row) for row in rows], [beyond(row) for row in rows]
    return Ran(
        workload=workload,
        names=tuple(row["run"] for row in rows),
        axes={axis: tuple(place[axis] or "the chip's" for place in places) for axis in varied},
        figures=figures,
        beyond={f: frozenset(k for k, found in enumerate(limits) if f in found) for f in figures},
        fronts=_fronts(figures, [aim for aim in aims.values() if aim.figure in figures]),
    )


def _fronts(figures: Mapping[str, F64], aims: Sequence[Aim]) -> dict[tuple[str, str], Curve]:
    """The front of every two figures that some run has both of."""
    found = {}
    for pair in combinations(aims, 2):
        values = np.column_stack([figures[aim.figure] for aim in pair])
        whole = np.flatnonzero(np.isfinite(values).all(axis=1))
        if len(whole):
            cost = costs(values[whole], pair)
            order = ranked(cost)
            found[pair[0].figure, pair[1].figure] = Curve(tuple(whole[order].tolist()), knee(cost[order]))
    return found


def _provenance(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """What repeats the sweep, besides the grid; what differs between its runs is listed."""
    names = {
        "version": "snnmap",
        "hardware": "chips",
        "split": "split of large fan-in",
        "pace": "pace",
        "pulse": "read pulse",
        "ambient": "air",
        "variation": "process variation, seed",
        "terms": "placement terms",
        "time_budget_s": "time budget, s",
    }
    found = [(words, _several(rows, name)) for name, words in names.items()]
    digests = {"workload_digest": "digests of networks and activity", "hardware_digest": "digests of chips"}
    for name, words in digests.items():
        found.append((words, ", ".join(dict.fromkeys(f"{row[name][:DIGITS]}…" for row in rows))))
    return [(words, said) for words, said in found if said]


def _several(rows: Sequence[Row], name: str) -> str:
    return ", ".join(dict.fromkeys(str(row[name]) for row in rows if row.get(name) not in (None, "")))
