"""What no partition can go below."""

import numpy as np

from snnmap.core.arrays import offsets
from snnmap.hardware import Hardware
from snnmap.ir import Network, SpikeGraph


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


def messages_at_least(graph: SpikeGraph, hardware: Hardware) -> int:
    """Messages that every partition of `graph` sends: spikes to the crossbars that listen, and partial sums.

    - A source with g targets is a row of at least ceil(g / C) crossbars, at most one of which its neuron fires in: its
      spikes travel to all the others. A network input fires in none.
    - A neuron with f inputs has at least ceil(f / R) columns, of which all but one send a sum in every step in which
      an input of theirs is active. The one at home has at most R of the inputs, so the others have at least f - R:
      whichever these are, one of them is active in as many steps as the input that is (f - R)th from the quietest.
    """
    network = graph.network
    most = hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit
    columns, rows = min(hardware.columns, most), min(hardware.rows, most)
    travels = np.where(network.is_bias(), 0, graph.spikes)
    copies = -(-np.diff(network.indptr) // columns)
    copies[network.externals :] = np.maximum(0, copies[network.externals :] - 1)
    inputs = np.bincount(network.post, minlength=network.sources)
    split = np.flatnonzero(inputs > rows)
    if len(split) == 0:
        return int(np.sum(travels * copies))
    kept = np.isin(network.post, split)
    post = network.post[kept]
    active = np.repeat(np.where(network.is_bias(), 0, graph.active_steps), np.diff(network.indptr))[kept]
    order = np.lexsort((active, post))
    start = offsets(inputs[split])[:-1]
    return int(np.sum(travels * copies) + np.sum(active[order][start + inputs[split] - rows - 1]))
