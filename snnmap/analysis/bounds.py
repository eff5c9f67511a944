"""What no partition can go below."""

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Network


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
