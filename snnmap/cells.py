"""The programmed memory cells of a clustering: synapse (i, j) sits where row i crosses column j of one crossbar.

Cells follow from the clustering and the synapses, so no record or file stores them; replay, evaluation, wiring and the
device models all start from the list made here. Knows nothing of where rows and columns physically are.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.arrays import F64, I32, I64, frozen, offsets, row_of_entry, transpose_csr
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
    """No wiring's weakest cell scores higher: every programmed cell placed freely, rows and columns ignored.

    The busiest cell takes the best place, the next busiest the next: exchange shows that no assignment of cells to
    places has a larger minimum. Also no row can do better than with its k cells on the k best places of some row.
    """
    degree = np.diff(crossbar.row_ptr)
    busy = crossbar.activity > 0
    demand = np.sort(np.repeat(crossbar.activity[busy], degree[busy]))[::-1]
    if len(demand) == 0:
        return float("inf")
    places = np.sort(quality, axis=None)[::-1][: len(demand)]
    free = float(np.min(places / demand))
    in_row = np.sort(quality, axis=1)[:, ::-1].max(axis=0)
    used = degree[busy] > 0
    alone = in_row[degree[busy][used] - 1] / crossbar.activity[busy][used]
    return min(free, float(np.min(alone, initial=np.inf)))


def weight_share(network: Network) -> F64:
    """|weight| / largest |weight| into the same population, of every synapse, float64 (S,): what its cell is set to.

    Signs are kept by a second array read in the same pulse (`physics.pcm`), which has the same shares.
    """
    population = network.population_of()[network.post]
    size = np.abs(network.weight.astype(np.float64))
    largest = np.zeros(len(network.populations))
    np.maximum.at(largest, population, size)
    return size / np.where(largest > 0, largest, 1.0)[population]
