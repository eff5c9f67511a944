"""Wirings that need no search: as numbered, and sorted by activity."""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.analysis.wiring import Crossbar
from snnmap.core.arrays import F64, I32, I64, row_of_entry
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Wiring
from snnmap.stages.protocols import Run, WiringProblem


@dataclass(frozen=True, slots=True)
class Identity:
    """Entry k of a cluster on physical row (column) k: what a mapper that knows nothing of the array does."""

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring in the order of the clustering; activity and quality are ignored.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        """
        del run
        clustering = problem.view.clustering
        check_fits(clustering, problem.hardware)
        return Wiring(_rank_in_cluster(clustering.row_ptr), _rank_in_cluster(clustering.column_ptr))


@dataclass(frozen=True, slots=True)
class ActivitySort:
    """Most active source on the best row, busiest column on the best column.

    With n columns in use, the n columns of best mean quality are taken; a row is worth its *worst* cell over them
    (then its mean: ties). A column's activity is the sum of spikes over its programmed cells.

    **Optimal** for the weakest cell, min over cells of quality / activity, when every cell of the cluster is programmed
    and the map orders its columns the same way in every row (as one monotone in row and column does, or any map when
    all columns are in use): then a row's worst used cell depends on the row alone, the best columns are best for every
    row, and swapping two rows that are out of order never raises the minimum. For sparse clusters it is a heuristic: an
    active source with few cells may well sit on a row whose only bad cell it does not program.
    """

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Sorted wiring for the quality map; draws nothing.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If `quality` does not have the crossbar's shape, or holds something that is not a number.
        """
        clustering, hardware, quality = problem.view.clustering, problem.hardware, problem.quality
        check_fits(clustering, hardware)
        if quality.shape != (hardware.rows, hardware.columns):
            raise InputError(
                f"the quality map has shape {quality.shape}; the crossbar has {hardware.rows} rows and "
                f"{hardware.columns} columns"
            )
        if np.any(np.isnan(quality)):
            raise InputError("the quality map holds values that are not numbers")
        row = np.empty(len(clustering.row_source), np.int32)
        column = np.empty(len(clustering.column_neuron), np.int32)
        row_activity = problem.view.graph.spikes[clustering.row_source]
        column_activity = column_spikes(problem.view)
        best_columns = np.argsort(-quality.mean(axis=0), kind="stable")
        best_rows: dict[int, I64] = {}
        for k in range(clustering.clusters):
            rows = clustering.rows_of(k)
            columns = clustering.columns_of(k)
            used = columns.stop - columns.start
            if used not in best_rows:
                best_rows[used] = _rows_by_quality(quality[:, best_columns[:used]])
            row[rows] = _matched(row_activity[rows], best_rows[used])
            column[columns] = _matched(column_activity[columns], best_columns)
            run.tell("wire", k + 1, clustering.clusters)
        return Wiring(row, column)


def sorted_lines(crossbar: Crossbar, quality: F64) -> tuple[I64, I64]:
    """Physical rows and columns of the entries of one crossbar, sorted for `quality` (R, C) as by `ActivitySort`."""
    passes = np.repeat(crossbar.activity, np.diff(crossbar.row_ptr))
    on_column = np.bincount(crossbar.row_columns, weights=passes, minlength=len(crossbar.column_ptr) - 1)
    best_columns = np.argsort(-quality.mean(axis=0), kind="stable")
    best_rows = _rows_by_quality(quality[:, best_columns[: len(on_column)]])
    row, column = _matched(crossbar.activity, best_rows), _matched(on_column, best_columns)
    return row.astype(np.int64), column.astype(np.int64)


def check_fits(clustering: Clustering, hardware: Hardware) -> None:
    """Refuse clusters that are larger than the crossbar.

    Raises
    ------
    InfeasibleError
        If a cluster has more rows or columns than the crossbar.
    """
    sizes = (
        (clustering.row_ptr, hardware.rows, "crossbar rows"),
        (clustering.column_ptr, hardware.columns, "crossbar columns"),
    )
    for ptr, limit, what in sizes:
        largest = int(np.diff(ptr).max(initial=0))
        if largest > limit:
            raise InfeasibleError(what, largest, limit, "Partition for this crossbar, or use a larger one.")


def column_spikes(view: ClusteringView) -> I64:
    """Spikes that reach the programmed cells of every column entry over the window, int64 (len(column_neuron),)."""
    cells, clustering = view.cells, view.clustering
    spikes = np.repeat(view.graph.spikes[clustering.row_source], np.diff(cells.ptr))
    total = np.zeros(len(clustering.column_neuron), np.int64)
    np.add.at(total, cells.column, spikes)
    return total


def _rows_by_quality(quality: F64) -> I64:
    """Rows, best first: by their worst cell, then their mean, then their number."""
    worst, mean = quality.min(axis=1, initial=np.inf), quality.sum(axis=1)
    return np.lexsort((-mean, -worst)).astype(np.int64, copy=False)


def _matched(activity: I64 | F64, best: I64) -> I32:
    """Physical line of every entry: the most active gets `best[0]`; equal activity keeps the order of entries."""
    line = np.empty(len(activity), np.int32)
    line[np.argsort(-activity, kind="stable")] = best[: len(activity)]
    return line


def _rank_in_cluster(ptr: I64) -> I32:
    return (np.arange(ptr[-1]) - ptr[row_of_entry(ptr)]).astype(np.int32)
