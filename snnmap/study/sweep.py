"""A sweep: every workload at every point of a grid, in parallel, into one table; no run is ever made twice."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_folder, must_be_writable, write_atomically
from snnmap.core.run import Progress
from snnmap.core.shown import Tabled, shown
from snnmap.core.tables import Row, must_have_writer
from snnmap.ir import SpikeGraph
from snnmap.pipeline.options import CompileOptions, LoadOptions
from snnmap.study.cases import Source, must_exist, profiled
from snnmap.study.grid import Point, Sweep, key_of
from snnmap.study.rows import ENDINGS, Journal, journal_of, journalled, rows_in, written
from snnmap.study.workers import Made, Task, workers_for

TIMES = ("seconds", "cpu_seconds")
"""Columns of a row that differ from one run to the next."""


@dataclass(frozen=True, slots=True)
class SweepWhere:
    """Where a sweep runs, and what it leaves behind.

    Raises
    ------
    InputError
        If there is no worker.
    """

    table: Path
    """`.parquet`, `.csv` or `.json`."""
    workers: int = os.cpu_count() or 1
    """Processes of this machine; one makes the runs in this process."""
    scheduler: str | None = None
    """Address of a Dask scheduler, in their place."""
    mappings: Path | None = None
    """Folder for the mapping file of every run, `RUN.json`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", Path(self.table))
        if self.workers < 1:
            raise InputError(f"{self.workers} workers make no run; give at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Swept(Tabled):
    """A finished sweep.

    `to_pandas()` has a row per run: what it is, its figures, seconds.
    """

    table: Path
    rows: tuple[Row, ...]
    """In the order of the grid."""
    made: int
    """Of them, made by this call; the others were there."""

    def plot(self, figure: str = "energy_J", over: str | None = None) -> Any:
        """A figure of every run that fits, with its unit, over an axis of the grid, as a matplotlib figure.

        Parameters
        ----------
        figure
            Key of a figure.
        over
            `workload`, `chip`, `crossbar`, `tiles`, `technology`, `objective`, `conv` or `settings`; default: what
            varies most.

        Raises
        ------
        InputError
            If there is no such figure or axis.
        """
        return shown(self, "figure", figure=figure, over=over)


def sweep(
    sources: Sequence[Source],
    asked: Sweep,
    where: SweepWhere,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Swept:
    """Compile every workload at every point of a grid, in parallel, and write a row of figures for each.

    Finished runs are written down as they come, beside the table. A sweep that was stopped, killed too, goes on where
    it was; runs that do not fit the chip are rows that say why.

    Parameters
    ----------
    sources
        What `profile` takes, or graphs.
    asked
        The grid.
    where
        Table, workers, and a folder for the mappings.
    load
        Data and stepping of the workloads.
    progress
        Called with ("sweep", runs done, runs, 0).

    Raises
    ------
    InputError
        If anything of the grid does not exist, or the table holds another sweep; before any work is done.
    """
    points = _checked(sources, asked, where)
    graphs = [profiled(source, load, progress) for source in sources]
    wanted = {}
    for graph in graphs:
        for options in points:
            identity = Point.of(graph, options).identity()
            wanted[key_of(identity)] = identity, Task(key_of(identity), identity["workload_digest"], options, False)
    kept = {run: row for run, row in _kept(where, wanted).items() if _is_whole(where, row)}
    tasks = [task._replace(keep=where.mappings is not None) for run, (_, task) in wanted.items() if run not in kept]
    _make(graphs, tasks, wanted, kept, where, progress)
    rows = tuple(kept[run] for run in wanted)
    written(where.table, rows)
    journal_of(where.table).unlink(missing_ok=True)
    return Swept(where.table, rows, len(tasks))


def _checked(sources: Sequence[Source], asked: Sweep, where: SweepWhere) -> tuple[CompileOptions, ...]:
    """Points of the grid, after everything that can be wrong was looked at."""
    points = asked.checked()
    if not sources:
        raise InputError("nothing to sweep: give at least one workload")
    must_be_writable(where.table, ENDINGS, *sources)
    must_have_writer(where.table)
    if where.mappings is not None:
        must_be_folder(where.mappings)
    must_exist(sources)
    return points


def _kept(where: SweepWhere, wanted: dict[str, Any]) -> dict[str, Row]:
    """Rows that are there already.

    Raises
    ------
    InputError
        If there are others: nobody's rows are written over.
    """
    finished = rows_in(where.table) if where.table.exists() else {}
    begun = journalled(where.table)
    for path, rows in ((where.table, finished), (journal_of(where.table), begun)):
        others = set(rows) - set(wanted)
        if others:
            raise InputError(
                f"{path} holds {len(others)} runs that are not of this sweep, of {len(rows)} (another grid, workload, "
                "chip or version of snnmap); write to another file, or delete it"
            )
    return {**finished, **begun}


def _is_whole(where: SweepWhere, row: Row) -> bool:
    """Whether a row has the mapping that is wanted of it."""
    wanted = where.mappings is not None and row["status"] == "mapped"
    return not wanted or _mapping_of(where, row["run"]).exists()


def _mapping_of(where: SweepWhere, run: str) -> Path:
    assert where.mappings is not None
    return where.mappings / f"{run}.json"


def _make(
    graphs: Sequence[SpikeGraph],
    tasks: Sequence[Task],
    wanted: dict[str, Any],
    kept: dict[str, Row],
    where: SweepWhere,
    progress: Progress | None,
) -> None:
    """Make all tasks, and add their rows to `kept` and to the journal."""
    if not tasks:
        return
    least = min(where.workers, len(tasks))
    with closing(Journal(where.table)) as journal, closing(workers_for(graphs, least, where.scheduler)) as workers:
        total = len(wanted)
        if progress is not None:
            progress("sweep", len(kept), total, 0.0)
        for made in workers.made(tasks):
            row = _row(wanted[made.run][0], made)
            if made.mapping is not None and where.mappings is not None:
                where.mappings.mkdir(parents=True, exist_ok=True)
                write_atomically(_mapping_of(where, made.run), made.mapping)
            journal.add(row)
            kept[made.run] = row
            if progress is not None:
                progress("sweep", len(kept), total, 0.0)


def _row(identity: dict[str, Any], made: Made) -> Row:
    why = "" if made.refused is None else str(made.refused)
    status = {"status": "does not fit" if why else "mapped", "why": why, "doubts": made.doubts}
    return {"run": made.run, **identity, **status, **made.figures, TIMES[0]: made.seconds, TIMES[1]: made.cpu_seconds}
