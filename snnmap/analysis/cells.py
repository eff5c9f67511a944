"""The programmed memory cells of a clustering: synapse (i, j) sits where row i crosses column j of one crossbar.

Cells follow from the clustering and the synapses, so no record or file stores them; replay, evaluation, wiring and the
device models all start from the list made here. Knows nothing of where rows and columns physically are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I32, I64, frozen, offsets, row_of_entry
from snnmap.ir import Clustering, Network

BLOCK = 2**22
"""Synapses that are looked at together."""


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

    A legal clustering yields each synapse exactly once; an illegal one yields what its rows and columns realise. A cell
    of a crossbar that is used several times appears once for every use with a synapse there.
    """
    return part_of(network, clustering, 0, len(clustering.use_row_ptr) - 1).cells


class Part(NamedTuple):
    """Programmed cells of some uses, whose entries count from the first of `rows` and of `columns`."""

    rows: slice
    """Row entries of the clustering."""
    columns: slice
    """Its column entries."""
    cells: Cells


def parts(network: Network, clustering: Clustering, cells: Cells | None) -> Iterator[Part]:
    """All `cells`, or if there are none a few million at a time, use by use: of many uses they would be large."""
    rows, columns = clustering.use_row_ptr, clustering.use_column_ptr
    if cells is not None:
        yield Part(slice(0, int(rows[-1])), slice(0, int(columns[-1])), cells)
        return
    crossings = offsets(np.diff(rows) * np.diff(columns))
    first = 0
    while first < len(rows) - 1:
        last = max(int(np.searchsorted(crossings, crossings[first] + BLOCK, side="right")) - 1, first + 1)
        yield part_of(network, clustering, first, last)
        first = last


def part_of(network: Network, clustering: Clustering, first: int, last: int) -> Part:
    """Programmed cells of uses `first` to `last`, the latter not included."""
    from snnmap.analysis.kernels.cells import count_cells, fill_cells

    row_ptr, column_ptr = clustering.use_row_ptr[first : last + 1], clustering.use_column_ptr[first : last + 1]
    rows, columns = (slice(int(ptr[0]), int(ptr[-1])) for ptr in (row_ptr, column_ptr))
    pattern = (
        network.indptr,
        network.post,
        frozen(row_ptr - row_ptr[0], np.int64),
        clustering.row_source[rows],
        frozen(column_ptr - column_ptr[0], np.int64),
        clustering.column_neuron[columns],
        np.full(network.sources, -1, np.int32),
    )
    ptr = offsets(count_cells(*pattern))
    column, synapse = np.empty(ptr[-1], np.int32), np.empty(ptr[-1], np.int64)
    fill_cells(*pattern, ptr, column, synapse)
    return Part(rows, columns, Cells(frozen(ptr, np.int64), frozen(column, np.int32), frozen(synapse, np.int64)))


def largest_weights(network: Network) -> F64:
    """Largest |weight| into every population, float64 (populations,): what a full cell of its columns stands for.

    Of integer weights it is the largest that they could be, so that every integer is a state of its own.
    """
    largest, population = np.array([p.full for p in network.populations]), network.population_of()
    for start in range(0, network.synapses, BLOCK):
        some = slice(start, start + BLOCK)
        np.maximum.at(largest, population[network.post[some]], np.abs(network.weight[some].astype(np.float64)))
    return largest


def weight_share(network: Network, some: I64 | None = None, largest: F64 | None = None) -> F64:
    """|weight| / largest |weight| into the same population, of every synapse, float64 (S,): what its cell is set to.

    Signs are kept by a second array read in the same pulse (`physics.pcm`), which has the same shares. With `some`, of
    these synapses only; `largest` are the `largest_weights`, if they are known already.
    """
    largest = largest_weights(network) if largest is None else largest
    own = slice(None) if some is None else some
    size = np.abs(network.weight[own].astype(np.float64))
    size /= np.where(largest > 0, largest, 1.0)[network.population_of()[network.post[own]]]
    return size
