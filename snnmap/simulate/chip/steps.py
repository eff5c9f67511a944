"""A run of the mapped chip as a table, a row per step: what the network did, what travelled, when it was over.

A chip whose schedule takes several steps at once has a row per firing of so many steps.
"""

import csv
import io
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable, write_atomically
from snnmap.core.run import Progress
from snnmap.core.shown import Tabled
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Network, SpikeGraph, Spikes
from snnmap.simulate.chip.execution import scaled_lateness
from snnmap.simulate.chip.rates import Executed, ExecuteOptions, executed

COLUMNS = {
    "run": "frames shown before this one",
    "frame": "frame of the profile",
    "step": "step of the frame, the first where a row is of several",
    "steps": "steps of the row: 1, but where the schedule takes several at once",
    "spikes_NAME": "spikes of population NAME (of an analog one, outputs other than 0); biases have no column",
    "messages": "messages between clusters: spikes x crossbars that listen elsewhere, and partial sums",
    "partial_sums": "those of them that are partial sums, in the step that sends them; none beyond the frame",
    "flits": "flits that were sent into the network, those that end a step among them",
    "start_s": "when its first firing began, seconds from the beginning of the run",
    "end_s": "when its last firing ended",
    "since_last_s": "from the end of the row before; of the first from the beginning of the run",
    "last_actor": "whose firing ended last",
    "late_firings": "firings that began after the mapping promises; empty where steps are let in slower than promised",
    "latest_s": "how much later than promised the latest firing began, negative where all were early; empty likewise",
}
"""Columns of the table, and what they mean."""
ENDINGS = (".csv",)
"""What a file of it may end in."""


@dataclass(frozen=True, slots=True, eq=False)
class StepTrace(Tabled):
    """Columns by name, in order, each with a value per row."""

    columns: MappingType[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """Name to value, row by row."""
        values = [column.tolist() if isinstance(column, np.ndarray) else column for column in self.columns.values()]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True)]

    def write(self, path: Path | str) -> None:
        """Write a CSV file with a row of names; whole, or not at all.

        Raises
        ------
        InputError
            If it is not called `.csv`, or cannot be written.
        """
        must_be_writable(Path(path), ENDINGS)
        text = io.StringIO(newline="")
        rows = self.rows()
        writer = csv.DictWriter(text, list(self.columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(Path(path), text.getvalue().encode())


def step_trace(
    mapping: Mapping,
    graph: SpikeGraph,
    hardware: Hardware,
    options: ExecuteOptions | None = None,
    *,
    progress: Progress | None = None,
) -> StepTrace:
    """Run the mapped chip on the profile's frames, and say what happened in every step; columns as in `COLUMNS`.

    Parameters
    ----------
    mapping, graph, hardware
        A mapping, the profile and the chip that it was made for.
    options
        How it is run.
    progress
        Called with ("simulate", steps done, steps, 0).

    Raises
    ------
    InputError
        If they do not fit each other, the run cannot be as asked, or the worst is asked for, which is no frame.
    InfeasibleError
        If the chip comes to a deadlock.
    """
    chosen = options or ExecuteOptions()
    if chosen.worst:
        raise InputError("a table of steps is of the profile's frames; the worst step is in none of them: leave it out")
    found = executed(mapping, graph, hardware, chosen, progress=progress)
    block, blocks = found.machine.block, graph.steps // found.machine.block
    number = np.arange(len(found.row))
    at = found.frame * blocks + number % blocks
    emitted = _emitted(graph, found.events, block)
    populations = [p for p in graph.network.populations if p.kind != "bias"]
    sums = found.trace.sums.sum(axis=1)[found.row]
    return StepTrace(
        {
            "run": number // blocks,
            "frame": found.frame,
            "step": number % blocks * block,
            "steps": np.full(len(number), block),
            **{f"spikes_{p.name}": emitted.within(p.first, p.stop)[at] for p in populations},
            "messages": emitted.times(_copies(graph.network, mapping.clustering))[at] + sums,
            "partial_sums": sums,
            "flits": found.trace.sent().sum(axis=1)[found.row],
            **_times(mapping, found),
        }
    )


class _Emitted(NamedTuple):
    """Events: row of the table of all frames, source, number of spikes."""

    row: I64
    source: I32
    spikes: I64
    rows: int

    def within(self, first: int, stop: int) -> I64:
        """Spikes of sources from `first` up to `stop` in every row, int64 (rows,)."""
        own = (self.source >= first) & (self.source < stop)
        return _summed(self.row[own], self.spikes[own], self.rows)

    def times(self, weight: I64) -> I64:
        """Spikes in every row, each times the weight (N,) of its source, int64 (rows,)."""
        return _summed(self.row, self.spikes * weight[self.source], self.rows)


def _summed(row: I64, value: I64, rows: int) -> I64:
    total = np.zeros(rows, np.int64)
    np.add.at(total, row, value)
    return total


def _emitted(graph: SpikeGraph, events: Spikes, block: int) -> _Emitted:
    """Every event of the profile by row; the value of a source that may spike several times a step is a number."""
    several = graph.worst_step[events.source] > 1
    count = np.where(several, np.ceil(np.abs(events.value)), 1).astype(np.int64)
    blocks = graph.steps // block
    return _Emitted(
        events.frame_of_event() * blocks + events.step // block, events.source, count, graph.frames * blocks
    )


def _copies(network: Network, clustering: Clustering) -> I64:
    """Crossbars besides its own that listen to every source, int64 (N,); of biases too, which have no events."""
    home = np.full(network.sources, -1, np.int64)
    home[network.externals :] = clustering.home
    cluster, source = clustering.heard()
    copies: I64 = np.bincount(source[home[source] != cluster], minlength=network.sources).astype(np.int64)
    return copies


def _times(mapping: Mapping, found: Executed) -> dict[str, Any]:
    """When every row began and ended, and how late it was."""
    run = found.execution
    end = run.step_end
    late = scaled_lateness(mapping, run)
    seconds = run.tick / mapping.schedule.period_denominator
    promised = found.in_time
    nothing = [None] * len(end)
    return {
        "start_s": run.start.min(axis=1) * run.tick,
        "end_s": end * run.tick,
        "since_last_s": np.diff(end, prepend=0) * run.tick,
        "last_actor": [run.names[actor] for actor in run.end.argmax(axis=1)],
        "late_firings": np.count_nonzero(late > 0, axis=1) if promised else nothing,
        "latest_s": late.max(axis=1) * seconds if promised else nothing,
    }
