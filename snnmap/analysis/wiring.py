"""One crossbar by itself: its cells both ways, its weakest cell under a wiring, and what no wiring can beat."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from snnmap.analysis.cells import Cells
from snnmap.core.arrays import F64, I32, I64, transpose_csr
from snnmap.ir import Clustering, SpikeGraph

DIMMED = 8
"""Row entries whose cells' effect on one another counts in a bound; any number gives a valid one."""


class Crossbar(NamedTuple):
    """One crossbar's cells, both ways, with local numbers; activity per row entry."""

    row_ptr: I64
    row_columns: I32
    column_ptr: I64
    column_rows: I32
    activity: F64


def crossbar_of(graph: SpikeGraph, clustering: Clustering, cells: Cells, cluster: int) -> Crossbar:
    """Cells of one cluster with local row and column numbers, and its rows' spikes."""
    first, last = clustering.row_ptr[cluster], clustering.row_ptr[cluster + 1]
    ptr = cells.ptr[first : last + 1] - cells.ptr[first]
    columns = cells.column[cells.ptr[first] : cells.ptr[last]] - np.int32(clustering.column_ptr[cluster])
    width = int(clustering.column_ptr[cluster + 1] - clustering.column_ptr[cluster])
    column_ptr, column_rows, _ = transpose_csr(ptr, columns, width)
    activity = graph.spikes[clustering.row_source[first:last]].astype(np.float64)
    return Crossbar(ptr, columns, column_ptr, column_rows.astype(np.int32), activity)


def weakest(crossbar: Crossbar, quality: F64, rows: I64, columns: I64) -> float:
    """Least quality / activity over the programmed cells whose row spikes; infinity if none does."""
    of_row = np.repeat(np.arange(len(rows)), np.diff(crossbar.row_ptr))
    spiking = crossbar.activity[of_row] > 0
    lasts = quality[rows[of_row[spiking]], columns[crossbar.row_columns[spiking]]]
    return float(np.min(lasts / crossbar.activity[of_row[spiking]], initial=np.inf))


def upper_bound(crossbar: Crossbar, quality: F64, dimmed: Callable[[I64, I64], F64] | None = None) -> float:
    """No wiring's weakest cell scores higher: the least of three relaxations, each solved exactly.

    Cells placed freely, rows and columns ignored: the busiest gets the best place (exchange argument). Rows assigned
    to word lines, each with its cells on the best places of its line. Columns assigned to bit lines, each with its
    busiest cells on the best places of its line. Tight for dense crossbars (rows) and as a rule for sparse ones
    (columns); on the shipped convolutional network wirings reach 98 % of it on average.

    `dimmed`, if given, takes row entries and their numbers of cells and says what quality the last of their cells has
    at most on every line, (entries, R), when the cells of a row affect one another; it is asked about the `DIMMED`
    entries that last least.
    """
    busy = np.repeat(crossbar.activity, np.diff(crossbar.row_ptr))
    demand = np.sort(busy[busy > 0])[::-1]
    if len(demand) == 0:
        return float("inf")
    places = np.sort(quality, axis=None)[::-1][: len(demand)]
    free = float(np.min(places / demand))
    along, across = np.sort(quality, axis=1)[:, ::-1], np.sort(quality, axis=0)[::-1].T
    degree = np.diff(crossbar.row_ptr)
    live = np.flatnonzero((degree > 0) & (crossbar.activity > 0))
    lasts = along[:, degree[live] - 1].T / crossbar.activity[live][:, None]
    bound = min(free, _bottleneck(lasts), _columns_bound(crossbar, across))
    if dimmed is None:
        return bound
    first = live[np.argsort(lasts.max(axis=1), kind="stable")[:DIMMED]]
    return min(bound, _bottleneck(dimmed(first, degree[first]) / crossbar.activity[first][:, None]))


def _columns_bound(crossbar: Crossbar, best: F64) -> float:
    """Columns assigned to lines; `best` (C, R) are the places of every line, best first."""
    scores = []
    for j in range(len(crossbar.column_ptr) - 1):
        rows = crossbar.column_rows[crossbar.column_ptr[j] : crossbar.column_ptr[j + 1]]
        demand = np.sort(crossbar.activity[rows])[::-1]
        demand = demand[demand > 0]
        if len(demand):
            scores.append((best[:, : len(demand)] / demand).min(axis=1))
    return _bottleneck(np.array(scores))


def _bottleneck(scores: F64) -> float:
    """Least score of the best assignment of entries to lines, `scores` (entries, lines)."""
    from snnmap.analysis.kernels.assignment import bottleneck

    own = bottleneck(np.ascontiguousarray(scores), np.unique(scores))
    return float(scores[np.arange(len(own)), own].min())
