"""How often crossbars are read, and for how many columns: what converters have to do. Knows no energy and no time."""

import numpy as np

from snnmap.analysis.cells import Cells, part_of
from snnmap.analysis.traffic import steps_by_source
from snnmap.core.arrays import I32, I64, ranges, row_of_entry
from snnmap.ir import Clustering, Network, SpikeGraph


def columns_read(graph: SpikeGraph, clustering: Clustering, cells: Cells | None = None) -> I64:
    """Columns of every cluster that are read over the window, each once per read, int64 (K,).

    The columns of a level are read in every step in which a row with a synapse to one of them is on. Biases always are;
    what neurons of that level or a higher one send is read in the step after, unless their frame ends before. Exact if
    the profile kept its events, otherwise the bound min(window, sum of the rows' active steps). Every use of a cluster
    is a read of its own. `cells` are the `programmed_cells`, if they are known already.
    """
    network, events = graph.network, graph.events
    level, bias = network.level_of(), network.is_bias()
    ptr, step = steps_by_source(events, network.sources) if events is not None else (np.zeros(1, np.int64),) * 2
    emitted, externals = np.diff(ptr), network.externals

    def reads(source: I64, own: int) -> int:
        if bias[source].any():
            return graph.window
        if events is None:
            return min(graph.window, int(graph.active_steps[source].sum()))
        late = (source >= externals) & (own <= level[source])
        many = emitted[source]
        moved = np.repeat(late, many)
        at = step[ranges(ptr[source], many)] + moved
        on = np.zeros(graph.window + 1, bool)
        on[at[~moved | (at % events.steps != 0)]] = True
        return int(np.count_nonzero(on))

    uses = len(clustering.use_row_ptr) - 1
    total = np.zeros(uses, np.int64)
    for k in range(uses):
        rows = slice(int(clustering.use_row_ptr[k]), int(clustering.use_row_ptr[k + 1]))
        columns = slice(int(clustering.use_column_ptr[k]), int(clustering.use_column_ptr[k + 1]))
        source = clustering.row_source[rows].astype(np.int64)
        own, count = np.unique(level[clustering.column_neuron[columns]], return_counts=True)
        if len(own) == 1:
            total[k] = reads(source, int(own[0])) * count[0]
            continue
        row, neuron = _synapses(network, clustering, k, cells)
        of_cell = level[neuron]
        total[k] = sum(reads(source[np.unique(row[of_cell == x])], int(x)) * n for x, n in zip(own, count, strict=True))
    return np.add.reduceat(total, clustering.use_ptr[:-1]) if uses else total


def _synapses(network: Network, clustering: Clustering, use: int, cells: Cells | None) -> tuple[I64, I32]:
    """Row, counted from the first of the use, and neuron of every synapse of a use."""
    if cells is None:
        part = part_of(network, clustering, use, use + 1)
        return part.cells.row(), clustering.column_neuron[part.columns][part.cells.column]
    ptr = cells.ptr[clustering.use_row_ptr[use] : clustering.use_row_ptr[use + 1] + 1]
    return row_of_entry(ptr - ptr[0]), clustering.column_neuron[cells.column[ptr[0] : ptr[-1]]]
