"""The programmed memory cells of a clustering: synapse (i, j) sits where row i crosses column j of one crossbar.

Cells follow from the clustering and the synapses, so no record or file stores them; replay, evaluation, wiring and the
device models all start from the list made here. Knows nothing of where rows and columns physically are.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I32, I64, frozen, offsets, row_of_entry, transpose_csr
from snnmap.ir import Clustering, Network, SpikeGraph


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Programmed cells, grouped by row entry of the clustering (hence by cluster)."""

    ptr: I64
    """(len(row_source) + 1,) first cell of every row entry."""
    column: I32
    """Column entry (index into `column_neuron`) of every cell."""
    synapse: I64
    """Synapse of every cell."""

    def row(self) -> I64:
        """Row entry of every cell."""
        return row_of_entry(self.ptr)


def programmed_cells(network: Network, clustering: Clustering) -> Cells:
    """Every programmed cell of `clustering`, in order of row entry, then target neuron.

    A legal clustering yields each synapse exactly once; an illegal one yields what its rows and columns realise.
    """
    from snnmap.kernels.cells import count_cells, fill_cells

    pattern = (
        network.indptr,
        network.post,
        clustering.row_ptr,
        clustering.row_source,
        clustering.column_ptr,
        clustering.column_neuron,
        np.full(network.sources, -1, np.int32),
    )
    ptr = offsets(count_cells(*pattern))
    column, synapse = np.empty(ptr[-1], np.int32), np.empty(ptr[-1], np.int64)
    fill_cells(*pattern, ptr, column, synapse)
    return Cells(frozen(ptr, np.int64), frozen(column, np.int32), frozen(synapse, np.int64))


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


def upper_bound(crossbar: Crossbar, quality: F64) -> float:
    """No wiring's weakest cell scores higher: the least of three relaxations, each solved exactly.

    Cells placed freely, rows and columns ignored: the busiest gets the best place (exchange argument). Rows assigned
    to word lines, each with its cells on the best places of its line. Columns assigned to bit lines, each with its
    busiest cells on the best places of its line. Tight for dense crossbars (rows) and as a rule for sparse ones
    (columns); on the shipped convolutional network wirings reach 98 % of it on average.
    """
    busy = np.repeat(crossbar.activity, np.diff(crossbar.row_ptr))
    demand = np.sort(busy[busy > 0])[::-1]
    if len(demand) == 0:
        return float("inf")
    places = np.sort(quality, axis=None)[::-1][: len(demand)]
    free = float(np.min(places / demand))
    along, across = np.sort(quality, axis=1)[:, ::-1], np.sort(quality, axis=0)[::-1].T
    rows = _rows_bound(np.diff(crossbar.row_ptr), crossbar.activity, along)
    return min(free, rows, _columns_bound(crossbar, across))


def _rows_bound(degree: I64, activity: F64, best: F64) -> float:
    """Rows assigned to lines; `best` (R, C) are the places of every line, best first."""
    live = (degree > 0) & (activity > 0)
    return _bottleneck(best[:, degree[live] - 1].T / activity[live][:, None])


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
    from snnmap.kernels.wire import bottleneck

    own = bottleneck(np.ascontiguousarray(scores), np.unique(scores))
    return float(scores[np.arange(len(own)), own].min())


def weight_share(network: Network) -> F64:
    """|weight| / largest |weight| into the same population, of every synapse, float64 (S,): what its cell is set to.

    Signs are kept by a second array read in the same pulse (`physics.pcm`), which has the same shares.
    """
    population = network.population_of()[network.post]
    size = np.abs(network.weight.astype(np.float64))
    largest = np.zeros(len(network.populations))
    np.maximum.at(largest, population, size)
    return size / np.where(largest > 0, largest, 1.0)[population]
