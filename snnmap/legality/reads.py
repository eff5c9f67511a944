"""Columns that converters have to read over the window, recounted: part of the `figures` rule of `verify`.

A read of a cluster and level takes place in every step in which something that its columns hear is on; what comes from
neurons of that level or a later one is heard a step after, in the same frame.
"""

import numpy as np

from snnmap.ir import Clustering, SpikeGraph
from snnmap.legality.recount import Recount
from snnmap.legality.steps import steps_with


def columns_read(clustering: Clustering, graph: SpikeGraph, counted: Recount) -> int:
    """Columns of all uses of clusters, each as often as it is read; without events the most that can be."""
    network = graph.network
    level, bias = network.level_of().astype(np.int64), network.is_bias()
    levels = int(level.max(initial=0)) + 1
    use = np.repeat(np.arange(len(clustering.use_row_ptr) - 1), np.diff(clustering.use_column_ptr))
    read, columns = np.unique(use * levels + level[clustering.column_neuron], return_counts=True)
    heard = counted.driven_use * levels + counted.driven_level
    order = np.argsort(heard, kind="stable")
    source, own = counted.driven_source[order], counted.driven_level[order]
    ptr = np.append(np.searchsorted(heard[order], read), len(order))
    group = np.repeat(np.arange(len(read)), np.diff(ptr))
    late = (source >= network.externals) & (level[source] >= own)
    steps = (
        np.bincount(group, graph.active_steps[source], len(read)).astype(np.int64)
        if graph.events is None
        else steps_with(graph.events, network.sources, (ptr, source), late)
    )
    always = np.bincount(group, bias[source], len(read)) > 0
    return int(np.where(always, graph.window, np.minimum(steps, graph.window)) @ columns)
