"""Columns that converters have to read over the window, recounted: part of the `figures` rule of `verify`.

A read of a cluster and level takes place in every step in which something that its columns hear is on; what comes from
neurons of that level or a later one is heard a step after, in the same frame.
"""

import numpy as np
import numpy.typing as npt

from snnmap.ir import Clustering, SpikeGraph
from snnmap.legality.recount import Recount

Steps = npt.NDArray[np.int64]


def columns_read(clustering: Clustering, graph: SpikeGraph, counted: Recount) -> int:
    """Columns of all uses of clusters, each as often as it is read; without events the most that can be."""
    network = graph.network
    level, bias, externals = network.level_of(), network.is_bias(), network.externals
    use = np.repeat(np.arange(len(clustering.use_row_ptr) - 1), np.diff(clustering.use_column_ptr))
    columns: dict[tuple[int, int], int] = {}
    for key in zip(use.tolist(), level[clustering.column_neuron].tolist(), strict=True):
        columns[key] = columns.get(key, 0) + 1
    heard: dict[tuple[int, int], list[int]] = {key: [] for key in columns}
    triples = (counted.driven_use, counted.driven_level, counted.driven_source)
    for k, own, source in zip(*(part.tolist() for part in triples), strict=True):
        heard[k, own].append(source)
    on = None if graph.events is None else _steps_on(graph)
    total = 0
    for (k, own), sources in heard.items():
        if bias[sources].any():
            reads = graph.window
        elif on is None:
            reads = min(graph.window, sum(int(graph.active_steps[source]) for source in sources))
        else:
            late = [source >= externals and level[source] >= own for source in sources]
            now = [on[source] for source, after in zip(sources, late, strict=True) if not after]
            then = [_after(on[source], graph.steps) for source, after in zip(sources, late, strict=True) if after]
            reads = len(np.unique(np.concatenate([*now, *then, np.zeros(0, np.int64)])))
        total += reads * columns[k, own]
    return total


def _steps_on(graph: SpikeGraph) -> list[Steps]:
    """(frame, step) of every event of every source, as one number."""
    events = graph.events
    assert events is not None
    at = events.frame_of_event() * graph.steps + events.step
    order = np.argsort(events.source, kind="stable")
    cuts = np.cumsum(np.bincount(events.source, minlength=graph.network.sources))[:-1]
    return np.split(at[order].astype(np.int64), cuts)


def _after(at: Steps, steps: int) -> Steps:
    """The steps after; those that a frame does not have are left out."""
    later: Steps = (at + 1)[(at + 1) % steps != 0]
    return later
