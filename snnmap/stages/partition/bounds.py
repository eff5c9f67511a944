"""What no partition can go below, and what a given one costs."""

import numpy as np

from snnmap.analysis.traffic import partial_messages
from snnmap.core.arrays import row_of_entry
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Network, SpikeGraph


def lower_bounds(network: Network, hardware: Hardware) -> dict[str, int]:
    """Crossbars that `network` needs at least, by argument; the largest holds.

    - `columns`: a neuron with f inputs takes ceil(f / R) columns.
    - `rows`: a source with g targets is a row of at least ceil(g / C) crossbars.
    - `synapses`: a crossbar holds at most R x C synapses, or the hardware's limit.
    - `density`: nor more than its C busiest columns or R busiest rows could bring, at most R and C each.
    - `fan_in`: parts of one neuron hold different sources, so its columns beyond one need crossbars of their own.
    """
    rows, columns = hardware.rows, hardware.columns
    most = rows * columns if hardware.synapse_limit is None else hardware.synapse_limit
    inputs = np.bincount(network.post, minlength=network.sources)[network.externals :]
    outputs = np.diff(network.indptr)
    share = min(rows, most)
    parts = np.maximum(1, -(-inputs // share)) if len(inputs) else inputs
    copies = -(-outputs // min(columns, most))
    by_column = np.sort(np.minimum(inputs, share))[::-1][:columns].sum()
    by_row = np.sort(np.minimum(outputs, min(columns, most)))[::-1][:rows].sum()
    densest = max(1, min(int(by_column), int(by_row), most))
    return {
        "columns": -(-int(parts.sum()) // columns),
        "rows": -(-int(copies.sum()) // rows),
        "synapses": -(-network.synapses // most),
        "density": -(-network.synapses // densest),
        "fan_in": int(parts.max(initial=0)),
    }


def messages(graph: SpikeGraph, clustering: Clustering, *, unicast: bool = False) -> int:
    """Messages over the profiled window: spikes x crossbars that listen, except the sender's, plus partial sums.

    unicast
        Spikes x synapses outside the sender's crossbar instead, the published cost of SpiNeMap.
    """
    network = graph.network
    home = np.concatenate([np.full(network.externals, -1, np.int64), clustering.home])
    cluster = row_of_entry(clustering.row_ptr)
    copies = np.ones(len(cluster), np.int64)
    if unicast:
        from snnmap.analysis.cells import programmed_cells

        copies = np.diff(programmed_cells(network, clustering).ptr)
    source = clustering.row_source
    sent = (home[source] != cluster) & ~network.is_bias()[source]
    return int(np.sum((graph.spikes[source] * copies)[sent])) + int(np.sum(partial_messages(graph, clustering)))
