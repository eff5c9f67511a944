"""The programmed memory cells of a clustering: synapse (i, j) sits where row i crosses column j of one crossbar.

Cells follow from the clustering and the synapses, so no record or file stores them; replay, evaluation, wiring and the
device models all start from the list made here. Knows nothing of where rows and columns physically are.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import F64, I32, I64, frozen, offsets, row_of_entry
from snnmap.ir import Clustering, Network


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
    from snnmap.analysis.kernels.cells import count_cells, fill_cells

    pattern = (
        network.indptr,
        network.post,
        clustering.use_row_ptr,
        clustering.row_source,
        clustering.use_column_ptr,
        clustering.column_neuron,
        np.full(network.sources, -1, np.int32),
    )
    ptr = offsets(count_cells(*pattern))
    column, synapse = np.empty(ptr[-1], np.int32), np.empty(ptr[-1], np.int64)
    fill_cells(*pattern, ptr, column, synapse)
    return Cells(frozen(ptr, np.int64), frozen(column, np.int32), frozen(synapse, np.int64))


def largest_weights(network: Network) -> F64:
    """Largest |weight| into every population, float64 (populations,): what a full cell of its columns stands for.

    Of integer weights it is the largest that they could be, so that every integer is a state of its own.
    """
    largest = np.array([population.full for population in network.populations])
    np.maximum.at(largest, network.population_of()[network.post], np.abs(network.weight.astype(np.float64)))
    return largest


def weight_share(network: Network) -> F64:
    """|weight| / largest |weight| into the same population, of every synapse, float64 (S,): what its cell is set to.

    Signs are kept by a second array read in the same pulse (`physics.pcm`), which has the same shares.
    """
    largest = largest_weights(network)
    size = np.abs(network.weight.astype(np.float64))
    size /= np.where(largest > 0, largest, 1.0)[network.population_of()[network.post]]
    return size
